package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.message.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When promises are forced: at once, or with others that are about to be made. */
class GroupCommitTest {
  private static final boolean MORE = true;
  private static final boolean NO_MORE = false;
  private static final long FORCE = 800;
  private static final long WAIT = GroupCommit.FORCES * FORCE;

  private long clock;
  private final ForceTimes forces = new ForceTimes(Long.MAX_VALUE, () -> clock);
  private final GroupCommit commit = new GroupCommit(forces);

  /** One that took eight times as much as what is remembered. */
  private void forced() {
    forced(8 * FORCE);
    assertThat(forces.nanos()).isEqualTo(FORCE);
  }

  private void forced(long nanos) {
    forces.begin(1);
    clock += nanos;
    forces.advance(1);
  }

  @Test
  void nothingIsForcedWithoutAPromise() {
    forced();
    assertThat(commit.isPending()).isFalse();
    assertThat(commit.deadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aPromiseIsForcedAtOnceAndOnceWhenNoOtherIsToCome() {
    forced();
    commit.promised(10);
    assertThat(commit.isDue(NO_MORE, 10)).isTrue();
    assertThat(commit.isPending()).isFalse();
    assertThat(commit.deadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void othersShareItsForceAndTheFirstSaysHowLongItWaits() {
    forced();
    commit.promised(10);
    assertThat(commit.isDue(MORE, 10)).isFalse();
    commit.promised(500);
    assertThat(commit.deadline()).isEqualTo(10 + WAIT);
    assertThat(commit.isDue(MORE, 9 + WAIT)).isFalse();
    assertThat(commit.isDue(NO_MORE, 9 + WAIT)).isTrue();
    assertThat(commit.isPending()).isFalse();
  }

  @Test
  void afterWaitsInVainThereIsNoneForTwiceAsLongThenFourTimes() {
    forced();
    long now = 10;
    for (int doubling = 1; doubling <= 12; doubling++) {
      commit.promised(now);
      assertThat(commit.isDue(MORE, now)).isFalse();
      now += WAIT;
      assertThat(commit.isDue(MORE, now)).as("it waits for some forces").isTrue();
      long again = now + (WAIT << Math.min(doubling, 10));
      commit.promised(again - 1);
      assertThat(commit.isDue(MORE, again - 1)).isTrue();
      now = again;
    }
  }

  @Test
  void aSlowDiskIsNotWaitedForTwice() {
    forced(1_000_000_000);
    commit.promised(10);
    assertThat(commit.deadline()).isEqualTo(1_000_010);
  }

  @Test
  void oneThatPaidEndsThat() {
    forced();
    commit.promised(10);
    assertThat(commit.isDue(MORE, 10 + WAIT)).isTrue();
    long again = 10 + 3 * WAIT;
    commit.promised(again);
    assertThat(commit.isDue(MORE, again)).isFalse();
    commit.promised(again + 1);
    assertThat(commit.isDue(NO_MORE, again + 1)).isTrue();
    commit.promised(again + 2);
    long vain = again + 2 + WAIT;
    assertThat(commit.isDue(MORE, vain)).isTrue();
    commit.promised(vain + 2 * WAIT);
    assertThat(commit.isDue(MORE, vain + 2 * WAIT)).as("twice as long, not four times").isFalse();
  }

  /** Else members that are out of step stay so: nobody waits long enough for the others. */
  @Test
  void oneThatBroughtNotAllPaidToo() {
    forced();
    commit.promised(10);
    assertThat(commit.isDue(MORE, 10)).isFalse();
    commit.promised(11);
    assertThat(commit.isDue(MORE, 10 + WAIT)).isTrue();
    commit.promised(11 + WAIT);
    assertThat(commit.isDue(MORE, 11 + WAIT)).isFalse();
  }

  /** The slot was decided without it. */
  @Test
  void oneThatEndedWithNothingToShareWasInVain() {
    forced();
    commit.promised(10);
    assertThat(commit.isDue(MORE, 10)).isFalse();
    assertThat(commit.isDue(NO_MORE, 11)).isTrue();
    commit.promised(10 + 2 * WAIT);
    assertThat(commit.isDue(MORE, 10 + 2 * WAIT)).isTrue();
  }

  @Test
  void whatWasForcedWithSomethingElseIsNotForcedAgain() {
    forced();
    commit.promised(10);
    commit.forced();
    assertThat(commit.isPending()).isFalse();
    assertThat(commit.deadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void nobodyWaitsBeforeAForceWasMeasured() {
    commit.promised(10);
    assertThat(commit.isDue(MORE, 10)).isTrue();
    forced();
    commit.promised(10);
    assertThat(commit.isDue(MORE, 10)).as("that was no wait in vain").isFalse();
  }

  private static void force(TestCluster cluster) {
    cluster.nodes().forEach(node -> node.log.force());
    cluster.settle();
  }

  private static List<Integer> flushes(TestCluster cluster) {
    return cluster.nodes().stream().map(node -> node.log.flushes()).toList();
  }

  /** Each has had commands, and forces that took a millisecond. */
  private static void warm(TestCluster cluster) {
    cluster.nodes().forEach(node -> node.log.manual());
    for (int i = 0; i < 12; i++) {
      Answer warm = cluster.node(1 + i % 3).submit("warm up");
      for (int forces = 0; forces < 8; forces++) {
        cluster.elapse(Duration.ofMillis(1));
        force(cluster);
      }
      assertThat(warm.isOpen()).isFalse();
    }
  }

  /** Each proposes a batch of its own, and hears of the others' after that. */
  @Test
  void clientsAtAllMembersCostEachOneForce() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      warm(cluster);
      cluster.wires.sent().clear();
      List<Integer> before = flushes(cluster);
      List<Answer> answers = new ArrayList<>();
      cluster.nodes().forEach(node -> answers.add(node.submit("together")));
      cluster.settle();
      assertThat(flushes(cluster)).isEqualTo(before.stream().map(count -> count + 1).toList());
      assertThat(cluster.wires.sent(Message.Offer.class)).as("of each, to both others").hasSize(6);
      assertThat(cluster.wires.sent(Message.Propose.class)).as("before its force").isEmpty();
      force(cluster);
      assertThat(answers).allSatisfy(answer -> assertThat(answer.isOpen()).isFalse());
      cluster.nodes().forEach(node -> node.log.automatic());
    }
  }

  /** It does not hear the others, which have had commands lately. */
  @Test
  void theEngineWakesWhenItHasWaitedLongEnough() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      warm(cluster);
      TestNode a = cluster.node(1);
      cluster.nodes().forEach(node -> node.log.automatic());
      for (int i = 0; a.member().forceTimes().nanos() > 200_000; i++) {
        cluster.node(1 + i % 3).submit("forced at once");
        cluster.elapse(Duration.ofMillis(5));
      }
      cluster.wires.hold(2, 1);
      cluster.wires.hold(3, 1);
      int before = a.log.flushes();
      a.submit("x");
      cluster.settle();
      assertThat(a.log.flushes()).as("it waits").isEqualTo(before);
      assertThat(a.transport().waited())
          .isEqualTo(GroupCommit.FORCES * a.member().forceTimes().nanos());
      cluster.elapse(Duration.ofMillis(1));
      assertThat(a.log.flushes()).isGreaterThan(before);
      cluster.wires.release(2, 1);
      cluster.wires.release(3, 1);
      cluster.elapse(Duration.ofMillis(100));
    }
  }
}
