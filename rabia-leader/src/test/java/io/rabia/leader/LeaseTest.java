package io.rabia.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a process may believe about itself when its heartbeats do not get through. */
class LeaseTest {
  private final LonelyLog log = new LonelyLog();

  private LeaderManager leading(String name) {
    LeaderManager manager = LeaderManager.on(log, null, name, LeaderManagerTest.quick().build());
    manager.campaign();
    await().until(manager::isLeader);
    return manager;
  }

  @Test
  void whoCannotSendHeartbeatsLeadsNoMoreBeforeItsTimeIsOver() {
    try (LeaderManager manager = leading("a")) {
      log.silent(true);
      long before = System.nanoTime();
      long lastTrue = before;
      for (long now = before;
          manager.isLeader() && now - before < 5_000_000_000L;
          now = System.nanoTime()) {
        lastTrue = now;
      }
      assertThat(Duration.ofNanos(lastTrue - before)).isLessThan(Duration.ofMillis(400));
      log.silent(false);
      await().until(manager::isLeader);
    }
  }

  /** The log may have deposed it since: what counts is when the heartbeat was sent. */
  @Test
  void aHeartbeatThatIsAnsweredTooLateProvesNothing() {
    try (LeaderManager manager = leading("a")) {
      log.hold(true);
      await().until(() -> log.heldBack() > 0);
      log.silent(true);
      long sent = System.nanoTime();
      await()
          .pollInterval(Duration.ofMillis(10))
          .until(() -> System.nanoTime() - sent > 350_000_000L);
      log.hold(false);
      assertThat(manager.isLeader()).isFalse();
    }
  }

  @Test
  void whoWasDeposedMeanwhileLeadsAgainInAHigherTermOnly() {
    try (LeaderManager manager = leading("a")) {
      long term = manager.term();
      log.elapse(Duration.ofSeconds(1));
      await().until(() -> manager.isLeader() && manager.term() > term);
    }
  }

  @Test
  void aLockThatWasLostIsNotHadAgainBySilence() throws Exception {
    try (LeaderManager manager =
        LeaderManager.on(log, null, "a", LeaderManagerTest.quick().build())) {
      LeaderLock lock = manager.lock("l");
      long token = lock.acquire(Duration.ofSeconds(5)).orElseThrow();
      log.elapse(Duration.ofSeconds(1));
      await().until(() -> !lock.isHeld() && manager.view().elections().isEmpty());
      lock.release().join();
      assertThat(lock.acquire(Duration.ofSeconds(5)).orElseThrow()).isGreaterThan(token);
    }
  }

  @Test
  void aClosedManagerIsGoneFromTheLog() {
    LeaderManager manager = leading("a");
    LeaderManager other = LeaderManager.on(log, null, "b", LeaderManagerTest.quick().build());
    other.campaign();
    await().until(() -> other.view().sessions().size() == 2);
    manager.close();
    assertThat(manager.isLeader()).isFalse();
    await().until(other::isLeader);
    other.close();
  }
}
