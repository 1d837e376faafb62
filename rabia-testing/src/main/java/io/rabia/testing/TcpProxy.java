package io.rabia.testing;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands between two processes, on the loopback, and does to their connections what networks do:
 * delays, damages and loses bytes, lets them trickle, breaks connections. Whoever is to reach
 * {@code target} is told {@link #address()} instead. What is set holds at once, for the connections
 * that there are, too. Thread-safe; the proxy has a daemon thread of its own and holds at most
 * {@link StreamConditions#MAX_HELD} bytes each way of a connection.
 */
public final class TcpProxy implements AutoCloseable {
  private static final int BUFFER = 64 * 1024;

  /** Which way bytes go. */
  public enum Direction {
    /** From whoever made the connection. */
    TO_TARGET,
    /** To whoever made the connection. */
    TO_CLIENT
  }

  /**
   * What has happened until now.
   *
   * @param connections that were accepted
   * @param open of them, those that are there now
   * @param passed bytes that were delivered, both ways, like the next two
   * @param corrupted bytes that were changed
   * @param lost bytes that vanished in silence
   */
  public record Statistics(long connections, long open, long passed, long corrupted, long lost) {}

  private final InetSocketAddress target;
  private final Selector selector;
  private final ServerSocketChannel server;
  private final InetSocketAddress address;
  private final Map<Direction, ProxyPipe.Direction> directions = new EnumMap<>(Direction.class);
  private final List<ProxiedConnection> connections = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong open = new AtomicLong();
  private final AtomicBoolean resetAll = new AtomicBoolean();
  private volatile boolean cut;
  private volatile boolean closed;
  private final Thread thread;

  private TcpProxy(InetSocketAddress target) throws IOException {
    this.target = target;
    for (Direction direction : Direction.values()) {
      directions.put(direction, new ProxyPipe.Direction());
    }
    selector = Selector.open();
    server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server.configureBlocking(false);
    server.register(selector, SelectionKey.OP_ACCEPT);
    address = (InetSocketAddress) server.getLocalAddress();
    thread = new Thread(this::run, "rabia-proxy-" + address.getPort());
    thread.setDaemon(true);
  }

  /** A proxy on a free port; the target need not be there yet. */
  public static TcpProxy to(InetSocketAddress target) {
    try {
      TcpProxy proxy = new TcpProxy(target);
      proxy.thread.start();
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  /** What happens to the bytes that go this way, from now on. */
  public void set(Direction direction, StreamConditions conditions) {
    directions.get(direction).conditions = conditions;
    selector.wakeup();
  }

  /** Both ways. */
  public void set(StreamConditions conditions) {
    for (Direction direction : Direction.values()) {
      set(direction, conditions);
    }
  }

  /** Resets all connections. New ones are taken. */
  public void reset() {
    resetAll.set(true);
    selector.wakeup();
  }

  /**
   * Resets the connection that passes the last of so many bytes more that go this way, once.
   *
   * @param bytes 1 or more
   */
  public void resetAfter(Direction direction, long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("bytes " + bytes);
    }
    directions.get(direction).resetAfter(bytes);
  }

  /** Resets all connections, and new ones at once, until {@link #heal}. */
  public void cut() {
    cut = true;
    reset();
  }

  /** Ends a {@link #cut} and makes both ways perfect. */
  public void heal() {
    set(StreamConditions.perfect());
    cut = false;
  }

  public Statistics statistics() {
    long passed = 0;
    long corrupted = 0;
    long lost = 0;
    for (ProxyPipe.Direction direction : directions.values()) {
      passed += direction.passed.get();
      corrupted += direction.corrupted.get();
      lost += direction.lost.get();
    }
    return new Statistics(accepted.get(), open.get(), passed, corrupted, lost);
  }

  // ---- the proxy's thread

  private void run() {
    try {
      while (!closed) {
        turn();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      connections.forEach(ProxiedConnection::reset);
      closeQuietly(server);
      closeQuietly(selector);
    }
  }

  private void turn() throws IOException {
    if (resetAll.getAndSet(false)) {
      connections.forEach(ProxiedConnection::reset);
    }
    long now = System.nanoTime();
    long wait = ProxyPipe.NEVER;
    for (ProxiedConnection connection : connections) {
      wait = Math.min(wait, connection.advance(now));
    }
    if (connections.removeIf(ProxiedConnection::isOver)) {
      wait = 0; // their sockets are closed for good by a look at the selector
    }
    open.set(connections.size());
    select(wait);
  }

  private void select(long wait) throws IOException {
    if (wait == ProxyPipe.NEVER) {
      selector.select(this::onReady);
    } else if (wait == 0) {
      selector.selectNow(this::onReady);
    } else {
      selector.select(this::onReady, TimeUnit.NANOSECONDS.toMillis(wait) + 1);
    }
  }

  private void onReady(SelectionKey key) {
    if (key.attachment() instanceof ProxiedConnection connection) {
      connection.onReady(key, buffer, System.nanoTime());
    } else {
      accept();
    }
  }

  private void accept() {
    try {
      SocketChannel client = server.accept();
      if (client == null) {
        return;
      }
      accepted.incrementAndGet();
      if (cut) {
        reset(client);
      } else {
        connect(client);
      }
    } catch (IOException e) {
      // whoever connected is gone, or finds out
    }
  }

  private void connect(SocketChannel client) throws IOException {
    SocketChannel other = SocketChannel.open();
    try {
      prepare(client);
      prepare(other);
      other.connect(target);
      long now = System.nanoTime();
      ProxyPipe.Direction there = directions.get(Direction.TO_TARGET);
      ProxyPipe.Direction back = directions.get(Direction.TO_CLIENT);
      connections.add(
          new ProxiedConnection(
              selector,
              client,
              other,
              new ProxyPipe(client, other, there, now),
              new ProxyPipe(other, client, back, now)));
    } catch (IOException e) {
      reset(client);
      closeQuietly(other);
      throw e;
    }
  }

  private static void prepare(SocketChannel channel) throws IOException {
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
  }

  static void reset(SocketChannel channel) {
    try {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException e) {
      // it is broken already
    }
    closeQuietly(channel);
  }

  static void closeQuietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // it is gone
    }
  }

  /** Resets what is open and waits for the end of the thread. Idempotent. */
  @Override
  public void close() {
    closed = true;
    selector.wakeup();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
