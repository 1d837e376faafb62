package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The simulator's judge of what clients saw. */
@Tag("network-sim")
class HistoryTest {
  private final SimClock clock = new SimClock();
  private final Violations violations = new Violations(clock, new Trace(clock, 1, null, null));
  private final History history = new History(violations, 1);

  private long write(long slot) {
    long floor = history.floor(0);
    long operation = history.begin();
    history.executed(0, slot, 1, operation, 0, 0);
    history.wrote(operation, 0, floor, 0);
    return operation;
  }

  @Test
  void writesOfOneSlotKeepTheirOrderHoweverManyWentBefore() {
    for (int i = 0; i < 70_000; i++) {
      long operation = write(i / 3);
      history.read(0, history.floor(0), clock.now(), operation);
    }
    assertThat(violations.first()).isNull();
  }

  @Test
  void whatNoClientHasBegunIsNotExecuted() {
    history.executed(0, 1, 1, history.begin() + 1, 0, 0);
    assertThat(violations.first()).contains("executed write 2, which no client has begun");
  }

  @Test
  void readOfAnOlderWriteThanWasCompleteIsStale() {
    long old = write(1);
    write(1);
    history.read(0, history.floor(0), clock.now(), old);
    assertThat(violations.first()).contains("stale read");
  }
}
