package io.rabia.network;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Turns host names into addresses. The operating system's resolver blocks, as others may; so a name
 * is looked up on a daemon thread that lives for that one lookup, and an address needs none. Any
 * thread.
 */
public final class AddressResolver {
  private final String threadName;
  private final Executor home;
  private final HostLookup lookup;

  /**
   * @param home where the answers are handed over
   */
  public AddressResolver(String threadName, Executor home, HostLookup lookup) {
    this.threadName = threadName;
    this.home = home;
    this.lookup = lookup;
  }

  /**
   * @param attempt a name with several addresses yields another one for each attempt
   * @param answer gets the address, or null when there is none
   */
  public void resolve(
      String host, int port, int attempt, Consumer<@Nullable InetSocketAddress> answer) {
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
    if (literal != null) {
      try {
        answer.accept(new InetSocketAddress(InetAddress.getByAddress(host, literal), port));
        return;
      } catch (UnknownHostException e) {
        throw new IllegalArgumentException(host, e);
      }
    }
    Thread thread = new Thread(() -> lookUp(host, port, attempt, answer), threadName);
    thread.setDaemon(true);
    thread.start();
  }

  private void lookUp(
      String host, int port, int attempt, Consumer<@Nullable InetSocketAddress> answer) {
    InetSocketAddress found = null;
    try {
      InetAddress[] all = lookup.addresses(host);
      found = new InetSocketAddress(all[Math.floorMod(attempt, all.length)], port);
    } catch (UnknownHostException e) {
      // answered by null
    }
    InetSocketAddress result = found;
    try {
      home.execute(() -> answer.accept(result));
    } catch (RejectedExecutionException e) {
      // nobody waits any more
    }
  }
}
