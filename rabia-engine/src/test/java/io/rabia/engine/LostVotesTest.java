package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.StateValue;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.Message;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Members whose logs do not hold all that they promised: protocol.md 6, "Damage". */
class LostVotesTest {
  private static final String WHY = "log-1.rlog at offset 77: not the next record";
  private static final Duration WHILE = Duration.ofMillis(800);

  private static void damage(TestCluster cluster, TestNode node) {
    node.kill();
    node.log.damage(WHY);
    node.start();
    cluster.elapse(WHILE);
  }

  private static void restart(TestCluster cluster, TestNode node, MemoryLog other) {
    node.kill();
    node.log.replaceBy(other);
    node.start();
    cluster.settle();
  }

  private static String execute(TestCluster cluster, TestNode node, String command) {
    Answer answer = node.submit(command);
    cluster.elapse(Duration.ofMillis(200));
    return answer.text();
  }

  /** What it promised in slots in which others govern. */
  private static List<Message> promises(TestCluster cluster, int from, int since) {
    long first =
        cluster.node(from).view().epoch() == 0
            ? Long.MAX_VALUE
            : cluster.node(from).view().firstSlot();
    return cluster.wires.sent().stream()
        .skip(since)
        .filter(frame -> frame.from() == from)
        .flatMap(frame -> frame.messages().stream())
        .filter(
            message ->
                message instanceof Message.Propose propose && propose.slot() < first
                    || message instanceof Message.Vote1 vote && vote.slot() < first
                    || message instanceof Message.Vote2 second && second.slot() < first
                    || message instanceof Message.ReadReply && first == Long.MAX_VALUE)
        .toList();
  }

