package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.RabiaException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that send again through another member: protocol.md 10, number 15. */
class ExactlyOnceTest {
  private static final Duration SESSION_TIME = Duration.ofSeconds(4);

  private final TestCluster cluster =
      new TestCluster(3, RabiaConfig.builder().sessionTimeToLive(SESSION_TIME).build());
  private final TestNode a = cluster.node(1);
  private final TestNode b = cluster.node(2);
  private long session;

  @BeforeEach
  void openSession() {
    cluster.startAll();
    Answer opened = a.openSession();
    cluster.settle();
    session = opened.number();
  }

  @AfterEach
  void end() {
    cluster.close();
  }

  /** What A sends stays on its way; A itself hears everybody. */
  private void holdWhatASends() {
    cluster.wires.hold(1, 2);
    cluster.wires.hold(1, 3);
  }

  private void releaseWhatASent() {
    cluster.wires.release(1, 2);
    cluster.wires.release(1, 3);
    cluster.settle();
    cluster.elapse(Duration.ofSeconds(1));
  }

  private void assertExecuted(String... commands) {
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(node.machine.entries()).containsExactly(commands));
  }

  @Test
  void theSameCommandThroughAAndAfterATimeoutThroughBIsExecutedOnceWithTheSameResult() {
    holdWhatASends();
    Answer throughA = a.submit(session, 1, 1, "deposit");
    cluster.elapse(Duration.ofMillis(500));
    assertThat(throughA.isOpen()).isTrue();
    Answer throughB = b.submit(session, 1, 1, "deposit");
    cluster.elapse(Duration.ofMillis(500));
    assertThat(throughB.text()).isEqualTo("deposit@1");
    releaseWhatASent();
    assertThat(throughA.text()).isEqualTo("deposit@1");
    assertExecuted("deposit");
  }

  @Test
  void theFirstCopyMayBeTheOneThatIsDecidedFirst() {
    Answer throughA = a.submit(session, 1, 1, "deposit");
    cluster.settle();
    Answer throughB = b.submit(session, 1, 1, "deposit");
    cluster.elapse(Duration.ofMillis(500));
    assertThat(throughA.text()).isEqualTo("deposit@1");
    assertThat(throughB.text()).isEqualTo("deposit@1");
    assertExecuted("deposit");
  }

  @Test
  void aCopyThatIsDecidedAfterTheClientMovedOnIsNotExecuted() {
    holdWhatASends();
    Answer fourThroughA = a.submit(session, 4, 4, "four");
    cluster.elapse(Duration.ofMillis(200));
    Answer fourThroughB = b.submit(session, 4, 4, "four");
    cluster.elapse(Duration.ofMillis(200));
    assertThat(fourThroughB.text()).isEqualTo("four@1");
    Answer five = b.submit(session, 5, 5, "five");
    cluster.elapse(Duration.ofMillis(200));
    assertThat(five.text()).isEqualTo("five@2");
    releaseWhatASent();
    assertThat(fourThroughA.failure()).isInstanceOf(RabiaException.Validation.class);
    assertExecuted("four", "five");
  }

  @Test
  void aLateCopyAfterTheSessionWasClosedIsRefused() {
    Answer once = b.submit(session, 1, 1, "once");
    cluster.elapse(Duration.ofMillis(200));
    assertThat(once.text()).isEqualTo("once@1");
    holdWhatASends();
    a.submit(session, 1, 1, "once");
    cluster.elapse(SESSION_TIME.multipliedBy(2));
    releaseWhatASent();
    Answer late = b.submit(session, 2, 2, "twice");
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(late.failure()).isInstanceOf(RabiaException.SessionClosed.class);
    assertExecuted("once");
  }

  @Test
  void aSessionIsClosedAfterItsTimeToLiveAndNotBefore() {
    b.submit(session, 1, 1, "one");
    cluster.elapse(SESSION_TIME.minusSeconds(1));
    Answer inTime = b.submit(session, 2, 2, "two");
    cluster.elapse(SESSION_TIME.multipliedBy(2));
    assertThat(inTime.text()).isEqualTo("two@2");
    Answer late = b.submit(session, 3, 3, "three");
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(late.failure()).isInstanceOf(RabiaException.SessionClosed.class);
    assertExecuted("one", "two");
  }

  @Test
  void aPauseOfAllIsNoTime() {
    b.submit(session, 1, 1, "one");
    cluster.settle();
    cluster.pause(Duration.ofHours(1));
    cluster.elapse(Duration.ofSeconds(2));
    Answer after = b.submit(session, 2, 2, "two");
    cluster.elapse(Duration.ofMillis(500));
    assertThat(after.text()).isEqualTo("two@2");
  }

  @Test
  void anEngineWhoseOwnSessionWasClosedOpensAnotherUnseenByItsCallers() {
    Answer first = a.submit("first");
    cluster.settle();
    assertThat(first.text()).isEqualTo("first@1");
    cluster.elapse(SESSION_TIME.multipliedBy(3));
    Answer second = a.submit("second");
    cluster.elapse(Duration.ofMillis(500));
    assertThat(second.text()).isEqualTo("second@2");
    assertExecuted("first", "second");
  }

  @Test
  void equalBytesOfTwoCallersAreTwoCommands() {
    Answer one = a.submit("increment");
    Answer two = b.submit("increment");
    cluster.elapse(Duration.ofMillis(500));
    assertThat(one.text()).isNotEqualTo(two.text());
    assertExecuted("increment", "increment");
  }

  @Test
  void aSessionOutlivesTheRestartOfEveryMember() {
    Answer once = a.submit(session, 1, 1, "once");
    cluster.elapse(Duration.ofMillis(100));
    assertThat(once.text()).isEqualTo("once@1");
    cluster.nodes().forEach(TestNode::kill);
    cluster.startAll();
    Answer again = b.submit(session, 1, 1, "once");
    cluster.elapse(Duration.ofMillis(500));
    assertThat(again.text()).isEqualTo("once@1");
    assertExecuted("once");
  }

  @Test
  void aCommandThatThrowsAnswersTheSameErrorFromEveryMemberAndTheLogGoesOn() {
    Answer throughA = a.submit(session, 1, 1, "throw up");
    cluster.elapse(Duration.ofMillis(100));
    Answer throughB = b.submit(session, 1, 1, "throw up");
    cluster.elapse(Duration.ofMillis(100));
    assertThat(throughA.failure())
        .isInstanceOf(RabiaException.StateMachineFailure.class)
        .hasMessage("UnsupportedOperationException: throw up");
    assertThat(throughB.failure()).hasMessage(throughA.failure().getMessage());
    Answer next = a.submit("next");
    cluster.elapse(Duration.ofMillis(100));
    assertThat(next.text()).isEqualTo("next@1");
    assertSameState();
  }

  @Test
  void aStateMachineThatAnswersNothingFailsItsCommandAndNotTheNode() {
    Answer answer = a.submit("null");
    cluster.elapse(Duration.ofMillis(100));
    assertThat(answer.failure())
        .isInstanceOf(RabiaException.StateMachineFailure.class)
        .hasMessageContaining("answered nothing");
    Answer next = b.submit("next");
    cluster.elapse(Duration.ofMillis(100));
    assertThat(next.text()).isEqualTo("next@1");
    assertSameState();
  }

  private void assertSameState() {
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(cluster.nodes().stream().map(node -> node.status().applied()).distinct()).hasSize(1);
    assertThat(cluster.nodes().stream().map(node -> node.status().hash()).distinct()).hasSize(1);
  }

  @Test
  void aQueryThatThrowsFailsItsCallerOnly() {
    Answer broken = a.read("throw away");
    Answer good = a.read("all");
    cluster.elapse(Duration.ofMillis(100));
    assertThat(broken.failure()).isInstanceOf(RabiaException.StateMachineFailure.class);
    assertThat(good.text()).isEmpty();
  }

  @Test
  void allMembersGiveACommandTheSameLogTime() {
    for (int i = 0; i < 5; i++) {
      cluster.node(1 + i % 3).submit("c" + i);
      cluster.elapse(Duration.ofMillis(300));
    }
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(cluster.nodes().stream().map(node -> node.machine.times()).distinct()).hasSize(1);
    assertThat(a.machine.times()).hasSize(5).isSorted();
    assertThat(a.machine.times().get(0)).isGreaterThanOrEqualTo(TestCluster.WALL_CLOCK);
    assertThat(a.machine.times().get(4) - a.machine.times().get(0))
        .isGreaterThan(Duration.ofMillis(800).toNanos());
  }
}
