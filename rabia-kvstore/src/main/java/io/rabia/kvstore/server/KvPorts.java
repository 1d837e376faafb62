package io.rabia.kvstore.server;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.rabia.core.Submitter;
import io.rabia.kvstore.KVStore;
import io.rabia.kvstore.KvStateMachine;
import io.rabia.kvstore.client.HostPort;
import io.rabia.kvstore.server.http.HealthPages;
import io.rabia.kvstore.server.http.HttpConnection;
import io.rabia.kvstore.server.redis.RedisConnection;
import io.rabia.kvstore.server.redis.RedisNotifications;
import io.rabia.kvstore.server.redis.RedisServer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The ports of a server, on one event loop named {@code rabia-<id>-io}: bound first, so that an
 * address in use is known before anything else happens, then open to the world, then drained and
 * closed. The methods wait for what they do and are called from one thread, not the event loop.
 */
public final class KvPorts implements AutoCloseable {
  private static final long POLL_MILLIS = 5;
  private static final long CLOSE_SECONDS = 2;

  private final ServerConfig config;
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop loop;
  private final List<Port> ports = new ArrayList<>();
  private final Completions completions;
  private @Nullable InetSocketAddress client;
  private @Nullable InetSocketAddress redis;
  private @Nullable InetSocketAddress http;
  private int redisConnections;

  private volatile @Nullable Served served;

  /** What the ports give access to. */
  private record Served(
      Submitter submitter,
      NodeStatusSource status,
      Administration administration,
      HealthPages pages,
      KVStore store,
      RedisServer redis) {}

  /**
   * Takes the addresses; nobody is accepted yet.
   *
   * @throws io.rabia.core.RabiaException.Network when an address cannot be had
   */
  public KvPorts(ServerConfig config) {
    this.config = config;
    ThreadFactory threads =
        task -> new FastThreadLocalThread(task, "rabia-" + config.nodeId() + "-io");
    group = new MultiThreadIoEventLoopGroup(1, threads, NioIoHandler.newFactory());
    loop = (EventLoop) group.next();
    completions = new Completions(loop);
    try {
      client = bind("client", config.client(), this::clientConnection);
      redis = config.redis() == null ? null : bind("redis", config.redis(), this::redisConnection);
      http = config.http() == null ? null : bind("http", config.http(), this::httpConnection);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private InetSocketAddress bind(
      String name, HostPort address, Function<Port, PortConnection> connection) {
    Port port = new Port(name, config.limits(), loop);
    InetSocketAddress bound = port.bind(address.host(), address.port(), connection);
    ports.add(port);
    return bound;
  }

  private PortConnection clientConnection(Port port) {
    Served to = served();
    return new ClientConnection(
        port,
        config.nodeId().value(),
        config.store(),
        to.submitter(),
        to.status(),
        to.administration(),
        completions);
  }

  private PortConnection redisConnection(Port port) {
    return new RedisConnection(port, served().redis(), ++redisConnections);
  }

  private PortConnection httpConnection(Port port) {
    return new HttpConnection(port, served().pages(), completions);
  }

  private Served served() {
    Served to = served;
    if (to == null) {
      throw new IllegalStateException("not open");
    }
    return to;
  }

  /** Lets the world in. */
  public void open(
      Submitter submitter,
      NodeStatusSource status,
      Administration administration,
      KvStateMachine machine) {
    HealthPages pages = new HealthPages(status, machine, List.copyOf(ports));
    KVStore store = KVStore.on(submitter, config.store());
    RedisServer shared =
        new RedisServer(
            Version.current(),
            config.nodeId().value(),
            submitter,
            config.store(),
            completions,
            new RedisNotifications(store, loop));
    served = new Served(submitter, status, administration, pages, store, shared);
    loop.submit(() -> ports.forEach(Port::accept)).awaitUninterruptibly();
  }

  /** The line that says that the server is there, with the ports that it really has. */
  public String readyLine() {
    StringBuilder line = new StringBuilder("READY id=" + config.nodeId());
    append(line, "client", config.client(), client);
    append(line, "redis", config.redis(), redis);
    append(line, "http", config.http(), http);
    return line.toString();
  }

  private static void append(
      StringBuilder line, String name, @Nullable HostPort asked, @Nullable InetSocketAddress got) {
    if (asked != null && got != null) {
      line.append(' ').append(name).append('=').append(new HostPort(asked.host(), got.getPort()));
    }
  }

  public List<Port> ports() {
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
    Served to = served;
    if (to != null) {
      to.store().close();
    }
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
