package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A cluster on the test's thread: the production agents, a network and logs in memory, and a clock
 * that only the test moves.
 */
final class TestCluster implements AutoCloseable {
  static final long WALL_CLOCK = 1_700_000_000_000_000_000L;
  private static final long MILLISECOND = 1_000_000;
  private static final int ROUNDS = 10_000;

  final Wires wires = new Wires();
  private final List<TestNode> nodes = new ArrayList<>();
  private long now = 1_000 * MILLISECOND;

  TestCluster(int members) {
    this(members, RabiaConfig.defaults());
  }

  TestCluster(int members, RabiaConfig config) {
    this(config(members).build(), config);
  }

  TestCluster(ClusterConfig members, RabiaConfig config) {
    for (ClusterConfig.Member member : members.members()) {
      nodes.add(new TestNode(this, member.id(), members, config));
    }
  }

  static ClusterConfig.Builder config(int members) {
    ClusterConfig.Builder builder = ClusterConfig.builder().name("test");
    for (int id = 1; id <= members; id++) {
      builder.member(NodeId.of(id), "host", id);
    }
    return builder;
  }

  /** Formed, serving and at rest. */
  static TestCluster serving(int members) {
    return new TestCluster(members).startAll();
  }

  TestCluster startAll() {
    nodes.forEach(TestNode::start);
    settle();
    assertThat(nodes).allSatisfy(node -> assertThat(node.agent().state()).isEqualTo(SERVING));
    return this;
  }

  private static final EngineState SERVING = EngineState.SERVING;

  /** One that talks to this cluster's network and is not among its nodes. */
  TestNode stranger(NodeId id, ClusterConfig members, RabiaConfig config) {
    TestNode stranger = new TestNode(this, id, members, config);
    nodes.add(stranger);
    return stranger;
  }

  TestNode node(int id) {
    return nodes.get(id - 1);
  }

  List<TestNode> nodes() {
    return nodes;
  }

  long now() {
    return now;
  }

  /** Lets everybody work until nobody has anything to do. */
  void settle() {
    for (int round = 0; round < ROUNDS; round++) {
      if (nodes.stream().mapToInt(TestNode::work).sum() == 0) {
        return;
      }
    }
    throw new AssertionError("does not come to rest");
  }

  /** Lets time pass in steps of a millisecond. */
  void elapse(Duration time) {
    for (long left = time.toMillis(); left > 0; left--) {
      now += MILLISECOND;
      settle();
    }
  }

  /** Time passes at once: everybody was paused. */
  void pause(Duration time) {
    now += time.toNanos();
    settle();
  }

  @Override
  public void close() {
    for (TestNode node : nodes) {
      node.kill();
      assertThat(node.pool().statistics().inUse()).as("buffers kept").isZero();
    }
  }
}
