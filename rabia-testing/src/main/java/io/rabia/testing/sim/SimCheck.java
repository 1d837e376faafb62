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
  private static final int NODES = 3;

  /** What strikes promises hardest, besides a draw from all. */
  static final List<Set<Fault>> MIXES =
      List.of(
          Fault.drawn(NODES),
          EnumSet.of(Fault.CRASH_ALL, Fault.CRASH_MID_CYCLE, Fault.SLOW_DISK),
          EnumSet.of(Fault.POWER_AFTER_DEATH, Fault.CRASH_ALL),
          EnumSet.of(Fault.CRASH_MID_CYCLE, Fault.ONE_WAY, Fault.DROP),
          EnumSet.of(Fault.ORPHAN, Fault.PROPOSER),
          EnumSet.of(Fault.REBOOT, Fault.CRASH, Fault.STOP),
          EnumSet.of(Fault.SPLIT),
          EnumSet.of(Fault.SPLIT, Fault.DROP),
          EnumSet.of(Fault.DIFFER),
          EnumSet.of(Fault.TORN_WRITE, Fault.FSYNC_FAILURE, Fault.DISK_FULL, Fault.BIT_FLIP),
          EnumSet.of(Fault.MEMBERS),
          EnumSet.of(Fault.MEMBERS, Fault.WIPE, Fault.DROP),
          EnumSet.of(Fault.AWAY, Fault.CRASH_MID_CYCLE),
          EnumSet.of(Fault.OLD_COPY, Fault.CRASH));

  public SimCheck() {}

  /** Returns how many operations were simulated. */
  @Override
  public Long call() {
    long operations = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
      Set<Fault> faults = MIXES.get(seed % MIXES.size());
      Load load = seed % 3 == 0 ? Load.STEADY : Load.LIGHT;
      SimOptions options =
          new SimOptions(seed, SECONDS, NODES, faults, seed % MIXES.size() != 0, load);
      SimReport report = Simulation.run(options, null);
      if (report.violation() != null) {
        throw new InvariantViolation(report.verdict() + "\n  replay: " + options.arguments());
      }
      operations += report.operations();
    }
    return operations;
  }
}
