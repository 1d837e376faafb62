package io.rabia.network.client;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.network.server.PortLimits;
import io.rabia.network.server.PortStatistics;
import io.rabia.network.server.RabiaServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A server on the loopback of a state machine that answers what it is asked, in upper case, unless
 * a test wants otherwise, and remembers what came. Any thread.
 */
final class Machine implements Submitter, AutoCloseable {
  private static final AtomicLong SESSIONS = new AtomicLong();

  final Queue<Command> commands = new ConcurrentLinkedQueue<>();
  final Queue<ReadConsistency> reads = new ConcurrentLinkedQueue<>();
  final Queue<Duration> timeouts = new ConcurrentLinkedQueue<>();
  final AtomicLong opened = new AtomicLong();
  final Queue<Long> closed = new ConcurrentLinkedQueue<>();
  volatile Function<String, CompletableFuture<byte[]>> answers =
      text -> CompletableFuture.completedFuture(bytes(text.toUpperCase(Locale.ROOT)));
  volatile Supplier<CompletableFuture<Long>> opens =
      () -> CompletableFuture.completedFuture(SESSIONS.incrementAndGet());
  volatile List<ClusterConfig.Member> members = List.of();
  final int id;
  private final RabiaServer server;

  private Machine(int id, int port, PortLimits limits) {
    this.id = id;
    server = RabiaServer.start(NodeId.of(id), "127.0.0.1:" + port, limits, this, () -> members);
  }

  static Machine start(int id) {
    return start(id, PortLimits.defaults());
  }

  static Machine start(int id, PortLimits limits) {
    return new Machine(id, 0, limits);
  }

  /** Each of them names all. */
  static void acquaint(Machine... all) {
    List<ClusterConfig.Member> members = List.of(all).stream().map(Machine::member).toList();
    for (Machine machine : all) {
      machine.members = members;
    }
  }

  /** Else a request goes to whichever server is there first. */
  static void connectToFirst(ClientCore core) {
    CompletableFuture<Boolean> there = new CompletableFuture<>();
    core.status(0, Duration.ofSeconds(10), (status, failure) -> there.complete(true));
    there.join();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  ClusterConfig.Member member() {
    return new ClusterConfig.Member(NodeId.of(id), "127.0.0.1", server.port());
  }

  String address() {
    return "127.0.0.1:" + server.port();
  }

  RabiaServer server() {
    return server;
  }

  long count(PortStatistics.Event event) {
    return server.statistics().get(event);
  }

  @Override
  public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
    commands.add(command);
    timeouts.add(timeout);
    return answers.apply(text(command.payload()));
  }

  @Override
  public CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency, Duration t) {
    reads.add(consistency);
    return answers.apply(text(query));
  }

  @Override
  public CompletableFuture<Long> openSession(Duration timeout) {
    opened.incrementAndGet();
    return opens.get();
  }

  @Override
  public CompletableFuture<Void> closeSession(long session, Duration timeout) {
    closed.add(session);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public ClusterId clusterId() {
    return new ClusterId(7, 9);
  }

  @Override
  public void close() {
    server.close();
  }
}
