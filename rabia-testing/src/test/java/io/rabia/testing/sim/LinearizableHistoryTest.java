package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.InvariantViolation;
import io.rabia.testing.linearizability.Verdict;
import io.rabia.testing.mutant.SourceMutant;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What simulated clients saw, judged by the checker that knows nothing of the log. */
@Tag("network-sim")
class LinearizableHistoryTest {
  private final SimClock clock = new SimClock();
  private final LinearizableHistory history = new LinearizableHistory(clock);

  /** Looks for nothing but what has no order. */
  public static final class OrderCheck implements Callable<Integer> {
    private static final int SEEDS = 24;

    @Override
    public Integer call() {
      Set<Fault> faults = EnumSet.of(Fault.SLOW_DISK, Fault.CRASH_ALL);
      for (int seed = 1; seed <= SEEDS; seed++) {
        SimReport report =
            Simulation.run(new SimOptions(seed, 20, 3, faults, true, Load.LIGHT), null);
        InvariantViolation.check(report.unordered() == null, String.valueOf(report.unordered()));
      }
      return SEEDS;
    }
  }

  private void pass() {
    clock.at(clock.now() + 1, () -> {});
    clock.step(Long.MAX_VALUE);
  }

  private void write(long value, long before) {
    history.writes(1, value, 0);
    pass();
    history.wrote(value, before);
    pass();
  }

  private void read(long value) {
    long began = clock.now();
    pass();
    history.read(2, 0, began, value);
    pass();
  }

  @Test
  void readOfWhatWasOverwrittenBeforeItBeganHasNoPlace() {
    write(1, 0);
    write(2, 1);
    read(1);
    assertThat(history.verdict()).isInstanceOf(Verdict.NotLinearizable.class);
  }

  @Test
  void writeThatNobodyWasAnsweredMayTakeEffectLateOrNever() {
    history.writes(1, 7, 0);
    history.writes(1, 8, 0);
    write(1, 0);
    read(1);
    write(2, 7);
    read(2);
    assertThat(history.verdict().linearizable()).isTrue();
  }

  @Test
  void barrierAnsweredWithWhatWasAppliedIsCaughtByWhatTheClientsSaw() {
    SourceMutant mutant =
        SimMutants.all().stream()
            .filter(one -> one.name().equals("a barrier is answered with what was applied"))
            .findFirst()
            .orElseThrow();
    assertThat(mutant.run(OrderCheck.class))
        .hasValueSatisfying(by -> assertThat(by).contains("not linearizable", "Read"));
  }
}
