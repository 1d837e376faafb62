package io.rabia.testing.sim;

import io.rabia.core.InvariantViolation;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

/** The simulations that look for the planted bugs of {@link SimMutants}; throws what it finds. */
public final class SimCheck implements Callable<Long> {
  private static final int SEEDS = 200;
  private static final int SECONDS = 30;

  /** What strikes promises hardest, besides a draw from all. */
  private static final List<Set<Fault>> MIXES =
      List.of(
          EnumSet.allOf(Fault.class),
          EnumSet.of(Fault.CRASH_ALL, Fault.CRASH_MID_CYCLE, Fault.SLOW_DISK),
          EnumSet.of(Fault.CRASH_MID_CYCLE, Fault.ONE_WAY, Fault.DROP),
          EnumSet.of(Fault.PARTITION, Fault.DELAY, Fault.PAUSE));

  public SimCheck() {}

  /** Returns how many operations were simulated. */
  @Override
  public Long call() {
    long operations = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
      Set<Fault> faults = MIXES.get(seed % MIXES.size());
      Load load = seed % 8 < 4 ? Load.LIGHT : Load.STEADY;
      SimOptions options = new SimOptions(seed, SECONDS, 3, faults, seed % MIXES.size() != 0, load);
      SimReport report = Simulation.run(options, null);
      if (report.violation() != null) {
        throw new InvariantViolation(report.verdict() + "\n  replay: " + options.arguments());
      }
      operations += report.operations();
    }
    return operations;
  }
}
