package io.rabia.kvstore.server;

import io.rabia.core.ClusterConfig;
import io.rabia.core.Submitter;
import io.rabia.kvstore.KVStore;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvStateMachine;
import io.rabia.kvstore.server.http.HealthPages;
import io.rabia.kvstore.server.http.HttpConnection;
import io.rabia.kvstore.server.redis.RedisConnection;
import io.rabia.kvstore.server.redis.RedisNotifications;
import io.rabia.kvstore.server.redis.RedisServer;
import io.rabia.network.client.HostPort;
import io.rabia.network.server.Administration;
import io.rabia.network.server.ClientConnection;
import io.rabia.network.server.ClientService;
import io.rabia.network.server.NodeStatusSource;
import io.rabia.network.server.Port;
import io.rabia.network.server.PortConnection;
import io.rabia.network.server.Ports;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The ports of a server, on one event loop named {@code rabia-<id>-io}: bound first, so that an
 * address in use is known before anything else happens, then open to the world, then drained and
 * closed. The methods wait for what they do and are called from one thread, not the event loop.
 */
public final class KvPorts implements AutoCloseable {
  private final ServerConfig config;
  private final Ports ports;
  private final InetSocketAddress client;
  private @Nullable InetSocketAddress redis;
  private @Nullable InetSocketAddress http;
  private int redisConnections;

  private volatile @Nullable Served served;

  /** What the ports give access to. */
  private record Served(
      ClientService clients, HealthPages pages, KVStore store, RedisServer redis) {}

  /**
   * Takes the addresses; nobody is accepted yet.
   *
   * @throws io.rabia.core.RabiaException.Network when an address cannot be had
   */
  public KvPorts(ServerConfig config) {
    this.config = config;
    ports = new Ports("rabia-" + config.nodeId() + "-io");
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
    return ports.bind(name, address, config.limits(), connection);
  }

  private PortConnection clientConnection(Port port) {
    return new ClientConnection(port, served().clients(), ports.completions());
  }

  private int largestAnswer(byte[] query) {
    KVStoreConfig store = config.store();
    return KvCodec.readsOneKey(query) ? store.maxValueSize() : store.maxAnswerBytes();
  }

  private PortConnection redisConnection(Port port) {
    return new RedisConnection(port, served().redis(), ++redisConnections);
  }

  private PortConnection httpConnection(Port port) {
    return new HttpConnection(port, served().pages(), ports.completions());
  }

  private Served served() {
    Served to = served;
    if (to == null) {
      throw new IllegalStateException("not open");
    }
    return to;
  }

  /**
   * Lets the world in.
   *
   * @param members where clients reach the members, as {@link ClientService} has it
   */
  public void open(
      Submitter submitter,
      NodeStatusSource status,
      Administration administration,
      Supplier<List<ClusterConfig.Member>> members,
      KvStateMachine machine) {
    ClientService clients =
        new ClientService(
            config.nodeId(), this::largestAnswer, submitter, status, administration, members);
    HealthPages pages = new HealthPages(status, machine, ports.all());
    KVStore store = KVStore.on(submitter, config.store());
    RedisServer shared =
        new RedisServer(
            Version.current(),
            config.nodeId().value(),
            submitter,
            config.store(),
            ports.completions(),
            new RedisNotifications(store, ports.loop()));
    served = new Served(clients, pages, store, shared);
    ports.accept();
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
    return ports.all();
  }

  /**
   * Stops to accept connections and requests, then waits until everything taken in before is
   * answered.
   *
   * @return false when that took longer than {@code timeout}
   */
  public boolean drain(Duration timeout) {
    return ports.drain(timeout);
  }

  /** Ends all connections. Idempotent. */
  @Override
  public void close() {
    Served to = served;
    if (to != null) {
      to.store().close();
    }
    ports.close();
  }
}
