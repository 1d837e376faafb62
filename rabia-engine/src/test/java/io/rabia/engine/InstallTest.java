package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Members that are behind what the others still have, and take a snapshot: protocol.md 7. */
class InstallTest {
  private static final int BEHIND = 100;

  /** So far that the others have compacted what the member lacks. */
  private static final int AHEAD = 600;

  private final TestCluster cluster =
      new TestCluster(
              TestCluster.config(3).alpha(8).build(),
              RabiaConfig.builder()
                  .snapshotInterval(50, Long.MAX_VALUE)
                  .retainedSlots(64)
                  .retainedLogBytes(0)
                  .build())
          .startAll();
  private final TestNode a = cluster.node(1);
  private final TestNode b = cluster.node(2);
  private final TestNode c = cluster.node(3);

  @AfterEach
  void end() {
    cluster.close();
  }

  private void waitAWhile() {
    cluster.elapse(Duration.ofMillis(500));
  }

  private void runTo(long slots, String padding) {
    while (a.status().applied() < slots) {
      a.submit("c" + a.status().applied() + padding);
      cluster.settle();
    }
    cluster.elapse(Duration.ofMillis(10));
  }

  private void cutOff() {
    cluster.wires.cut(1, 3);
    cluster.wires.cut(2, 3);
    cluster.settle();
  }

  private void heal() {
    cluster.wires.heal(1, 3);
    cluster.wires.heal(2, 3);
  }

  /** The third member is away while the others go on. */
  private void leaveBehind(String padding) {
    runTo(BEHIND, "");
    cutOff();
    runTo(AHEAD, padding);
    assertThat(c.status().applied()).isLessThan(AHEAD - 300);
    assertThat(a.log.first()).as("the log is let go of").isGreaterThan(BEHIND);
  }

  private void assertCaughtUp() {
    assertThat(c.status().applied()).isEqualTo(a.status().applied());
    assertThat(c.machine.entries()).isEqualTo(a.machine.entries());
    assertThat(c.status().hash()).isEqualTo(a.status().hash());
  }

  private List<Message.SnapshotRequest> requests() {
    return cluster.wires.sentBy(3, Message.SnapshotRequest.class);
  }

  /** Until the third member has asked for so many chunks, in no time. */
  private void workUntilAsked(int times) {
    for (int rounds = 0; requests().size() < times; rounds++) {
      assertThat(rounds).isLessThan(10_000);
      cluster.nodes().forEach(TestNode::work);
    }
  }

  private int chunksFrom(int member) {
    return cluster.wires.sentBy(member, Message.SnapshotChunk.class).size();
  }

  @Test
  void whoseSlotsAreCompactedTakesASnapshotAndGoesOn() {
    leaveBehind("");
    c.events.clear();
    heal();
    waitAWhile();
    assertCaughtUp();
    assertThat(c.heard).contains("onSnapshotInstalled");
    assertThat(c.events)
        .contains("CATCHING_UP takes-a-snapshot")
        .anyMatch(event -> event.startsWith("installed "))
        .endsWith("SERVING");
    Answer answer = c.submit("goes on");
    waitAWhile();
    assertThat(answer.text()).startsWith("goes on@");
    assertThat(a.machine.entries()).containsOnlyOnce("goes on");
    c.kill();
    c.start();
    waitAWhile();
    assertCaughtUp();
  }

  @Test
  void aStateThatIsReplacedHalfwayServesNothingAndIsReadAnewAtTheNextStart() {
    leaveBehind("");
    c.machine.cannotRestore = true;
    heal();
    waitAWhile();
    assertThat(c.failure())
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("cannot be installed");
    c.start();
    waitAWhile();
    assertCaughtUp();
  }

