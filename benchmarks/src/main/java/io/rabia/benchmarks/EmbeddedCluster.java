package io.rabia.benchmarks;

import static io.rabia.benchmarks.Checks.check;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.ReadConsistency;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.core.transport.Transport;
import io.rabia.engine.EngineState;
import io.rabia.engine.EngineStatus;
import io.rabia.engine.RabiaConfig;
import io.rabia.engine.RabiaEngine;
import io.rabia.network.InMemoryNetwork;
import io.rabia.network.NettyTransport;
import io.rabia.persistence.InMemoryPersistence;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/** Engines in this process, with nothing on disk. */
final class EmbeddedCluster implements AutoCloseable {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

  private final List<RabiaEngine> engines = new ArrayList<>();

  private EmbeddedCluster(
      int nodes,
      ClusterConfig cluster,
      Function<NodeId, Transport> transports,
      RabiaConfig config,
      Supplier<StateMachine> machines) {
    for (int id = 1; id <= nodes; id++) {
      NodeId node = NodeId.of(id);
      RabiaEngine engine =
          RabiaEngine.builder()
              .nodeId(node)
              .cluster(cluster)
              .config(config)
              .stateMachine(machines.get())
              .transport(transports.apply(node))
              .persistence(new InMemoryPersistence())
              .build();
      engines.add(engine);
      engine.start();
    }
    await("all serve", () -> engines.stream().allMatch(EmbeddedCluster::serves));
  }

  static EmbeddedCluster inMemory(int nodes, RabiaConfig config, Supplier<StateMachine> machines) {
    InMemoryNetwork network = new InMemoryNetwork();
    int[] noPorts = new int[nodes];
    return new EmbeddedCluster(nodes, cluster(noPorts), network::transport, config, machines);
  }

  static EmbeddedCluster overTcp(int nodes, RabiaConfig config, Supplier<StateMachine> machines) {
    ClusterConfig cluster = cluster(FreePorts.take(nodes));
    return new EmbeddedCluster(
        nodes, cluster, id -> NettyTransport.builder(id, cluster).build(), config, machines);
  }

  /** Members 1, 2, ... on loopback. */
  static ClusterConfig cluster(int[] ports) {
    StringBuilder members = new StringBuilder();
    for (int i = 0; i < ports.length; i++) {
      members.append(i == 0 ? "" : ",").append(i + 1).append("=127.0.0.1:").append(ports[i]);
    }
    return ClusterConfig.parse(members.toString());
  }

  private static boolean serves(RabiaEngine engine) {
    return engine.lastStatus().state() == EngineState.SERVING;
  }

  List<RabiaEngine> engines() {
    return engines;
  }

  RabiaEngine engine(int index) {
    return engines.get(index);
  }

  private List<EngineStatus> statuses() {
    return engines.stream().map(engine -> engine.status().join()).toList();
  }

  /** How many batches were applied since the start. */
  long batches() {
    return engine(0).status().join().batches();
  }

  /** All replicas have applied the same log and are in the same state. */
  void awaitEqual() {
    await(
        "all replicas are equal",
        () -> statuses().stream().map(s -> s.applied() + "/" + s.hash()).distinct().count() == 1);
  }

  /** Every {@link CountingStateMachine} has applied exactly so many commands. */
  void checkApplied(long commands) {
    awaitEqual();
    for (RabiaEngine engine : engines) {
      byte[] count = engine.read(new byte[0], ReadConsistency.LOCAL).join();
      long applied = ByteBuffer.wrap(count).getLong();
      check(applied == commands, "applied " + applied + " of " + commands + " commands");
    }
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.getAsBoolean()) {
      check(System.nanoTime() - deadline < 0, what);
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Override
  public void close() {
    engines.forEach(RabiaEngine::close);
  }
}
