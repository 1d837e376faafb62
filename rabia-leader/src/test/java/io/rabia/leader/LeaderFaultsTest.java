package io.rabia.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.engine.CompositeStateMachine;
import io.rabia.engine.RabiaEngine;
import io.rabia.testing.FaultType;
import io.rabia.testing.InjectedFault;
import io.rabia.testing.TestCluster;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Elections while everything fails that can. */
class LeaderFaultsTest {
  private static final Duration WAIT = Duration.ofSeconds(2);

  private TestCluster cluster;
  private final Map<NodeId, RabiaEngine> engines = new HashMap<>();
  private final Map<NodeId, LeaderManager> managers = new HashMap<>();
  private final Map<Long, Long> owners = new ConcurrentHashMap<>();
  private final Set<String> violations = ConcurrentHashMap.newKeySet();
  private int writes;

  @AfterEach
  void close() {
    managers.values().forEach(LeaderManager::close);
    managers.clear();
    engines.clear();
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  @Tag("fault-injection")
  void oneLeaderATermAndNoOldTokenWhileNodesFail() {
    run(1, 3);
  }

  @Test
  @Tag("fault-injection")
  @Tag("long")
  void oneLeaderATermAndNoOldTokenOverManySeeds() {
    int seeds = Integer.getInteger("rabia.leader.seeds", 20);
    for (int seed = 2; seed < 2 + seeds; seed++) {
      run(seed, 8);
      close();
    }
  }

  private void run(int seed, int faults) {
    owners.clear();
    writes = 0;
    cluster =
        TestCluster.builder()
            .seed(seed)
            .stateMachine(
                () ->
                    CompositeStateMachine.of(
                        Map.of("leader", new LeaderStateMachine(), "rising", new Rising())))
            .start();
    Random random = new Random(seed);
    for (int i = 0; i < faults; i++) {
      InjectedFault fault = cluster.simulator().injectFault(fault(random));
      await().atMost(Duration.ofSeconds(60)).until(() -> go(fault.isOver()));
    }
    cluster.simulator().heal();
    cluster.awaitServing();
    int before = writes;
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                go(
                    writes > before
                        && managers.values().stream().anyMatch(LeaderManager::isLeader)));
    assertThat(violations).as("seed %d", seed).isEmpty();
    long highest = number(read(NodeId.of(1)));
    assertThat(highest).as("seed %d", seed).isPositive();
    cluster.awaitEqual();
  }

  private static FaultType fault(Random random) {
    NodeId node = NodeId.of(1 + random.nextInt(3));
    Set<NodeId> others = new java.util.TreeSet<>(List.of(NodeId.of(1), NodeId.of(2), NodeId.of(3)));
    others.remove(node);
    Duration time = Duration.ofMillis(300 + random.nextInt(1200));
    return switch (random.nextInt(9)) {
      case 0 -> new FaultType.NodeCrash(node, time);
      case 1 -> new FaultType.NodeRestart(node, time);
      case 2 -> new FaultType.NetworkPartition(Set.of(node), others, time);
      case 3 -> new FaultType.NetworkPartition(Set.of(node), others, true, time);
      case 4 -> new FaultType.PacketLoss(0.3, time);
      case 5 -> new FaultType.Pause(node, time);
      case 6 -> new FaultType.ClockSkew(node, Duration.ofHours(1), 1.5, time);
      case 7 -> new FaultType.SlowNode(node, Duration.ofMillis(50), time);
      default -> new FaultType.HighLatency(Duration.ofMillis(20), Duration.ofMillis(150), time);
    };
  }

  /** Managers on what runs; whoever leads writes its term, with its token. */
  private boolean go(boolean done) {
    for (NodeId id : cluster.nodes()) {
      manage(id);
    }
    for (LeaderManager manager : managers.values()) {
      manager
          .token()
          .ifPresent(
              token ->
                  manager
                      .fenced("rising", token)
                      .submit(Command.of(ByteBuffer.allocate(8).putLong(token).array()), WAIT)
                      .thenAccept(answer -> written(number(answer))));
    }
    return done;
  }

  private synchronized void written(long highest) {
    writes++;
    if (highest < 0) {
      violations.add("an old token was admitted");
    }
  }

  private void manage(NodeId id) {
    RabiaEngine engine;
    try {
      engine = cluster.engine(id);
    } catch (IllegalStateException down) {
      return;
    }
    if (engines.get(id) == engine || !cluster.isRunning(id)) {
      return;
    }
    LeaderManager before = managers.remove(id);
    if (before != null) {
      before.close();
    }
    LeaderManager manager = LeaderManager.on(engine, "leader", LeaderManagerTest.quick().build());
    manager.bus().subscribe(LeaderNotificationFilter.leadership(), this::elected);
    manager.campaign();
    engines.put(id, engine);
    managers.put(id, manager);
  }

  private void elected(LeaderEvent event) {
    if (event instanceof LeaderEvent.LeaderElected elected) {
      Long other = owners.putIfAbsent(elected.term(), elected.leader().session());
      if (other != null && other != elected.leader().session()) {
        violations.add("two leaders of term " + elected.term());
      }
    }
  }

  private byte[] read(NodeId id) {
    Submitter part = CompositeStateMachine.part(cluster.engine(id), "rising");
    return part.read(new byte[8], ReadConsistency.LINEARIZABLE, Duration.ofSeconds(10)).join();
  }

  private static long number(byte[] bytes) {
    return ByteBuffer.wrap(bytes).getLong();
  }
}
