package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogClockTest {
  private static final long FIRST = 1_700_000_000_000_000_000L;

  private final LogClock clock = new LogClock(FIRST);

  @Test
  void standsAtTheClustersFirstTimeUntilABatchIsApplied() {
    assertThat(clock.stamp(5)).isEqualTo(FIRST);
    assertThat(clock.stamp(5_000_000_000L)).isEqualTo(FIRST);
    assertThat(clock.applied()).isEqualTo(FIRST);
  }

  @Test
  void goesOnWithTheMembersOwnTimeFromTheLastBatch() {
    clock.apply(FIRST, 100);
    assertThat(clock.stamp(175)).isEqualTo(FIRST + 75);
    clock.apply(FIRST + 1000, 200);
    assertThat(clock.stamp(210)).isEqualTo(FIRST + 1010);
  }

  @Test
  void isNotSetBackByABatchOfASlowClock() {
    clock.apply(FIRST + 1000, 100);
    assertThat(clock.apply(FIRST + 10, 150)).isEqualTo(FIRST + 1000);
    assertThat(clock.applied()).isEqualTo(FIRST + 1000);
    assertThat(clock.stamp(150)).isEqualTo(FIRST + 1050);
  }

  @Test
  void neverStampsBelowWhatWasApplied() {
    clock.apply(FIRST + 1000, 100);
    assertThat(clock.stamp(-1_000_000)).isEqualTo(FIRST + 1000);
  }

  @Test
  void twoMembersWithOtherOriginsOfTimeFollowEachOther() {
    LogClock other = new LogClock(FIRST);
    long early = -900_000_000_000L;
    long late = 77;
    for (long i = 1; i <= 100; i++) {
      long stamp = (i % 2 == 0 ? clock : other).stamp(i % 2 == 0 ? early + i * 10 : late + i * 10);
      assertThat(clock.apply(stamp, early + i * 10)).isEqualTo(stamp);
      assertThat(other.apply(stamp, late + i * 10)).isEqualTo(stamp);
    }
    assertThat(clock.applied()).isEqualTo(FIRST + 990);
  }
}
