package io.rabia.network.server;

import io.rabia.core.RabiaException;
import io.rabia.network.client.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * An address that was taken, so that it is known to be free before anything else happens. Whoever
 * connects waits until a port {@linkplain Ports#accept accepts} there. Used by one thread at a
 * time.
 */
public final class Listening implements AutoCloseable {
  private static final int BACKLOG = 1024;

  private final String name;
  private final ServerSocketChannel channel;
  private final InetSocketAddress address;

  private Listening(String name, ServerSocketChannel channel, InetSocketAddress address) {
    this.name = name;
    this.channel = channel;
    this.address = address;
  }

  /**
   * Takes an address; port 0 takes a free one.
   *
   * @param name of the port, for people
   * @throws RabiaException.Network when it cannot be had
   */
  public static Listening at(String name, HostPort wanted) {
    InetSocketAddress address = new InetSocketAddress(wanted.host(), wanted.port());
    if (address.isUnresolved()) {
      throw failed(name, wanted, "the host name cannot be resolved", null);
    }
    try {
      ServerSocketChannel channel = ServerSocketChannel.open();
      try {
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.bind(address, BACKLOG);
        return new Listening(name, channel, (InetSocketAddress) channel.getLocalAddress());
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw failed(name, wanted, String.valueOf(e.getMessage()), e);
    }
  }

  private static RabiaException.Network failed(
      String name, HostPort wanted, String why, @Nullable IOException cause) {
    return new RabiaException.Network(
        "the " + name + " port " + wanted + " cannot be opened: " + why, cause);
  }

  String name() {
    return name;
  }

  ServerSocketChannel channel() {
    return channel;
  }

  /** The one that it really has. */
  public InetSocketAddress address() {
    return address;
  }

  /** Gives the address free, and closes whoever waits there. Idempotent. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // It is not listened to any more.
    }
  }
}