  @Test
  void oneThatLostThemSaysSoHearsEverythingAndPromisesNothingUntilItIsBack() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode a = cluster.node(1);
      TestNode c = cluster.node(3);
      execute(cluster, c, "before");
      int sent = cluster.wires.sent().size();
      damage(cluster, c);
      assertThat(c.status().state()).isEqualTo(EngineState.DEGRADED);
      assertThat(c.status().reason()).contains("log-1.rlog_at_offset_77");
      for (int i = 0; i < 20; i++) {
        execute(cluster, a, "after" + i);
      }
      Answer read = a.read("all");
      cluster.elapse(WHILE);
      assertThat(read.text()).contains("after19");
      assertThat(c.machine.entries()).isEqualTo(a.machine.entries()).hasSize(21);
      assertThat(c.status().hash()).isEqualTo(a.status().hash());
      assertThat(promises(cluster, 3, sent)).isEmpty();
      assertThat(c.view().epoch()).as("it is back under another token").isEqualTo(1);
      assertThat(c.agent().state()).isEqualTo(EngineState.SERVING);
    }
  }

  /** A monotonic clock may begin anywhere. */
  @Test
  void itComesBackWhereClocksAreNegative() {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.pause(Duration.ofDays(-100));
      cluster.startAll();
      damage(cluster, cluster.node(3));
      cluster.elapse(Duration.ofSeconds(4));
      assertThat(cluster.node(3).agent().state()).isEqualTo(EngineState.SERVING);
    }
  }

  @Test
  void itServesOnlyOnceACrashWouldNotTakeItsNewVoteBack() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode c = cluster.node(3);
      damage(cluster, c);
      c.log.manual();
      cluster.elapse(Duration.ofSeconds(3));
      assertThat(c.member().votes()).isTrue();
      assertThat(c.agent().state()).isEqualTo(EngineState.CATCHING_UP);
      c.kill();
      c.log.losePower();
      c.start();
      cluster.settle();
      assertThat(c.agent().state())
          .as("what it had applied is gone")
          .isEqualTo(EngineState.DEGRADED);
      cluster.elapse(WHILE);
      assertThat(c.member().votes()).isTrue();
      assertThat(c.agent().state()).isEqualTo(EngineState.CATCHING_UP);
      c.log.automatic();
      cluster.settle();
      assertThat(c.agent().state()).isEqualTo(EngineState.SERVING);
    }
  }

  @Test
  void itGoesOnFromItsSnapshot() {
    RabiaConfig config = RabiaConfig.builder().snapshotInterval(50, Long.MAX_VALUE).build();
    try (TestCluster cluster = new TestCluster(3, config).startAll()) {
      TestNode a = cluster.node(1);
      TestNode c = cluster.node(3);
      for (int i = 0; i < 900; i++) {
        a.submit("c" + i);
        cluster.settle();
      }
      cluster.elapse(WHILE);
      assertThat(c.log.first()).isGreaterThan(1);
      c.kill();
      c.log.damage(WHY);
      cluster.wires.cut(3, 1);
      cluster.wires.cut(3, 2);
      c.start();
      cluster.elapse(WHILE);
      assertThat(c.machine.entries()).hasSizeGreaterThan(100);
      assertThat(execute(cluster, a, "since")).startsWith("since@");
      cluster.wires.heal(3, 1);
      cluster.wires.heal(3, 2);
      cluster.elapse(WHILE);
      assertThat(c.machine.entries()).isEqualTo(a.machine.entries()).endsWith("since");
      c.kill();
      c.start();
      cluster.elapse(WHILE);
      assertThat(execute(cluster, a, "more")).startsWith("more@");
      cluster.elapse(Duration.ofSeconds(3));
      assertThat(c.status().state()).as("after another restart").isEqualTo(EngineState.SERVING);
      assertThat(c.machine.entries()).endsWith("more");
      c.kill();
      c.start();
      cluster.elapse(WHILE);
      assertThat(execute(cluster, c, "of its new life")).startsWith("of its new life@");
    }
  }

  @Test
  void withoutItsOwnItTakesASnapshotOfAnotherWhenTheOthersHaveLetGoOfTheirLogs() {
    RabiaConfig config = RabiaConfig.builder().snapshotInterval(50, Long.MAX_VALUE).build();
    try (TestCluster cluster = new TestCluster(3, config).startAll()) {
      TestNode a = cluster.node(1);
      TestNode c = cluster.node(3);
      for (int i = 0; i < 900; i++) {
        a.submit("c" + i);
        cluster.settle();
      }
      cluster.elapse(WHILE);
      a.kill();
      a.start(); // what is left in memory of decisions goes
      cluster.node(2).kill();
      cluster.node(2).start();
      cluster.elapse(WHILE);
      assertThat(a.log.first()).isGreaterThan(1);
      c.kill();
      c.log.wipe();
      c.log.damage(WHY);
      int sent = cluster.wires.sent().size();
      c.start();
      cluster.elapse(Duration.ofSeconds(3));
      assertThat(c.machine.entries()).isEqualTo(a.machine.entries()).hasSize(900);
      assertThat(c.agent().state()).isEqualTo(EngineState.SERVING);
      assertThat(promises(cluster, 3, sent)).isEmpty();
    }
  }

  @Test
  void itRefusesWhatItCannotDoAndAnswersLocalReads() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode c = cluster.node(3);
      execute(cluster, cluster.node(1), "one");
      damage(cluster, c);
      Answer write = c.submit("two");
      Answer session = c.openSession();
      Answer read = c.read("all");
      Answer local = new Answer();
      byte[] query = "all".getBytes(StandardCharsets.UTF_8);
      c.agent().inbox().offer(Request.read(query, true, WHILE.toNanos(), local));
      cluster.settle();
      for (Answer refused : List.of(write, session, read)) {
        assertThat(refused.failure())
            .isInstanceOf(RabiaException.Unavailable.class)
            .hasMessageContaining("lost its votes")
            .satisfies(failure -> assertThat(failure.retryable()).isTrue());
      }
      assertThat(local.text()).isEqualTo("one");
    }
  }

  @Test
  void itCountsForNoQuorum() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      damage(cluster, cluster.node(3));
      cluster.node(2).kill();
      cluster.elapse(WHILE);
      assertThat(cluster.node(1).agent().state()).isEqualTo(EngineState.RECOVERING);
      Answer answer = cluster.node(1).submit("alone");
      cluster.settle();
      assertThat(answer.failure()).isInstanceOf(RabiaException.NoQuorum.class);
    }
  }

  @Test
  void whatItMayNotSayIsNotHeard() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode a = cluster.node(1);
      damage(cluster, cluster.node(3));
      long slot = a.status().applied() + 6;
      ByteBuffer frame = ByteBuffer.allocate(1000);
      FrameHeader.write(frame, 0, 0, 0, 0);
      new Message.Propose(slot, BatchId.NOOP, null).writeTo(frame);
      new Message.Vote2(slot, 0, StateValue.V1, BatchId.NOOP).writeTo(frame);
      cluster.node(3).transport().send(NodeId.of(1), frame.flip());
      cluster.settle();
      assertThat(a.member().replica().instance(slot)).isNull();
      assertThat(a.agent().state()).isEqualTo(EngineState.SERVING);
    }
  }

  @Test
  void whereNobodyHasThemItDoesNotStart() {
    try (TestCluster cluster = TestCluster.serving(2)) {
      damage(cluster, cluster.node(2));
      assertThat(cluster.node(2).failure())
          .isInstanceOf(RabiaException.Checksum.class)
          .hasMessageContaining(WHY)
          .hasMessageContaining("no majority without it");
    }
  }

  /** Its successor holds the connections, so it is not let in to read it in the log. */
  @Test
  void aProcessOfAFormerLifeThatIsRefusedByMoreThanMayFailStops() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode c = cluster.node(3);
      MemoryLog formerLife = c.log.copy();
      damage(cluster, c);
      cluster.elapse(Duration.ofSeconds(3));
      assertThat(c.agent().state()).isEqualTo(EngineState.SERVING);
      TestNode former =
          cluster.stranger(NodeId.of(3), TestCluster.config(3).build(), RabiaConfig.defaults());
      former.log.replaceBy(formerLife);
      former.start();
      String words = cluster.node(1).agent().refuse(former.agent().handshakeFor(NodeId.of(1)));
      former.transport().refused(NodeId.of(1), words);
      former.transport().refused(NodeId.of(1), words);
      cluster.elapse(Duration.ofSeconds(3));
      assertThat(former.isRunning()).as("one may be wrong").isTrue();
      assertThat(former.transport().dialsAll).as("it asks whom it can reach").isTrue();
      former.transport().refused(NodeId.of(2), words);
      cluster.settle();
      assertThat(former.failure())
          .isInstanceOf(RabiaException.NotAMember.class)
          .hasMessageContaining("belong to a former life");
      assertThat(c.agent().state()).isEqualTo(EngineState.SERVING);
    }
  }

  @Test
  void aSecondProcessOfAMemberThatIsUpIsNotLetInUntilThatIsSilent() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode a = cluster.node(1);
      RabiaConfig existing = RabiaConfig.builder().initial(Initial.EXISTING).build();
      TestNode second = cluster.stranger(NodeId.of(3), TestCluster.config(3).build(), existing);
      second.start();
      second.kill();
      second.start(); // its first token is that of the member
      assertThat(a.agent().refuse(second.agent().handshakeFor(NodeId.of(1))))
          .isEqualTo(Dismissal.words(NodeId.of(3), 0));
      TestNode c = cluster.node(3);
      cluster.wires.hold(3, 1);
      cluster.elapse(Duration.ofSeconds(2));
      assertThat(a.member().isConnected(NodeId.of(3))).as("not noticed yet").isTrue();
      assertThat(a.agent().refuse(second.agent().handshakeFor(NodeId.of(1)))).isNull();
      assertThat(c.isRunning()).isTrue();
    }
  }

  @Test
  void whereMoreThanMayFailHaveLostThemTheStatusTells() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      cluster.node(2).kill();
      cluster.node(3).kill();
      cluster.elapse(WHILE);
      assertThat(cluster.node(1).status().reason()).as("only down").isEqualTo("no-quorum");
      cluster.node(2).log.damage(WHY);
      cluster.node(3).log.damage(WHY);
      cluster.node(2).start();
      cluster.elapse(WHILE);
      assertThat(cluster.node(1).status().reason()).as("3 may have its").isEqualTo("no-quorum");
      cluster.node(3).start();
      cluster.elapse(Duration.ofSeconds(2));
      for (TestNode node : cluster.nodes()) {
        assertThat(node.status().reason()).startsWith("majority-lost-its-votes:2,3;");
      }
    }
  }

  /** A member that was added knows few by its own settings. */
  @Test
  void oneWhoseSeedsAreTwoComesBackToThree() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode d = joined(cluster, 4, 1);
      TestNode a = cluster.node(1);
      Answer answer = a.change(a.view().with(NodeId.of(4), "host", 4).without(NodeId.of(3)));
      cluster.elapse(WHILE);
      assertThat(answer.isFailure()).isFalse();
      assertThat(d.member().votes()).isTrue();
      damage(cluster, d);
      assertThat(d.agent().state()).isEqualTo(EngineState.DEGRADED);
      d.kill();
      d.start();
      cluster.elapse(Duration.ofSeconds(3));
      assertThat(d.agent().state()).as("after another start").isEqualTo(EngineState.SERVING);
    }
  }

  /** A node of this id that follows, and was told of this member only. */
  private static TestNode joined(TestCluster cluster, int id, int seed) {
    TestNode node =
        cluster.stranger(
            NodeId.of(id),
            ClusterConfig.builder()
                .name("test")
                .member(NodeId.of(seed), "host", seed)
                .member(NodeId.of(id), "host", id)
                .build(),
            RabiaConfig.builder().initial(Initial.EXISTING).build());
    node.start();
    cluster.elapse(WHILE);
    return node;
  }

  private static void shrinkToOne(TestCluster cluster, TestNode one) {
    Answer answer = one.change(one.view().without(NodeId.of(2)).without(NodeId.of(3)));
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(answer.isFailure()).isFalse();
    assertThat(cluster.node(3).isRunning()).isFalse();
  }

  @Test
  void theOnlyMemberKeepsItsDamagedLogHoweverManySeedsThereAre() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode a = cluster.node(1);
      shrinkToOne(cluster, a);
      List<Message> before = a.log.records();
      damage(cluster, a);
      assertThat(a.failure())
          .isInstanceOf(RabiaException.Checksum.class)
          .hasMessageContaining("no majority without it in a cluster of 1");
      assertThat(a.log.records()).isEqualTo(before);
    }
  }

  @Test
  void whereTheDamageHidThatItIsTheOnlyMemberItStopsOnceItIsTold() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode a = cluster.node(1);
      long readable = a.log.durable();
      shrinkToOne(cluster, a);
      joined(cluster, 4, 1);
      a.kill();
      a.log.damage(WHY, readable);
      a.start();
      cluster.elapse(Duration.ofSeconds(1));
      assertThat(a.failure())
          .isInstanceOf(RabiaException.NotAMember.class)
          .hasMessageContaining("with 1 members there is no quorum without it");
    }
  }

  @Test
  void aSnapshotTellsHowManyMembersThereAre() {
    RabiaConfig config = RabiaConfig.builder().snapshotInterval(50, Long.MAX_VALUE).build();
    try (TestCluster cluster = new TestCluster(3, config).startAll()) {
      TestNode a = cluster.node(1);
      shrinkToOne(cluster, a);
      for (int i = 0; i < 300; i++) {
        a.submit("c" + i);
        cluster.settle();
      }
      cluster.elapse(WHILE);
      assertThat(a.log.first()).isGreaterThan(1);
      damage(cluster, a);
      assertThat(a.failure()).hasMessageContaining("in a cluster of 1");
    }
  }

  @Test
  void membersThatAllLostThemFormNoOtherClusterInItsPlace() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      execute(cluster, cluster.node(1), "must not vanish unnoticed");
      cluster.nodes().forEach(TestNode::kill);
      for (int life = 0; life < 2; life++) {
        cluster.nodes().forEach(node -> node.log.damage(WHY));
        cluster.nodes().forEach(TestNode::start);
        cluster.elapse(WHILE);
        for (TestNode node : cluster.nodes()) {
          assertThat(node.agent().clusterId()).isEqualTo(ClusterId.NONE);
          assertThat(node.status().state()).isEqualTo(EngineState.DEGRADED);
        }
        cluster.nodes().forEach(TestNode::kill);
      }
    }
  }

  @Test
  void anOldCopyThatWasNoticedComesBackWithoutVotes() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode restored = cluster.node(2);
      MemoryLog copy = restored.log.copy();
      execute(cluster, cluster.node(1), "after the copy");
      cluster.elapse(WHILE);
      restart(cluster, restored, copy);
      assertThat(restored.failure()).hasMessageContaining("an old copy");
      int sent = cluster.wires.sent().size();
      restored.start();
      cluster.elapse(WHILE);
      assertThat(restored.status().state()).isEqualTo(EngineState.DEGRADED);
      assertThat(restored.status().reason()).contains("an_old_copy");
      execute(cluster, cluster.node(3), "goes on");
      assertThat(restored.machine.entries()).containsExactly("after the copy", "goes on");
      cluster.elapse(Duration.ofSeconds(3));
      assertThat(restored.status().state()).isEqualTo(EngineState.SERVING);
      assertThat(promises(cluster, 2, sent)).isEmpty();
    }
  }

  @Test
  void aProcessOfItsFormerLifeDoesNotHideHowFarItsLogWasSeen() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode c = cluster.node(3);
      MemoryLog formerLife = c.log.copy();
      damage(cluster, c);
      cluster.elapse(Duration.ofSeconds(3));
      assertThat(c.view().epoch()).as("it has another token").isEqualTo(1);
      MemoryLog copy = c.log.copy();
      execute(cluster, cluster.node(1), "after the copy");
      cluster.elapse(WHILE);
      restart(cluster, c, formerLife);
      restart(cluster, c, copy);
      assertThat(c.failure()).hasMessageContaining("an old copy");
    }
  }
}
