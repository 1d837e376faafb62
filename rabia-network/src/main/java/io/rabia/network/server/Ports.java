package io.rabia.network.server;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Ports on one event loop: open to the world, then drained and closed. The methods wait for what
 * they do and are called from one thread, not the event loop.
 */
public final class Ports implements AutoCloseable {
  private static final long POLL_MILLIS = 5;
  private static final long CLOSE_SECONDS = 2;

  private final @Nullable MultiThreadIoEventLoopGroup group;
  private final EventLoop loop;
  private final List<Port> ports = new ArrayList<>();
  private final Completions completions;

  /** On a thread of their own. */
  public Ports(String threadName) {
    ThreadFactory threads = task -> new FastThreadLocalThread(task, threadName);
    group = new MultiThreadIoEventLoopGroup(1, threads, NioIoHandler.newFactory());
    loop = (EventLoop) group.next();
    completions = new Completions(loop);
  }

  /** On an event loop that another one runs and ends, which ends their connections, too. */
  public Ports(EventLoop loop) {
    group = null;
    this.loop = loop;
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
   * Lets the world in.
   *
   * @param connection makes what serves a connection, on the event loop
   * @return false when the event loop has ended; the address is given free then
   */
  public boolean accept(
      Listening address, PortLimits limits, Function<Port, PortConnection> connection) {
    Port port = new Port(address.name(), limits, loop);
    ports.add(port);
    boolean runs = execute(() -> port.accept(address, connection));
    if (!runs) {
      address.close();
    }
    return runs;
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
    return beginDrain(timeout).join();
  }

  /** As {@link #drain}, without waiting. */
  public CompletableFuture<Boolean> beginDrain(Duration timeout) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    long deadline = System.nanoTime() + timeout.toNanos();
    Runnable drain =
        () -> {
          ports.forEach(Port::drain);
          awaitIdle(done, deadline);
        };
    return execute(drain)
        ? done.completeOnTimeout(false, timeout.toNanos(), NANOSECONDS)
        : CompletableFuture.completedFuture(true);
  }

  /** False when the event loop has ended, and all connections with it. */
  private boolean execute(Runnable task) {
    if (loop.isShuttingDown()) {
      return false;
    }
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
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
    CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
    Runnable close =
        () -> {
          ports.forEach(Port::drain);
          ports.forEach(Port::closeConnections);
          // An address is free once the event loop has looked at its sockets again.
          loop.schedule(() -> closed.complete(null), 1, TimeUnit.MILLISECONDS);
        };
    if (loop.inEventLoop()) {
      close.run();
    } else if (execute(close)) {
      closed.completeOnTimeout(null, CLOSE_SECONDS, TimeUnit.SECONDS).join();
    }
    if (group != null) {
      group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
      group.terminationFuture().awaitUninterruptibly(CLOSE_SECONDS + 1, TimeUnit.SECONDS);
    }
  }
}
