package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.RabiaException.ChangeRefused;
import io.rabia.core.RabiaException.ChangeRefused.Reason;
import io.rabia.core.message.Message;
import io.rabia.engine.protocol.ChangeResult;
import io.rabia.engine.protocol.Configuration;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Members are added, removed and replaced while the cluster works. */
class MembershipTest {
  private static final RabiaConfig JOINS = RabiaConfig.builder().initial(Initial.EXISTING).build();
  private static final Duration WHILE = Duration.ofMillis(500);

  /** A node of this id that looks for the cluster. */
  private static TestNode joiner(TestCluster cluster, int id) {
    TestNode node = cluster.stranger(NodeId.of(id), TestCluster.config(id).build(), JOINS);
    node.start();
    cluster.elapse(WHILE);
    return node;
  }

  private static ClusterView with(ClusterView view, int id) {
    return view.with(NodeId.of(id), "host", id);
  }

  private static ClusterView changed(TestCluster cluster, TestNode at, ClusterView next) {
    Answer answer = at.change(next);
    cluster.elapse(WHILE);
    return ClusterView.of(ChangeResult.configuration(answer.bytes()));
  }

  private static Reason refused(TestCluster cluster, TestNode at, ClusterView next) {
    Answer answer = at.change(next);
    cluster.elapse(WHILE);
    assertThat(answer.failure()).isInstanceOf(ChangeRefused.class);
    return ((ChangeRefused) answer.failure()).reason();
  }

  private static void assertAnswers(TestCluster cluster, TestNode node, String command) {
    Answer answer = node.submit(command);
    Answer read = node.read("");
    cluster.elapse(WHILE);
    assertThat(answer.text()).startsWith(command);
    assertThat(read.isFailure()).isFalse();
  }

