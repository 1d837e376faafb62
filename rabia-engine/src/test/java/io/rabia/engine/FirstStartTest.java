package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.ClusterId;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The first start of a cluster and its disturbances: protocol.md 6, and 10, number 17. */
class FirstStartTest {
  private static final RabiaConfig EXISTING =
      RabiaConfig.builder().initial(Initial.EXISTING).build();
  private static final Duration WHILE = Duration.ofMillis(50);

  private static List<ClusterId> clusterIds(TestCluster cluster) {
    return cluster.nodes().stream().map(node -> node.agent().clusterId()).distinct().toList();
  }

  private static void assertOneCluster(TestCluster cluster) {
    assertThat(clusterIds(cluster)).hasSize(1).doesNotContain(ClusterId.NONE);
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(node.agent().state()).isEqualTo(EngineState.SERVING));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void allMembersTogetherFormOneCluster(int members) {
    try (TestCluster cluster = TestCluster.serving(members)) {
      assertOneCluster(cluster);
      Answer answer = cluster.node(members).submit("hello");
      cluster.elapse(WHILE);
      assertThat(answer.text()).isEqualTo("hello@1");
    }
  }

  @Test
  void aQuorumIsNotEnoughForTheFirstStart() {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.node(1).start();
      cluster.node(2).start();
      cluster.elapse(WHILE);
      assertThat(clusterIds(cluster, 1, 2)).containsExactly(ClusterId.NONE);
      assertThat(cluster.node(1).agent().reason()).isEqualTo("forming");
      Answer refused = cluster.node(1).submit("too early");
      cluster.settle();
      assertThat(refused.failure()).isInstanceOf(RabiaException.NoQuorum.class);
      cluster.node(3).start();
      cluster.settle();
      assertOneCluster(cluster);
    }
  }

  private static List<ClusterId> clusterIds(TestCluster cluster, int... ids) {
    return Arrays.stream(ids)
        .mapToObj(id -> cluster.node(id).agent().clusterId())
        .distinct()
        .toList();
  }

  /**
   * Every member, killed with or without its unforced tail after any number of steps, while every
   * disk is slow.
   */
  @Test
  void aMemberThatRestartsInTheMiddleOfTheFormationMakesOneInit() {
    int formedAtOnce = 0;
    for (int steps = 0; steps < 40; steps++) {
      for (int victim = 1; victim <= 3; victim++) {
        for (boolean power : new boolean[] {false, true}) {
          formedAtOnce += formWithARestart(steps, victim, power) ? 1 : 0;
        }
      }
    }
    assertThat(formedAtOnce).as("cases in which it was formed before").isBetween(1, 200);
  }

  /** Returns whether the cluster was formed before the restart. */
  private static boolean formWithARestart(int steps, int victim, boolean power) {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.nodes().forEach(node -> node.log.manual());
      cluster.nodes().forEach(TestNode::start);
      for (int step = 0; step < steps; step++) {
        cluster.node(1 + step % 3).work();
        if (step % 5 == 4) {
          cluster.node(1 + step / 5 % 3).log.force();
        }
      }
      boolean formed =
          cluster.nodes().stream()
              .anyMatch(node -> !node.agent().clusterId().equals(ClusterId.NONE));
      TestNode restarted = cluster.node(victim);
      restarted.kill();
      if (power) {
        restarted.log.losePower();
      }
      restarted.start();
      cluster.nodes().forEach(node -> node.log.automatic());
      cluster.elapse(WHILE);
      assertOneCluster(cluster);
      assertThat(
              cluster.nodes().stream()
                  .flatMap(node -> FirstStartTest.inits(node.log))
                  .distinct()
                  .count())
          .as("INIT records")
          .isEqualTo(1);
      return formed;
    }
  }

  private static Stream<Message> inits(MemoryLog log) {
    return log.records().stream().filter(Message.Init.class::isInstance);
  }

  /** Its promise went to a founder that founds nothing; on its directory, or another empty one. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void newOnAWipedDiskThatMeetsOnlyTheMemberWithoutHistoryFoundsNothing(boolean wiped) {
    try (TestCluster cluster = new TestCluster(3)) {
      withoutInitAt(cluster, 2);
      cluster.node(1).kill();
      cluster.node(1).log.wipe();
      cluster.node(3).kill();
      cluster.node(1).start();
      cluster.elapse(WHILE);
      assertThat(clusterIds(cluster, 1, 2)).containsExactly(ClusterId.NONE);
      cluster.node(3).start();
      cluster.elapse(WHILE);
      assertThat(cluster.node(1).failure())
          .isInstanceOf(RabiaException.NotAMember.class)
          .hasMessageContaining("--initial existing");
      assertThat(cluster.node(1).isRunning()).isFalse();
      assertThat(cluster.node(2).agent().clusterId()).isEqualTo(ClusterId.NONE);
      if (wiped) {
        cluster.node(1).log.wipe();
      }
      cluster.node(1).configure(EXISTING);
      cluster.node(1).start();
      cluster.elapse(Duration.ofSeconds(3));
      assertOneCluster(cluster);
      assertThat(cluster.node(2).view().epoch()).as("the founder came back").isEqualTo(1);
      Answer answer = cluster.node(2).submit("all three");
      cluster.elapse(Duration.ofMillis(500));
      assertThat(answer.text()).startsWith("all three@");
    }
  }

  /** A unit file passes it always: it counts for an empty directory only. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void existingDoesNotEndAFormationThatHasBegun(int restarted) {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.node(1).start();
      cluster.node(2).start();
      cluster.elapse(WHILE);
      cluster.node(restarted).kill();
      cluster.node(restarted).configure(EXISTING);
      cluster.node(restarted).start();
      cluster.elapse(WHILE);
      cluster.node(3).start();
      cluster.elapse(Duration.ofMillis(200));
      assertOneCluster(cluster);
      assertThat(cluster.node(restarted).view().epoch()).isZero();
    }
  }

  /** Forms the cluster, with every INIT to this member lost. */
  private static void withoutInitAt(TestCluster cluster, int member) {
    TestNode behind = cluster.node(member);
    cluster.nodes().forEach(TestNode::start);
    while (cluster.wires.sentBy(member, Message.FormationPromise.class).isEmpty()) {
      cluster.nodes().forEach(TestNode::work);
    }
    for (TestNode other : cluster.nodes()) {
      if (other != behind) {
        int id = cluster.nodes().indexOf(other) + 1;
        cluster.wires.hold(id, member);
      }
    }
    cluster.settle();
    for (int id = 1; id <= 3; id++) {
      if (id != member) {
        assertThat(cluster.node(id).agent().clusterId()).isNotEqualTo(ClusterId.NONE);
        cluster.wires.cut(id, member);
        cluster.wires.release(id, member);
        cluster.wires.heal(id, member);
      }
    }
    assertThat(behind.agent().clusterId()).isEqualTo(ClusterId.NONE);
  }

  @Test
  void whoHasAnInitAnswersWithItWhomItMeets() {
    try (TestCluster cluster = new TestCluster(3)) {
      withoutInitAt(cluster, 2);
      cluster.node(1).kill();
      cluster.elapse(WHILE);
      assertThat(clusterIds(cluster, 2, 3)).hasSize(1).doesNotContain(ClusterId.NONE);
      Answer answer = cluster.node(2).submit("with two of three");
      cluster.elapse(Duration.ofMillis(500));
      assertThat(answer.text()).isEqualTo("with two of three@1");
    }
  }

  /** Its handshake says that it is in no cluster, and is on its way while it becomes a member. */
  @Test
  void whoBecameAMemberSinceItsHandshakeIntroducesItselfAgain() {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.wires.cut(2, 3);
      cluster.nodes().forEach(TestNode::start);
      while (cluster.wires.sentBy(3, Message.FormationPromise.class).isEmpty()) {
        cluster.nodes().forEach(TestNode::work);
      }
      cluster.node(3).log.manual();
      cluster.settle();
      assertThat(cluster.node(2).agent().clusterId()).isNotEqualTo(ClusterId.NONE);
      assertThat(cluster.node(3).agent().clusterId()).isEqualTo(ClusterId.NONE);
      cluster.wires.holdGreeting(2, 3);
      cluster.wires.heal(2, 3);
      cluster.settle();
      cluster.node(3).log.automatic();
      cluster.settle();
      assertThat(cluster.node(3).agent().clusterId()).isNotEqualTo(ClusterId.NONE);
      cluster.wires.greet(2, 3);
      cluster.elapse(Duration.ofMillis(200));
      assertThat(cluster.node(2).status().connected()).isEqualTo(3);
      assertThat(cluster.node(3).status().connected()).isEqualTo(3);
    }
  }

  /** The third tells both of INIT while their connection is being made. */
  @Test
  void twoWhoBothBecameMembersSinceTheirHandshakesIntroduceThemselvesAgain() {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.wires.holdGreeting(2, 3);
      cluster.nodes().forEach(TestNode::start);
      cluster.settle();
      assertOneCluster(cluster);
      cluster.wires.greet(2, 3);
      cluster.elapse(Duration.ofMillis(200));
      assertThat(cluster.node(2).status().connected()).isEqualTo(3);
      assertThat(cluster.node(3).status().connected()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 3", "3, 1"})
  void whatIsLostOfTheFormationIsSaidAgain(int from, int to) {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.wires.hold(from, to);
      cluster.nodes().forEach(TestNode::start);
      cluster.settle();
      cluster.wires.lose(from, to);
      assertThat(clusterIds(cluster)).containsExactly(ClusterId.NONE);
      cluster.elapse(Duration.ofMillis(200));
      assertOneCluster(cluster);
    }
  }

  @Test
  void whoMissedTheInitIsToldAgain() {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.nodes().forEach(TestNode::start);
      while (cluster.wires.sentBy(2, Message.FormationPromise.class).isEmpty()) {
        cluster.nodes().forEach(TestNode::work);
      }
      cluster.wires.hold(1, 2);
      cluster.wires.hold(3, 2);
      cluster.settle();
      assertThat(cluster.node(1).agent().clusterId()).isNotEqualTo(ClusterId.NONE);
      assertThat(cluster.node(2).agent().clusterId()).isEqualTo(ClusterId.NONE);
      cluster.wires.lose(1, 2);
      cluster.wires.lose(3, 2);
      cluster.elapse(Duration.ofMillis(200));
      assertOneCluster(cluster);
    }
  }

  @Test
  void aMemberOfTheClusterThatLostItsDiskIsRefusedWithAClearMessage() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      cluster.node(2).kill();
      cluster.node(2).log.wipe();
      cluster.node(2).start();
      cluster.elapse(WHILE);
      assertThat(cluster.node(2).failure())
          .isInstanceOf(RabiaException.NotAMember.class)
          .hasMessageContaining("votes that this data directory does not hold");
      Answer answer = cluster.node(1).submit("the others go on");
      cluster.elapse(Duration.ofMillis(500));
      assertThat(answer.text()).isEqualTo("the others go on@1");
    }
  }

  @Test
  void newUnderTheIdOfARemovedMemberIsRefusedWithAClearMessage() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode a = cluster.node(1);
      a.change(a.view().without(NodeId.of(3)));
      cluster.elapse(Duration.ofSeconds(1));
      TestNode c = cluster.node(3);
      assertThat(c.isRunning()).isFalse();
      c.log.wipe();
      cluster.wires.cut(1, 3);
      cluster.wires.cut(2, 3);
      c.start();
      cluster.elapse(Duration.ofSeconds(3));
      assertThat(c.transport().dialsAll).as("nobody dials it").isTrue();
      cluster.wires.heal(1, 3);
      cluster.elapse(WHILE);
      assertThat(c.failure())
          .isInstanceOf(RabiaException.NotAMember.class)
          .hasMessageContaining("--initial existing");
    }
  }

  @Test
  void newUnderTheIdOfAMemberThatIsUpStops() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode second =
          cluster.stranger(NodeId.of(3), TestCluster.config(3).build(), RabiaConfig.defaults());
      second.start();
      second.kill();
      second.log.wipe();
      second.start(); // its first token is that of the member
      String words = cluster.node(1).agent().refuse(second.agent().handshakeFor(NodeId.of(1)));
      second.transport().refused(NodeId.of(1), words);
      cluster.settle();
      assertThat(second.failure())
          .isInstanceOf(RabiaException.NotAMember.class)
          .hasMessageContaining("--initial existing");
    }
  }

  @Test
  void anOldCopyOfALogIsNoticedByThoseWhoSawMore() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode restored = cluster.node(2);
      MemoryLog copy = restored.log.copy();
      cluster.node(1).submit("after the copy");
      cluster.elapse(Duration.ofSeconds(1));
      restored.kill();
      restored.log.replaceBy(copy);
      int sent = cluster.wires.sent().size();
      restored.start();
      cluster.settle();
      assertThat(restored.failure())
          .isInstanceOf(RabiaException.NotAMember.class)
          .hasMessageContaining("an old copy; its votes are lost");
      assertThat(cluster.wires.sent().subList(sent, cluster.wires.sent().size()).stream())
          .filteredOn(frame -> frame.from() == 2)
          .flatExtracting(Wires.Sent::messages)
          .as("no vote leaves before that check")
          .hasOnlyElementsOfType(Message.Heartbeat.class);
    }
  }

  @Test
  void aLogThatContradictsItselfStopsTheStart() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode node = cluster.node(2);
      node.kill();
      ByteBuffer group = ByteBuffer.allocate(100);
      new Message.Decide(77, BatchId.NOOP, null).writeTo(group);
      node.log.append(group.flip());
      node.start();
      assertThat(node.failure())
          .isInstanceOf(InvariantViolation.class)
          .hasMessageContaining("out of order");
      assertThat(node.isRunning()).isFalse();
    }
  }

  @Test
  void aRestartedMemberKeepsItsToken() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      ClusterId before = cluster.node(3).agent().clusterId();
      cluster.node(3).kill();
      cluster.node(3).start();
      assertThat(cluster.node(3).agent().clusterId()).isEqualTo(before);
      cluster.elapse(WHILE);
      assertOneCluster(cluster);
      assertThat(
              cluster.node(3).log.records().stream()
                  .filter(Message.Identity.class::isInstance)
                  .count())
          .isEqualTo(1);
    }
  }
}
