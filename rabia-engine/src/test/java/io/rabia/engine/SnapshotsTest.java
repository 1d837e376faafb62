package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.message.Message;
import io.rabia.core.statemachine.StateView;
import io.rabia.engine.protocol.Sessions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Snapshots, and members that start from them: protocol.md 7, and 10, number 7. */
class SnapshotsTest {
  /** Above the distance in slots that the log is kept behind a snapshot. */
  private static final int SLOTS = 900;

  private final TestCluster cluster =
      new TestCluster(3, RabiaConfig.builder().snapshotInterval(50, Long.MAX_VALUE).build())
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
      a.submit("c" + a.status().applied());
      cluster.settle();
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

  /** A counted and sent Propose for a slot above the snapshot, whose segment is gone. */
  @Test
  void doesNotForgetAPromiseAboveASnapshot() {
    runTo(SLOTS);
    for (int other = 2; other <= 3; other++) {
      cluster.wires.hold(1, other);
      cluster.wires.hold(other, 1);
    }
    a.submit("promised");
    cluster.settle();
    long slot = a.status().applied();
    List<Message.Propose> promises =
        cluster.wires.sentBy(1, Message.Propose.class).stream()
            .filter(propose -> propose.slot() >= slot)
            .toList();
    assertThat(promises).anyMatch(propose -> BatchId.isBatch(propose.id()));
    a.kill();
    int sent = cluster.wires.sentBy(1, Message.Propose.class).size();
    a.start();
    assertThat(a.status().applied()).isEqualTo(slot);
    waitAWhile();
    List<Message.Propose> later = cluster.wires.sentBy(1, Message.Propose.class);
    for (Message.Propose propose : later.subList(sent, later.size())) {
      assertThat(promises)
          .filteredOn(promise -> promise.slot() == propose.slot())
          .allMatch(promise -> promise.id() == propose.id());
    }
    assertThat(later).hasSizeGreaterThan(sent);
    for (int other = 2; other <= 3; other++) {
      cluster.wires.release(1, other);
      cluster.wires.release(other, 1);
    }
    waitAWhile();
    assertThat(b.machine.entries()).containsOnlyOnce("promised");
  }

  @Test
  void aLargeStateIsNotWrittenAgainForLittle() {
    while (a.log.snapshots() == 0 || a.log.newestSnapshot().length < 4 << 20) {
      a.submit("x".repeat(1 << 15));
      cluster.settle();
    }
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
    long session = ByteBuffer.wrap(sessions.open(slot, 0)).getLong(1);
    for (long number : new long[] {1, 2, 3, 5, 9, 20, 600}) {
      sessions.apply(session, number, 2, slot, () -> new byte[] {Sessions.OK, (byte) number});
    }
    sessions.open(slot, 3);
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    sessions.freeze().writeTo(saved);
    Sessions loaded = new Sessions();
    loaded.load(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
    assertThat(loaded.hash()).isEqualTo(sessions.hash());
    assertThat(loaded.size()).isEqualTo(2);
    for (long number = 1; number <= 601; number++) {
      byte[] fresh = {Sessions.OK, 99};
      long n = number;
      assertThat(loaded.apply(session, n, 2, slot, () -> fresh))
          .isEqualTo(sessions.apply(session, n, 2, slot, () -> fresh));
    }
  }

  @Test
  void aViewOfTheSessionsStaysWhatItWas() throws IOException {
    Sessions sessions = new Sessions();
    long session = ByteBuffer.wrap(sessions.open(7, 0)).getLong(1);
    sessions.apply(session, 1, 1, 7, () -> new byte[] {Sessions.OK, 1});
    StateView view = sessions.freeze();
    ByteArrayOutputStream before = new ByteArrayOutputStream();
    sessions.freeze().writeTo(before);
    sessions.apply(session, 2, 2, 8, () -> new byte[] {Sessions.OK, 2});
    sessions.open(9, 0);
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    view.writeTo(written);
    assertThat(written.toByteArray()).isEqualTo(before.toByteArray());
    ByteArrayOutputStream after = new ByteArrayOutputStream();
    sessions.freeze().writeTo(after);
    assertThat(after.toByteArray()).isNotEqualTo(before.toByteArray());
  }
}