  /** Number 14: its batch is decided while it is away, in a slot that it passes. */
  @Test
  void aBatchOfWhoWasAwayIsAppliedOnceAndAnsweredOutOfTheSnapshot() {
    runTo(BEHIND, "");
    c.submit("opens the own session");
    Answer opened = c.openSession();
    waitAWhile();
    long session = opened.number();
    cluster.wires.hold(1, 3);
    cluster.wires.hold(2, 3);
    Answer own = c.submit("without a session");
    Answer numbered = c.submit(session, 1, 1, "with a session");
    Answer another = c.openSession();
    cluster.settle();
    cutOff();
    cluster.wires.lose(1, 3);
    cluster.wires.lose(2, 3);
    runTo(AHEAD, "");
    assertThat(own.isOpen() && numbered.isOpen() && another.isOpen()).isTrue();
    heal();
    waitAWhile();
    assertThat(c.heard).contains("onSnapshotInstalled");
    assertThat(own.text()).startsWith("without a session@");
    assertThat(numbered.text()).startsWith("with a session@");
    assertThat(another.failure())
        .isInstanceOf(RabiaException.Timeout.class)
        .hasMessageContaining("outcome unknown");
    assertCaughtUp();
    assertThat(a.machine.entries()).containsOnlyOnce("without a session");
    assertThat(a.machine.entries()).containsOnlyOnce("with a session");
    Answer again = c.submit(session, 1, 1, "with a session");
    Answer next = c.submit("next without a session");
    waitAWhile();
    assertThat(again.text()).isEqualTo(numbered.text());
    assertThat(next.text()).startsWith("next without a session@");
  }

  /** The snapshot has no row of its life any more. */
  @Test
  void whoWasRemovedWhileACallerWaitedLearnsItFromTheSnapshot() {
    runTo(BEHIND, "");
    c.submit("opens the own session");
    waitAWhile();
    cluster.wires.hold(1, 3);
    cluster.wires.hold(2, 3);
    Answer own = c.submit("the last word");
    cluster.settle();
    cutOff();
    cluster.wires.lose(1, 3);
    cluster.wires.lose(2, 3);
    Answer removed = a.change(a.view().without(NodeId.of(3)));
    cluster.settle();
    assertThat(removed.isOpen()).isFalse();
    runTo(AHEAD, "");
    assertThat(own.isOpen()).isTrue();
    heal();
    waitAWhile();
    assertThat(c.heard).contains("onSnapshotInstalled");
    assertThat(c.failure()).isInstanceOf(RabiaException.NotAMember.class);
  }

  @Test
  void goesOnAfterALostConnectionFromWhereItWas() {
    leaveBehind("x".repeat(20_000));
    heal();
    workUntilAsked(20);
    cluster.wires.hold(1, 3);
    cluster.wires.hold(2, 3);
    int from = chunksFrom(1) > 0 ? 1 : 2;
    cluster.wires.cut(from, 3);
    cluster.settle();
    int before = requests().size();
    cluster.wires.heal(from, 3);
    cluster.wires.release(1, 3);
    cluster.wires.release(2, 3);
    waitAWhile();
    assertCaughtUp();
    assertThat(requests().subList(before, requests().size()))
        .isNotEmpty()
        .allMatch(request -> request.offset() > 0);
    assertThat(requests().stream().map(Message.SnapshotRequest::applied).distinct()).hasSize(1);
  }

  @Test
  void asksAgainForWhatIsLostOnALivingConnection() {
    leaveBehind("x".repeat(20_000));
    heal();
    workUntilAsked(20);
    int from = chunksFrom(1) > 0 ? 1 : 2;
    cluster.wires.hold(from, 3);
    cluster.settle();
    cluster.wires.lose(from, 3);
    cluster.elapse(Duration.ofSeconds(1));
    assertCaughtUp();
    assertThat(requests().stream().filter(request -> request.offset() == 0)).hasSize(1);
  }

  @Test
  void asksAnotherWhenOneAnswersNoMore() {
    leaveBehind("");
    heal();
    workUntilAsked(1);
    int silent = cluster.wires.lastReceiver(3, Message.SnapshotRequest.class);
    cluster.wires.hold(silent, 3);
    cluster.elapse(Duration.ofSeconds(5));
    assertCaughtUp();
    assertThat(chunksFrom(3 - silent)).isPositive();
    cluster.wires.release(silent, 3);
  }

  @Test
  void refusesWhatIsDamagedAndAsksAnother() {
    leaveBehind("");
    a.log.damageSnapshots();
    runTo(AHEAD + 60, "");
    heal();
    cluster.elapse(Duration.ofSeconds(2));
    assertCaughtUp();
    assertThat(chunksFrom(2)).isPositive();
  }

