package io.rabia.examples;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.persistence.Durability;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.engine.EngineState;
import io.rabia.engine.EngineStatus;
import io.rabia.engine.RabiaEngine;
import io.rabia.kvstore.KVStore;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.KvStateMachine;
import io.rabia.network.NettyTransport;
import io.rabia.persistence.FilePersistence;
import io.rabia.persistence.FilePersistenceConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A cluster in this process: its replicas talk over TCP on loopback and log to a folder of their
 * own.
 */
final class LocalCluster implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Path directory;
  private final ClusterConfig cluster;
  private final Supplier<StateMachine> machines;
  private final Map<Integer, RabiaEngine> engines = new TreeMap<>();

  /** A key-value store. */
  LocalCluster(int nodes) throws IOException {
    this(nodes, () -> new KvStateMachine(KVStoreConfig.defaults()));
  }

  /**
   * @param machines makes the state machine of a replica that starts
   */
  LocalCluster(int nodes, Supplier<StateMachine> machines) throws IOException {
    this.machines = machines;
    directory = Files.createTempDirectory("rabia-example");
    cluster = ClusterConfig.parse(members(nodes));
    for (int id = 1; id <= nodes; id++) {
      start(id);
    }
  }

  static String members(int nodes) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    StringBuilder members = new StringBuilder();
    for (int id = 1; id <= nodes; id++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      sockets.add(socket);
      members
          .append(id > 1 ? "," : "")
          .append(id)
          .append("=127.0.0.1:")
          .append(socket.getLocalPort());
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return members.toString();
  }

  void start(int id) {
    NodeId nodeId = NodeId.of(id);
    RabiaEngine engine =
        RabiaEngine.builder()
            .nodeId(nodeId)
            .cluster(cluster)
            .stateMachine(machines.get())
            .transport(NettyTransport.builder(nodeId, cluster).build())
            .persistence(
                new FilePersistence(
                    directory.resolve("node-" + id),
                    FilePersistenceConfig.builder().durability(Durability.OS).build()))
            .build();
    engine.start();
    engines.put(id, engine);
  }

  /** Stops the replica as a crash would. */
  void kill(int id) {
    RabiaEngine engine = engines.remove(id);
    if (engine != null) {
      engine.abort();
    }
  }

  RabiaEngine engine(int id) {
    return engines.get(id);
  }

  KVStore store(int id) {
    return KVStore.on(engine(id), KVStoreConfig.defaults());
  }

  EngineStatus status(int id) {
    return engine(id).status().join();
  }

  void awaitServing() throws TimeoutException {
    await(
        "all replicas serve",
        () -> engines.keySet().stream().allMatch(id -> status(id).state() == EngineState.SERVING));
  }

  /** All replicas have applied as much and hold the same. */
  void awaitEqual() throws TimeoutException {
    await(
        "all replicas are equal",
        () ->
            engines.keySet().stream()
                    .map(this::status)
                    .map(s -> s.applied() + "/" + s.hash())
                    .distinct()
                    .count()
                == 1);
  }

  static void await(String what, BooleanSupplier condition) throws TimeoutException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new TimeoutException("waited " + PATIENCE.toSeconds() + " s until " + what);
      }
      LockSupport.parkNanos(2_000_000);
    }
  }

  @Override
  public void close() {
    engines.values().forEach(RabiaEngine::close);
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
