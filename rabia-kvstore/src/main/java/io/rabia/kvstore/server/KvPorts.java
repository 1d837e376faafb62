package io.rabia.kvstore.server;

import io.netty.channel.EventLoop;
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
import io.rabia.network.server.Listening;
import io.rabia.network.server.NodeStatusSource;
import io.rabia.network.server.Port;
import io.rabia.network.server.PortConnection;
import io.rabia.network.server.Ports;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The ports of a server: their addresses are taken first, so that one in use is known before
 * anything else happens; then they are open to the world, then drained and closed. Clients are
 * served on the node's own thread if it has an event loop; what may take longer than a member's
 * turn, the Redis and HTTP ports, on a thread {@code rabia-<id>-io}. The methods wait for what they
 * do and are called from one thread, not an event loop.
 */
public final class KvPorts implements AutoCloseable {
  private final ServerConfig config;
  private final List<Listening> addresses = new ArrayList<>();
  private final @Nullable Listening client;
  private final @Nullable Listening redis;
  private final @Nullable Listening http;
  private volatile @Nullable Served served;

  /** What is open. */
  private record Served(Ports clients, Ports own, KVStore store) {}

  /**
   * Takes the addresses; nobody is accepted yet.
   *
   * @throws io.rabia.core.RabiaException.Network when an address cannot be had
   */
  public KvPorts(ServerConfig config) {
    this.config = config;
    try {
      client = take("client", config.client());
      redis = take("redis", config.redis());
      http = take("http", config.http());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private @Nullable Listening take(String name, @Nullable HostPort address) {
    if (address == null) {
      return null;
    }
    Listening taken = Listening.at(name, address);
    addresses.add(taken);
    return taken;
  }

  private int largestAnswer(byte[] query) {
    KVStoreConfig store = config.store();
    return KvCodec.readsOneKey(query) ? store.maxValueSize() : store.maxAnswerBytes();
  }

  /**
   * Lets the world in.
   *
   * @param members where clients reach the members, as {@link ClientService} has it
   * @param loop of the node's own thread, for the clients; null for a thread of their own
   */
  public void open(
      Submitter submitter,
      NodeStatusSource status,
      Administration administration,
      Supplier<List<ClusterConfig.Member>> members,
      KvStateMachine machine,
      @Nullable EventLoop loop) {
    String thread = "rabia-" + config.nodeId() + "-io";
    Ports own = new Ports(thread);
    Ports clients = loop == null ? own : new Ports(loop);
    KVStore store = KVStore.on(submitter, config.store());
    served = new Served(clients, own, store);
    ClientService service =
        new ClientService(
            config.nodeId(), this::largestAnswer, submitter, status, administration, members);
    RedisServer shared =
        new RedisServer(
            Version.current(),
            config.nodeId().value(),
            submitter,
            config.store(),
            own.completions(),
            new RedisNotifications(store, own.loop()));
    AtomicInteger redisConnections = new AtomicInteger();
    HealthPages health = new HealthPages(status, machine, this::ports);
    accept(clients, client, port -> new ClientConnection(port, service, clients.completions()));
    accept(
        own, redis, port -> new RedisConnection(port, shared, redisConnections.incrementAndGet()));
    accept(own, http, port -> new HttpConnection(port, health, own.completions()));
  }

  private void accept(
      Ports ports, @Nullable Listening address, Function<Port, PortConnection> connection) {
    if (address != null) {
      ports.accept(address, config.limits(), connection);
    }
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
      StringBuilder line, String name, @Nullable HostPort asked, @Nullable Listening got) {
    if (asked != null && got != null) {
      HostPort real = new HostPort(asked.host(), got.address().getPort());
      line.append(' ').append(name).append('=').append(real);
    }
  }

  /** Those that are open. */
  public List<Port> ports() {
    return serving().flatMap(ports -> ports.all().stream()).toList();
  }

  private Stream<Ports> serving() {
    Served now = served;
    return now == null ? Stream.empty() : Stream.of(now.clients(), now.own()).distinct();
  }

  /**
   * Stops to accept connections and requests, then waits until everything taken in before is
   * answered.
   *
   * @return false when that took longer than {@code timeout}
   */
  public boolean drain(Duration timeout) {
    List<CompletableFuture<Boolean>> drains =
        serving().map(ports -> ports.beginDrain(timeout)).toList();
    return drains.stream().map(CompletableFuture::join).reduce(true, Boolean::logicalAnd);
  }

  /** Ends all connections. Idempotent. */
  @Override
  public void close() {
    Served now = served;
    if (now != null) {
      now.store().close();
    }
    serving().forEach(Ports::close);
    addresses.forEach(Listening::close);
  }
}