  @Test
  void aCrashBeforeItIsInstalledLeavesTheStateBeforeOrThatOfTheSnapshot() {
    leaveBehind("x".repeat(1000));
    for (int crashes = 0; crashes < 40; crashes++) {
      heal();
      for (int steps = 0; steps < crashes; steps++) {
        cluster.nodes().forEach(TestNode::work);
      }
      c.kill();
      cutOff();
      c.start();
      long applied = c.status().applied();
      assertThat(c.machine.entries()).isEqualTo(a.machine.entries().subList(0, c.machine.size()));
      assertThat(applied).isGreaterThanOrEqualTo(BEHIND);
    }
    heal();
    waitAWhile();
    assertCaughtUp();
  }

  private void assertGivesUpWithoutItsSnapshot() {
    c.kill();
    assertThat(c.log.gap()).isEmpty();
    c.log.loseNewestSnapshots();
    assertThat(c.log.gap().orElseThrow()).contains("which is gone or damaged");
    c.start();
    assertThat(c.failure())
        .isInstanceOf(RabiaException.Checksum.class)
        .hasMessageContaining("which is gone or damaged");
  }

  @Test
  void aLogThatGoesOnAfterASnapshotIsGivenUpWithoutIt() {
    runTo(250, "");
    leaveBehind("");
    heal();
    waitAWhile();
    assertCaughtUp();
    assertGivesUpWithoutItsSnapshot();
    c.start();
    assertThat(c.agent().state()).isEqualTo(EngineState.DEGRADED);
    assertThat(c.agent().reason()).contains("which_is_gone_or_damaged");
    cluster.elapse(Duration.ofSeconds(3));
    assertThat(c.agent().state()).isEqualTo(EngineState.SERVING);
    assertCaughtUp();
  }

  @Test
  void aLogThatLostTheRecordOfASnapshotBehindItSaysSoAgain() {
    runTo(250, "");
    leaveBehind("");
    c.log.manual();
    heal();
    waitAWhile();
    c.kill();
    c.log.losePower();
    c.log.automatic();
    c.start();
    waitAWhile();
    assertCaughtUp();
    assertGivesUpWithoutItsSnapshot();
  }

  @Test
  void aNewerSnapshotIsBegunWithWhenTheOldOneIsGone() {
    leaveBehind("x".repeat(20_000));
    heal();
    workUntilAsked(20);
    cutOff();
    cluster.elapse(Duration.ofSeconds(3));
    runTo(AHEAD + 500, "x".repeat(20_000));
    heal();
    waitAWhile();
    assertCaughtUp();
    assertThat(requests().stream().map(Message.SnapshotRequest::applied).distinct())
        .hasSizeGreaterThan(1);
  }

  @Test
  void theLogGoesAsFarAsTheSnapshotsAllowWhoeverIsAway() {
    leaveBehind("");
    assertThat(a.log.first()).isGreaterThan(AHEAD - 300);
  }

  /** Behind what is in memory, where nobody has a log. */
  private void leaveBehindWithoutLogs() {
    cluster.nodes().forEach(node -> node.log.forgetful());
    cluster.nodes().forEach(TestNode::kill);
    cluster.nodes().forEach(node -> node.log.wipe());
    cluster.startAll();
    runTo(BEHIND, "");
    cutOff();
    runTo(AHEAD, "");
    assertThat(a.log.snapshots()).isZero();
  }

  @Test
  void oneThatIsWantedAndCannotBeWrittenIsNotTriedAgainAtOnce() {
    leaveBehindWithoutLogs();
    a.log.failSnapshots(true);
    b.log.failSnapshots(true);
    heal();
    cluster.elapse(Duration.ofSeconds(10));
    assertThat(a.log.failedSnapshots() + b.log.failedSnapshots()).isBetween(4, 8);
    a.log.failSnapshots(false);
    b.log.failSnapshots(false);
    cluster.elapse(Duration.ofSeconds(10));
    assertCaughtUp();
  }

  @Test
  void whoIsBehindWhatIsInMemoryTakesASnapshotWhereNobodyHasALog() {
    leaveBehindWithoutLogs();
    heal();
    waitAWhile();
    assertCaughtUp();
    assertThat(a.log.snapshots() + b.log.snapshots()).isPositive();
    assertThat(c.heard).contains("onSnapshotInstalled");
  }
}