  @Test
  void aNodeThatJoinsCatchesUpAndDoesNotVote() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      cluster.node(1).submit("before");
      cluster.settle();
      TestNode joiner = joiner(cluster, 4);
      cluster.node(1).submit("after");
      cluster.elapse(WHILE);
      assertThat(joiner.agent().state()).isEqualTo(EngineState.CATCHING_UP);
      assertThat(joiner.agent().reason()).isEqualTo("learner");
      assertThat(joiner.machine.entries()).containsExactly("before", "after");
      assertThat(cluster.wires.sentBy(4, Message.Propose.class)).isEmpty();
      assertThat(cluster.wires.sentBy(4, Message.Vote2.class)).isEmpty();
      assertThat(cluster.wires.sentBy(4, Message.ReadReply.class)).isEmpty();
      Answer answer = joiner.submit("mine");
      cluster.settle();
      assertThat(answer.failure()).isInstanceOf(RabiaException.Unavailable.class);
    }
  }

  /** The founders may all have been replaced, and INIT names only those. */
  @Test
  void whoHasNoVoteOrNoQuorumLooksForThoseItWasToldOfBesideThoseItKnows() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode joiner = joiner(cluster, 5);
      assertThat(joiner.transport().wanted).containsExactlyInAnyOrder(1, 2, 3, 4);
      changed(cluster, cluster.node(1), with(cluster.node(1).view(), 5));
      assertThat(joiner.transport().wanted).containsExactlyInAnyOrder(1, 2, 3);
      cluster.node(1).kill();
      cluster.node(2).kill();
      cluster.elapse(WHILE);
      assertThat(joiner.transport().wanted).containsExactlyInAnyOrder(1, 2, 3, 4);
    }
  }

  @Test
  void anAddedNodeVotesOnceItsConfigurationGovernsOnAnIdleCluster() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode joiner = joiner(cluster, 4);
      ClusterView four = changed(cluster, cluster.node(2), with(cluster.node(2).view(), 4));
      assertThat(four.epoch()).isEqualTo(1);
      assertThat(four.members()).hasSize(4);
      for (TestNode node : cluster.nodes()) {
        assertThat(node.status().epoch()).isEqualTo(1);
        assertThat(node.status().applied()).isGreaterThanOrEqualTo(four.firstSlot());
        assertThat(node.agent().state()).isEqualTo(EngineState.SERVING);
        assertThat(node.events).contains("epoch 1: [1, 2, 3, 4]");
      }
      assertAnswers(cluster, joiner, "of the new one");
      assertThat(cluster.wires.sentBy(4, Message.Propose.class))
          .isNotEmpty()
          .allMatch(propose -> propose.slot() >= four.firstSlot());
      cluster.node(1).kill();
      cluster.elapse(Duration.ofSeconds(1));
      assertAnswers(cluster, joiner, "with three of four");
    }
  }

  @Test
  void aRemovedNodeStopsOnceItIsNotNeededAndSaysSo() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      ClusterView two =
          changed(cluster, cluster.node(1), cluster.node(1).view().without(NodeId.of(3)));
      cluster.elapse(Duration.ofSeconds(1));
      assertThat(cluster.node(3).failure())
          .isInstanceOf(RabiaException.NotAMember.class)
          .hasMessageContaining("not a member since slot " + two.firstSlot());
      assertThat(cluster.wires.sentBy(3, Message.Propose.class))
          .allMatch(propose -> propose.slot() < two.firstSlot());
      assertAnswers(cluster, cluster.node(1), "two are left");
      assertThat(cluster.node(1).status().connected()).isEqualTo(2);
    }
  }

  @Test
  void aNodeMayRemoveItself() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      changed(cluster, cluster.node(3), cluster.node(3).view().without(NodeId.of(3)));
      cluster.elapse(Duration.ofSeconds(1));
      assertThat(cluster.node(3).failure()).isInstanceOf(RabiaException.NotAMember.class);
      assertAnswers(cluster, cluster.node(2), "the others go on");
    }
  }

  @Test
  void allThreeAreReplacedByThreeOthersInOneStep() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      cluster.node(1).submit("of the first three");
      cluster.settle();
      IntStream.rangeClosed(4, 6).forEach(id -> joiner(cluster, id));
      List<ClusterConfig.Member> others =
          IntStream.rangeClosed(4, 6)
              .mapToObj(id -> new ClusterConfig.Member(NodeId.of(id), "host", id))
              .toList();
      changed(cluster, cluster.node(1), cluster.node(1).view().with(others));
      cluster.elapse(Duration.ofSeconds(2));
      for (int id = 1; id <= 3; id++) {
        assertThat(cluster.node(id).failure()).isInstanceOf(RabiaException.NotAMember.class);
      }
      for (int id = 4; id <= 6; id++) {
        assertAnswers(cluster, cluster.node(id), "of node " + id);
      }
      assertThat(cluster.node(4).machine.entries())
          .containsExactly("of the first three", "of node 4", "of node 5", "of node 6");
    }
  }

  @Test
  void theWindowChangesInBothDirections() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      for (int alpha : new int[] {8, 512, 16}) {
        ClusterView view = cluster.node(1).view();
        ClusterView next = changed(cluster, cluster.node(1), view.withAlpha(alpha));
        assertThat(next.alpha()).isEqualTo(alpha);
        for (TestNode node : cluster.nodes()) {
          var replica = node.member().replica();
          assertThat(replica.limit() - replica.applied()).isEqualTo(alpha);
          assertAnswers(cluster, node, "alpha " + alpha);
        }
      }
    }
  }

  @Test
  void refusesWhatWouldStopTheClusterOrIsNotMadeForItsConfiguration() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode node = cluster.node(1);
      ClusterView view = node.view();
      assertThat(refused(cluster, node, with(view, 4)))
          .as("nobody is there")
          .isEqualTo(Reason.UNSAFE);
      assertThat(refused(cluster, node, view.with(List.of()))).isEqualTo(Reason.INVALID);
      assertThat(refused(cluster, node, view.withAlpha(7))).isEqualTo(Reason.INVALID);
      ClusterConfig.Member twice = view.members().get(0);
      assertThat(refused(cluster, node, view.with(List.of(twice, twice))))
          .isEqualTo(Reason.INVALID);
      cluster.wires.cut(1, 3);
      cluster.settle();
      assertThat(refused(cluster, node, view.without(NodeId.of(2))))
          .as("3 is not connected")
          .isEqualTo(Reason.UNSAFE);
      cluster.wires.heal(1, 3);
      cluster.elapse(WHILE);
      changed(cluster, node, view.withAlpha(64));
      assertThat(refused(cluster, node, view.withAlpha(32)))
          .as("made for the configuration before")
          .isEqualTo(Reason.STALE);
      assertAnswers(cluster, node, "it goes on");
    }
  }

  @Test
  void ofTwoChangesAtOnceOneIsRefused() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      Answer first = cluster.node(1).change(cluster.node(1).view().withAlpha(64));
      Answer second = cluster.node(2).change(cluster.node(2).view().withAlpha(32));
      cluster.elapse(WHILE);
      assertThat(List.of(first.isFailure(), second.isFailure()))
          .containsExactlyInAnyOrder(true, false);
      Answer refused = first.isFailure() ? first : second;
      assertThat(((ChangeRefused) refused.failure()).reason()).isIn(Reason.PENDING, Reason.STALE);
      assertThat(cluster.node(1).view()).isEqualTo(cluster.node(3).view());
    }
  }

  @Test
  void configurationsSurviveARestartFromTheLogAndFromASnapshot() {
    RabiaConfig config = RabiaConfig.builder().snapshotInterval(100, 1 << 30).build();
    try (TestCluster cluster = new TestCluster(3, config).startAll()) {
      TestNode joiner = joiner(cluster, 4);
      ClusterView four = changed(cluster, cluster.node(1), with(cluster.node(1).view(), 4));
      for (int round = 0; round < 2; round++) {
        for (TestNode node : cluster.nodes()) {
          node.kill();
          node.start();
          cluster.elapse(WHILE);
          assertThat(node.view()).isEqualTo(four);
          assertAnswers(cluster, node, "again " + round);
        }
        for (int i = 0; i < 300; i++) {
          joiner.submit("c" + i);
          cluster.settle();
        }
      }
      assertThat(cluster.nodes())
          .allSatisfy(node -> assertThat(node.machine.entries()).hasSize(608));
    }
  }

  /** {1,2,3} becomes {3,4,5}; 4 and 5 decide a write; 3 has heard of none of that, and reads. */
  @Test
  void aMemberThatIsBehindAsksThoseWhoGovernNowBeforeItReads() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode behind = cluster.node(3);
      TestNode writer = joiner(cluster, 4);
      joiner(cluster, 5);
      for (int from : new int[] {1, 2, 4, 5}) {
        cluster.wires.hold(from, 3);
      }
      for (int leaving : new int[] {1, 2}) {
        cluster.wires.hold(4, leaving); // so that it stays
        cluster.wires.hold(5, leaving);
      }
      ClusterView view = cluster.node(1).view();
      ClusterView others = with(with(view, 4), 5).without(NodeId.of(1)).without(NodeId.of(2));
      ClusterView changed = changed(cluster, cluster.node(1), others);
      cluster.elapse(WHILE);
      Answer write = writer.submit("the write");
      cluster.elapse(WHILE);
      assertThat(write.text()).startsWith("the write@");
      assertThat(behind.status().applied()).isLessThan(changed.firstSlot());
      Answer read = behind.read("all");
      cluster.wires.release(1, 3);
      cluster.wires.release(2, 3);
      cluster.elapse(WHILE);
      assertThat(behind.status().applied()).isEqualTo(changed.firstSlot());
      assertThat(read.isOpen()).as("a quorum of those before has answered").isTrue();
      cluster.wires.release(4, 3);
      cluster.elapse(WHILE);
      assertThat(read.text()).contains("the write");
    }
  }

  // ---- members that have forgotten what they said

  /** The member comes back with an empty log. */
  private static TestNode wiped(TestCluster cluster, int id) {
    TestNode back = cluster.node(id);
    back.kill();
    back.log.wipe();
    back.configure(JOINS);
    back.start();
    return back;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aMemberThatLostItsLogComesBackByItselfUnderAnotherToken(int id) {
    try (TestCluster cluster = TestCluster.serving(3)) {
      assertAnswers(cluster, cluster.node(2), "before");
      cluster.elapse(Duration.ofSeconds(2));
      TestNode back = wiped(cluster, id);
      long from = cluster.node(2).status().applied();
      int sent = cluster.wires.sent().size();
      cluster.elapse(Duration.ofSeconds(3));
      ClusterView view = cluster.node(2).view();
      assertThat(view.epoch()).isEqualTo(1);
      assertThat(view.members()).isEqualTo(ClusterView.of(founders(cluster)).members());
      assertThat(back.agent().state()).isEqualTo(EngineState.SERVING);
      assertAnswers(cluster, back, "after");
      assertThat(back.machine.entries()).containsExactly("before", "after");
      assertThat(said(cluster, id, sent))
          .as("mute below its first slot")
          .allMatch(slot -> slot >= view.firstSlot());
      assertThat(view.firstSlot()).isGreaterThan(from);
    }
  }

  private static Configuration founders(TestCluster cluster) {
    return cluster.node(2).member().replica().configurationOf(0);
  }

  /** The slots in which a member has proposed or voted since. */
  private static Stream<Long> said(TestCluster cluster, int id, int since) {
    return cluster.wires.sent().stream()
        .skip(since)
        .filter(frame -> frame.from() == id)
        .flatMap(frame -> frame.messages().stream())
        .flatMap(
            message ->
                message instanceof Message.Propose propose
                    ? Stream.of(propose.slot())
                    : message instanceof Message.Vote2 vote ? Stream.of(vote.slot()) : Stream.of());
  }

  @Test
  void aMemberMayLoseItsLogAgainAndAgain() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      for (int round = 1; round <= 4; round++) {
        int id = 1 + round % 3;
        TestNode back = wiped(cluster, id);
        cluster.elapse(Duration.ofSeconds(3));
        assertAnswers(cluster, back, "round " + round);
        assertThat(back.view().epoch()).isEqualTo(round);
      }
      assertThat(cluster.node(1).machine.entries()).hasSize(4);
    }
  }

  @Test
  void aBarrierIsNotAnsweredByAMemberThatIsStillRecovering() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      cluster.elapse(Duration.ofSeconds(2));
      cluster.wires.hold(2, 1);
      cluster.wires.hold(2, 3);
      TestNode back = wiped(cluster, 3);
      Answer read = cluster.node(1).read("");
      cluster.elapse(Duration.ofSeconds(2));
      assertThat(cluster.wires.sentBy(1, Message.ReadProbe.class)).isNotEmpty();
      assertThat(cluster.wires.sentBy(3, Message.ReadReply.class)).isEmpty();
      assertThat(read.isOpen()).isTrue();
      cluster.wires.release(2, 1);
      cluster.wires.release(2, 3);
      cluster.elapse(Duration.ofSeconds(3));
      assertAnswers(cluster, back, "all is well");
    }
  }

  @Test
  void aProcessOfAFormerLifeStopsForGoodAndSaysSo() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      MemoryLog log = cluster.node(3).log.copy();
      TestNode woken = wiped(cluster, 3);
      cluster.elapse(Duration.ofSeconds(3));
      woken.kill();
      woken.log.replaceBy(log);
      for (int attempt = 0; attempt < 2; attempt++) {
        woken.start();
        cluster.elapse(Duration.ofSeconds(3));
        assertThat(woken.failure())
            .isInstanceOf(RabiaException.NotAMember.class)
            .hasMessageContaining("belong to a former life");
      }
      assertThat(cluster.node(1).view().epoch()).as("nobody replaced the new life").isEqualTo(1);
      assertAnswers(cluster, cluster.node(1), "the others go on");
    }
  }

  @Test
  void withTwoMembersNobodyCanBringTheOtherBack() {
    try (TestCluster cluster = TestCluster.serving(2)) {
      TestNode back = wiped(cluster, 2);
      cluster.elapse(Duration.ofSeconds(3));
      assertThat(back.failure())
          .isInstanceOf(RabiaException.NotAMember.class)
          .hasMessageContaining("no quorum without it");
      assertThat(cluster.node(1).view().epoch()).isZero();
    }
  }
}
