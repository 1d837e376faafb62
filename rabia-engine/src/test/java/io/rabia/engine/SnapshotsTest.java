package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import io.rabia.core.statemachine.StateView;
import io.rabia.engine.protocol.Sessions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Snapshots, and members that start from them: protocol.md 7, and 10, number 7. */
class SnapshotsTest {
  /** Above the distance in slots that the log is kept behind a snapshot. */
  private static final int SLOTS = 900;

  private static final int ALPHA = 128;

  /** That one of three members has in a window. */
  private static final int OWN_SLOTS = 40;

  private final TestCluster cluster =
      new TestCluster(
              TestCluster.config(3).alpha(ALPHA).build(),
              RabiaConfig.builder()
                  .ownWindow(OWN_SLOTS)
                  .snapshotInterval(50, Long.MAX_VALUE)
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

  private void runTo(long slots) {
    while (a.status().applied() < slots) {
      long before = a.status().applied();
      a.submit("c" + before);
      cluster.settle();
      if (a.status().applied() == before) {
        cluster.elapse(Duration.ofMillis(1)); // votes are held back for who does not force
      }
    }
    waitAWhile();
  }

  @Test
  void startsFromASnapshotAndTheLogBehindIt() {
    runTo(SLOTS);
    List<String> entries = List.copyOf(a.machine.entries());
    long hash = a.status().hash();
    assertThat(cluster.nodes()).allSatisfy(node -> assertThat(node.log.first()).isGreaterThan(1));
    cluster.nodes().forEach(TestNode::kill);
    cluster.startAll();
    waitAWhile();
    for (TestNode node : cluster.nodes()) {
      assertThat(node.machine.entries()).startsWith(entries.toArray(String[]::new));
      assertThat(node.status().hash()).isEqualTo(a.status().hash());
    }
    assertThat(a.status().applied()).isGreaterThanOrEqualTo(SLOTS);
    assertThat(hash).isNotZero();
    Answer answer = b.submit("goes on");
    waitAWhile();
    assertThat(answer.text()).startsWith("goes on@");
    assertThat(c.machine.entries()).endsWith("goes on");
  }

  @Test
  void membersTakeTheirsInTurnsOfAThirdOfTheInterval() {
    runTo(SLOTS);
    for (int turn = 0; turn < 3; turn++) {
      long begin = 16L * turn;
      List<Long> taken = cluster.node(turn + 1).snapshots;
      assertThat(taken).hasSizeGreaterThan(2);
      assertThat(taken).allSatisfy(slot -> assertThat(slot % 50).isBetween(begin, begin + 15));
    }
  }

  private void askForOne() {
    Request request = Request.snapshot(false, TestNode.PATIENCE.toNanos(), new Answer());
    assertThat(a.agent().inbox().offer(request)).isTrue();
    waitAWhile();
  }

  @Test
  void aTurnThatComesSoonAfterAnotherOneIsPassedOver() {
    runTo(80);
    askForOne();
    runTo(140);
    askForOne();
    runTo(210);
    assertThat(a.snapshots.stream().map(slot -> slot / 10).toList())
        .as("tens of slots")
        .containsExactly(5L, 8L, 14L, 20L);
  }

  @Test
  void whatASessionWasAnsweredBeforeASnapshotIsAnsweredFromItAndNotExecutedAgain() {
    Answer opened = a.openSession();
    cluster.settle();
    long session = opened.number();
    Answer first = a.submit(session, 1, 1, "once");
    cluster.settle();
    runTo(SLOTS);
    cluster.nodes().forEach(TestNode::kill);
    cluster.startAll();
    waitAWhile();
    assertThat(a.log.records().toString()).doesNotContain("once");
    Answer again = b.submit(session, 1, 1, "once");
    waitAWhile();
    assertThat(again.text()).isEqualTo(first.text());
    assertThat(b.machine.entries()).containsOnlyOnce("once");
  }

  @Test
  void aSessionThatFellSilentBeforeARestartFromASnapshotIsClosedAfterIt() {
    Answer opened = a.openSession();
    cluster.settle();
    runTo(SLOTS);
    cluster.nodes().forEach(TestNode::kill);
    cluster.startAll();
    cluster.elapse(Duration.ofMinutes(20));
    Answer late = a.submit(opened.number(), 1, 1, "late");
    waitAWhile();
    assertThat(late.isFailure()).isTrue();
  }

  private List<Message.Propose> proposals() {
    return cluster.wires.sentBy(1, Message.Propose.class);
  }

  /** What it proposes from now on waits in its connections. */
  private void holdWhatASays() {
    cluster.wires.hold(1, 2);
    cluster.wires.hold(1, 3);
  }

  /**
   * Proposes a batch in every own slot of its window, and something in the others'; returns the
   * last slot. All are open, and nobody else has heard of any.
   */
  private long promiseFarAhead() {
    long applied = a.status().applied();
    for (int i = 0; i < OWN_SLOTS; i++) {
      a.submit("promised " + i);
      a.work();
    }
    long slot = proposals().get(proposals().size() - 1).slot();
    assertThat(a.status().applied()).isEqualTo(applied);
    assertThat(slot - applied).isBetween(ALPHA - 12L, ALPHA - 1L);
    return slot;
  }

  /** The others decide the slots up to it, one round after the other, and it hears of that. */
  private void othersGoOnTo(long slot) {
    while (b.status().applied() < slot) {
      b.submit("b" + b.status().applied());
      cluster.elapse(Duration.ofMillis(10));
    }
    assertThat(cluster.nodes()).allSatisfy(n -> assertThat(n.status().applied()).isEqualTo(slot));
  }

  /**
   * The group of a counted and sent Propose, for a slot that is open all the time, is older than
   * two snapshots and all groups but those that are kept for such a one.
   */
  @Test
  void doesNotForgetAPromiseAboveASnapshot() throws IOException {
    runTo(SLOTS - 6);
    holdWhatASays();
    long promisedAt = a.status().applied();
    long slot = promiseFarAhead();
    int group = a.log.last();
    List<Message.Propose> promises = proposals();
    int before = a.log.snapshots();
    long roundOfSlot = slot - slot % 3;
    othersGoOnTo(roundOfSlot);
    assertThat(a.log.snapshots()).isGreaterThanOrEqualTo(before + 2);
    assertThat(slotOfNewestSnapshot()).isBetween(promisedAt + 65, slot);
    assertThat(a.log.first()).isBetween(2, group);

    a.kill();
    a.start();
    assertThat(a.status().applied()).isEqualTo(roundOfSlot);
    a.submit("for another slot");
    waitAWhile();
    List<Message.Propose> later = proposals().subList(promises.size(), proposals().size());
    assertThat(later).anyMatch(propose -> propose.slot() == slot);
    for (Message.Propose propose : later) {
      assertThat(promises)
          .filteredOn(promise -> promise.slot() == propose.slot())
          .allMatch(promise -> promise.id() == propose.id());
    }
    cluster.wires.release(1, 2);
    cluster.wires.release(1, 3);
    waitAWhile();
    assertThat(b.machine.entries())
        .containsOnlyOnce("promised " + (OWN_SLOTS - 1))
        .endsWith("for another slot");
  }

  private long slotOfNewestSnapshot() throws IOException {
    return SnapshotSummary.read(new ByteArrayInputStream(a.log.newestSnapshot())).slot();
  }

  private void runToALargeState() {
    while (a.log.snapshots() == 0 || a.log.newestSnapshot().length < 4 << 20) {
      a.submit("x".repeat(1 << 15));
      cluster.settle();
    }
  }

  private void assertWrittenAgainOnlyForMuch() {
    int snapshots = a.log.snapshots();
    runTo(a.status().applied() + 200);
    assertThat(a.log.snapshots()).isEqualTo(snapshots);
    for (int i = 0; i < 64; i++) {
      a.submit("x".repeat(1 << 15));
    }
    waitAWhile();
    assertThat(a.log.snapshots()).isEqualTo(snapshots + 1);
  }

  @Test
  void aLargeStateIsNotWrittenAgainForLittle() {
    runToALargeState();
    assertWrittenAgainOnlyForMuch();
  }

  /** Nor for what a restart reads of before the snapshot. */
  @Test
  void aLargeStateIsNotWrittenAgainForLittleAfterARestart() {
    runToALargeState();
    a.kill();
    a.start();
    waitAWhile();
    assertWrittenAgainOnlyForMuch();
  }

  /** A large state is due again, and was; to write the last one took half a second and more. */
  private static void writeSlowly(TestCluster cluster) {
    TestNode node = cluster.node(1);
    while (node.log.snapshots() == 0 || node.log.newestSnapshot().length < 4 << 20) {
      submitMuch(cluster, 1);
    }
    node.holdAside();
    submitMuch(cluster, 100);
    cluster.elapse(Duration.ofMillis(500));
    int taken = node.log.snapshots();
    node.releaseAside();
    cluster.settle();
    assertThat(node.log.snapshots()).isEqualTo(taken + 1);
  }

  private static void submitMuch(TestCluster cluster, int commands) {
    for (int i = 0; i < commands; i++) {
      cluster.node(1).submit("x".repeat(1 << 15));
      cluster.settle();
    }
  }

  @Test
  void whatTookLongToWriteIsNotWrittenAgainForFiftyTimesAsLong() {
    writeSlowly(cluster);
    int taken = a.log.snapshots();
    submitMuch(cluster, 200);
    cluster.elapse(Duration.ofSeconds(24));
    assertThat(a.log.snapshots()).isEqualTo(taken);
    cluster.elapse(Duration.ofSeconds(3));
    assertThat(a.log.snapshots()).isEqualTo(taken + 1);
  }

  @Test
  void whileAMemberIsBehindTheLastOneTheNextIsNotPutOff() {
    c.kill();
    writeSlowly(cluster);
    int taken = a.log.snapshots();
    submitMuch(cluster, 200);
    waitAWhile();
    assertThat(a.log.snapshots()).isGreaterThan(taken);
  }

  @Test
  void oneThatFailsMeanwhileDoesNotPutTheNextOff() {
    writeSlowly(cluster);
    int taken = a.log.snapshots();
    submitMuch(cluster, 200);
    cluster.elapse(Duration.ofSeconds(12));
    a.log.failSnapshots(true);
    askForOne();
    assertThat(a.log.failedSnapshots()).isEqualTo(1);
    a.log.failSnapshots(false);
    cluster.elapse(Duration.ofSeconds(15));
    assertThat(a.log.snapshots()).isEqualTo(taken + 1);
  }

  @Test
  void whatTookLongToWriteIsWrittenAgainAtOnceForVeryMuch() {
    RabiaConfig config = RabiaConfig.builder().snapshotInterval(1 << 20, 2 << 20).build();
    try (TestCluster others = new TestCluster(3, config).startAll()) {
      writeSlowly(others);
      MemoryLog log = others.node(1).log;
      int taken = log.snapshots();
      submitMuch(others, 100);
      assertThat(log.snapshots()).isEqualTo(taken);
      submitMuch(others, 200);
      assertThat(log.snapshots()).isEqualTo(taken + 1);
    }
  }

  /** After 1, 2, 4 and 8 seconds. */
  @Test
  void oneThatCannotBeWrittenIsTriedAgainAfterAPauseThatGrows() {
    a.log.failSnapshots(true);
    runTo(60);
    assertThat(a.log.failedSnapshots()).isEqualTo(1);
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(a.log.failedSnapshots()).isEqualTo(2);
    cluster.elapse(Duration.ofSeconds(6));
    assertThat(a.log.failedSnapshots()).isEqualTo(4);
    a.log.failSnapshots(false);
    cluster.elapse(Duration.ofSeconds(7));
    assertThat(a.log.snapshots()).as("within the pause").isZero();
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(a.log.snapshots()).as("without another interval").isEqualTo(1);
    runTo(95);
    assertThat(a.log.snapshots()).as("no other one before its next turn").isEqualTo(1);
    runTo(105);
    assertThat(a.log.snapshots()).isEqualTo(2);
  }

  /** What was to be safe in the log may not be, though nothing is to be written there. */
  @Test
  void aDiskThatFailsWhileOneIsWrittenStopsTheNode() {
    a.log.breakDownAtSnapshot();
    for (int i = 0; i < 60 && a.isRunning(); i++) {
      b.submit("b" + i);
      cluster.settle();
    }
    assertThat(a.failure())
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("a force failed");
  }

  @Test
  void keepsTheLogForAMemberThatIsBehind() {
    runTo(100);
    c.kill();
    runTo(2 * SLOTS);
    assertThat(a.log.first()).as("the first group of the member").isEqualTo(3);
    assertThat(a.log.snapshots()).isGreaterThan(10);
    c.start();
    waitAWhile();
    assertThat(c.machine.entries()).isEqualTo(a.machine.entries());
    runTo(2 * SLOTS + 100);
    assertThat(a.log.first()).isGreaterThan(SLOTS / 2);
  }

  /** What it has applied it may have to apply again after a crash. */
  @Test
  void keepsTheLogForAMemberThatHasAppliedWhatItsOwnLogHasNotKept() {
    runTo(100);
    c.log.manual();
    runTo(2 * SLOTS);
    assertThat(c.status().applied()).isGreaterThanOrEqualTo(2 * SLOTS);
    assertThat(a.log.snapshots()).isGreaterThan(10);
    assertThat(a.log.first()).as("the first group of the member").isEqualTo(3);
    c.log.automatic();
    waitAWhile();
    runTo(2 * SLOTS + 100);
    assertThat(a.log.first()).isGreaterThan(SLOTS / 2);
  }

  /** Its server restarted from a snapshot of later slots meanwhile. */
  @Test
  void aMemberThatIsBehindIsServedOutOfTheLogBeforeASnapshot() {
    runTo(100);
    c.kill();
    runTo(SLOTS);
    a.kill();
    b.kill();
    a.start();
    b.start();
    c.start();
    cluster.elapse(Duration.ofSeconds(2));
    assertThat(c.status().applied()).isGreaterThanOrEqualTo(SLOTS);
    assertThat(c.machine.entries()).isEqualTo(a.machine.entries());
  }

  /** Else those who lost them in the same power failure could get them from nobody. */
  @Test
  void aSnapshotIsWrittenOnceTheDecisionsBeforeItAreKept() {
    runTo(10);
    a.log.manual();
    for (int i = 0; i < 100; i++) {
      b.submit("b" + i);
      cluster.elapse(Duration.ofMillis(10));
    }
    assertThat(a.status().applied()).isGreaterThan(100);
    assertThat(a.log.snapshots()).isZero();
    a.log.automatic();
    waitAWhile();
    assertThat(a.log.snapshots()).isPositive();
  }

  @Test
  void aTableOfSessionsIsTheSameAfterItWasSavedAndLoaded() throws IOException {
    Sessions sessions = new Sessions();
    long slot = 7;
    long session = sessions.open(slot, 0);
    for (long number : new long[] {1, 2, 3, 5, 9, 20, 600}) {
      sessions.apply(session, number, 2, slot, () -> new byte[] {(byte) number});
    }
    sessions.open(slot, 3);
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    sessions.freeze().writeTo(saved);
    Sessions loaded = new Sessions();
    loaded.load(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
    assertThat(loaded.hash()).isEqualTo(sessions.hash());
    assertThat(loaded.size()).isEqualTo(2);
    for (long number = 1; number <= 601; number++) {
      byte[] fresh = {99};
      long n = number;
      assertThat(loaded.apply(session, n, 2, slot, () -> fresh))
          .isEqualTo(sessions.apply(session, n, 2, slot, () -> fresh));
      assertThat(loaded.result()).isEqualTo(sessions.result());
    }
  }

  @Test
  void aViewOfTheSessionsStaysWhatItWas() throws IOException {
    Sessions sessions = new Sessions();
    long session = sessions.open(7, 0);
    sessions.apply(session, 1, 1, 7, () -> new byte[] {1});
    StateView view = sessions.freeze();
    ByteArrayOutputStream before = new ByteArrayOutputStream();
    sessions.freeze().writeTo(before);
    sessions.apply(
        session,
        5, // lies where the first one lay
        5,
        8,
        () -> {
          throw new IllegalStateException("refused");
        });
    sessions.open(9, 0);
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    view.writeTo(written);
    assertThat(written.toByteArray()).isEqualTo(before.toByteArray());
    ByteArrayOutputStream after = new ByteArrayOutputStream();
    sessions.freeze().writeTo(after);
    assertThat(after.toByteArray()).isNotEqualTo(before.toByteArray());
  }
}
