package io.rabia.network.server;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.rabia.network.client.HostPort;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Ports on one event loop: bound first, so that an address in use is known before anything else
 * happens, then open to the world, then drained and closed. The methods wait for what they do and
 * are called from one thread, not the event loop.
 */
public final class Ports implements AutoCloseable {
  private static final long POLL_MILLIS = 5;
  private static final long CLOSE_SECONDS = 2;

  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop loop;
  private final List<Port> ports = new ArrayList<>();
  private final Completions completions;

  public Ports(String threadName) {
    ThreadFactory threads = task -> new FastThreadLocalThread(task, threadName);
    group = new MultiThreadIoEventLoopGroup(1, threads, NioIoHandler.newFactory());
    loop = (EventLoop) group.next();
    completions = new Completions(loop);
  }

  public EventLoop loop() {
    return loop;
  }

  /** How results come to the event loop. */
  public Completions completions() {
    return completions;
  }

  /**
   * Takes an address; nobody is accepted yet.
   *
   * @param connection makes what serves a connection, on the event loop
   * @return the address that it really has
   * @throws io.rabia.core.RabiaException.Network when it cannot be had
   */
  public InetSocketAddress bind(
      String name, HostPort address, PortLimits limits, Function<Port, PortConnection> connection) {
    Port port = new Port(name, limits, loop);
    InetSocketAddress bound = port.bind(address.host(), address.port(), connection);
    ports.add(port);
    return bound;
  }

  /** Lets the world in. */
  public void accept() {
    loop.submit(() -> ports.forEach(Port::accept)).awaitUninterruptibly();
  }

  public List<Port> all() {
    return List.copyOf(ports);
  }

  /**
   * Stops to accept connections and requests, then waits until everything taken in before is
   * answered.
   *
   * @return false when that took longer than {@code timeout}
   */
  public boolean drain(Duration timeout) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    long deadline = System.nanoTime() + timeout.toNanos();
    loop.execute(
        () -> {
          ports.forEach(Port::drain);
          awaitIdle(done, deadline);
        });
    return done.join();
  }

  private void awaitIdle(CompletableFuture<Boolean> done, long deadline) {
    if (ports.stream().allMatch(port -> port.inFlight() == 0)) {
      done.complete(true);
    } else if (System.nanoTime() - deadline > 0) {
      done.complete(false);
    } else {
      loop.schedule(() -> awaitIdle(done, deadline), POLL_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Ends all connections. Idempotent. */
  @Override
  public void close() {
    if (!group.isShuttingDown()) {
      loop.submit(
              () -> {
                ports.forEach(Port::drain);
                ports.forEach(Port::closeConnections);
              })
          .awaitUninterruptibly();
      group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
    }
    group.terminationFuture().awaitUninterruptibly(CLOSE_SECONDS + 1, TimeUnit.SECONDS);
  }
}
