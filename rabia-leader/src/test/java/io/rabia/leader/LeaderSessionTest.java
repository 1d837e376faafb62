package io.rabia.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.core.Command;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** One process' side, step by step, on a clock that the test sets; the defaults apply. */
class LeaderSessionTest {
  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(100);
  private static final LeaderElection.Rules RULES = new LeaderElection.Rules(1, 1, true, false);

  private long now;
  private Runnable whenAsked = () -> {};
  private final LonelyLog log = new LonelyLog(() -> now);
  private final LeaderSession session = session(1);
  private final LeaderElection election = session.election("e", RULES);

  private LeaderSession session(long id) {
    return new LeaderSession(
        new LeaderSession.Way(log, null),
        "s" + id,
        0,
        LeaderConfig.defaults(),
        view -> {},
        this::clock,
        id);
  }

  private long clock() {
    Runnable once = whenAsked;
    whenAsked = () -> {};
    once.run();
    return now;
  }

  private void steps(int count) {
    for (int i = 0; i < count; i++) {
      session.step();
      now += TICK;
    }
  }

  private long leading() {
    election.campaign();
    steps(3);
    return election.token().orElseThrow();
  }

  @Test
  void readsOnceATickHoweverOftenItIsWoken() {
    for (int i = 0; i < 100; i++) {
      session.step();
    }
    assertThat(log.reads()).isEqualTo(1);
    steps(10);
    assertThat(log.reads()).isEqualTo(10);
  }

  @Test
  void answersOfReadsMakeNoneOfTheNextOnesEarlier() {
    LonelyLog real = new LonelyLog();
    real.readAside();
    try (LeaderManager manager =
        LeaderManager.on(real, null, "a", LeaderManagerTest.quick().build())) {
      manager.campaign();
      await().until(manager::isLeader);
      int before = real.reads();
      long begun = System.nanoTime();
      await().until(() -> System.nanoTime() - begun > TimeUnit.MILLISECONDS.toNanos(200));
      long ticks = (System.nanoTime() - begun) / TimeUnit.MILLISECONDS.toNanos(10);
      assertThat((long) real.reads() - before).isBetween(1L, ticks + 1);
    }
  }

  @Test
  void oneHeartbeatThatIsNotAnsweredCostsNoLeadership() {
    leading();
    for (int lost = 0; lost < 5; lost++) {
      steps(20);
      int sent = log.sent().size();
      log.silent(true);
      steps(5);
      assertThat(log.sent()).as("lost").hasSize(sent);
      log.silent(false);
      for (int i = 0; i < 20; i++) {
        steps(1);
        assertThat(election.isLeader()).isTrue();
      }
    }
  }

  @Test
  void isNoLeaderWhenSeveralAreNotAnswered() {
    leading();
    log.silent(true);
    steps(23);
    assertThat(election.isLeader()).isFalse();
    assertThat(election.token()).isEmpty();
  }

  @Test
  void theTokenIsNeverThatOfAnotherProcess() throws InterruptedException {
    long own = leading();
    LeaderSession other = session(2);
    other.election("e", RULES).campaign();
    for (int i = 0; i < 3; i++) {
      other.step();
      steps(1);
    }
    log.submit(
        Command.of(LeaderCodec.encode(new LeaderCommand.Withdraw(1, Long.MAX_VALUE / 2, "e"))),
        Duration.ofSeconds(1));
    steps(1);
    assertThat(election.term()).isGreaterThan(own);
    assertThat(election.token()).isEmpty();
    assertThat(election.awaitToken(Duration.ZERO)).isEqualTo(OptionalLong.empty());
  }

  /** It looks at the clock, is paused, deposed and heard again, and looks at its term. */
  @Test
  void aPauseBetweenTwoLooksMakesNoLeaderOfOneThatWasDeposed() {
    LeaderElection lock = session.election("l", new LeaderElection.Rules(0, 1, true, true));
    lock.campaign();
    steps(3);
    assertThat(lock.isLeader()).isTrue();
    now += TimeUnit.SECONDS.toNanos(10);
    whenAsked =
        () -> {
          log.elapse(Duration.ofSeconds(10));
          session.step();
          assertThat(session.isFresh()).isTrue();
        };
    assertThat(lock.isLeader()).isFalse();
  }

  @Test
  void aWithdrawalThatAHeartbeatHasOvertakenIsSentAgain() {
    leading();
    steps(7);
    log.delay();
    CompletableFuture<Void> left = election.stepDown();
    steps(3);
    log.executeLastFirst();
    assertThat(log.sent().stream().filter(LeaderCommand.Withdraw.class::isInstance)).hasSize(2);
    assertThat(left).isCompleted();
    assertThat(log.view().elections()).isEmpty();
  }

  @Test
  void aCandidacyThatIsNotWantedAnyMoreIsNotSentAgain() {
    steps(1);
    log.delay();
    election.campaign();
    steps(1);
    CompletableFuture<Void> left = election.stepDown();
    log.executeLastFirst();
    assertThat(left).isCompleted();
    steps(20);
    assertThat(log.view().elections()).isEmpty();
  }

  @Test
  void aHeartbeatThatIsAppliedAfterTheEndBringsNothingBack() {
    leading();
    log.delay();
    steps(10);
    CompletableFuture<Void> closed = CompletableFuture.runAsync(session::close);
    await().until(closed::isDone);
    log.executeLastFirst();
    assertThat(log.view().sessions()).isEmpty();
  }

  @Test
  void asksForAQuorumOnceItKnowsHowManyThatAre() {
    LeaderElection asking = session.election("q", new LeaderElection.Rules(1, 0, true, false));
    session.quorum(LeaderSession.UNKNOWN);
    asking.campaign();
    steps(5);
    assertThat(log.view().elections()).isEmpty();
    session.quorum(2);
    steps(3);
    assertThat(log.view().election("q").orElseThrow().minHealthy()).isEqualTo(2);
    session.quorum(3);
    steps(3);
    assertThat(log.view().election("q").orElseThrow().minHealthy()).isEqualTo(3);
    int sent = log.sent().size();
    steps(5);
    assertThat(log.sent()).as("no more than a heartbeat").hasSizeLessThanOrEqualTo(sent + 1);
  }

  @Test
  void waitsAfterAFailureAsAfterAStep() {
    AtomicInteger calls = new AtomicInteger();
    LeaderSession failing =
        new LeaderSession(
            new LeaderSession.Way(new LonelyLog(), null),
            "f",
            0,
            LeaderConfig.defaults(),
            view -> {
              calls.incrementAndGet();
              throw new AssertionError("an observer's bug");
            },
            System::nanoTime,
            1);
    failing.start();
    await().until(() -> calls.get() >= 3);
    long begun = System.nanoTime();
    int before = calls.get();
    await().until(() -> System.nanoTime() - begun > 3 * TICK);
    assertThat(calls.get() - before).isBetween(1, (int) ((System.nanoTime() - begun) / TICK) + 1);
    failing.close();
  }
}
