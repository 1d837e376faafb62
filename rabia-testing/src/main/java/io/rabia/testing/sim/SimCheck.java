package io.rabia.testing.sim;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The simulations that look for the planted bugs of {@link SimMutants}. What one of them finds
 * counts only if it finds nothing in sound code: {@link MutantHunt}.
 */
public final class SimCheck {
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

  private SimCheck() {}

  /**
   * The first seed from this one on in which a promise is broken, and what to tell of it; null when
   * there is none. Found by name in the class loader of a mutant.
   */
  public static Map.@Nullable Entry<Integer, String> find(int from) {
    for (int seed = from; seed <= SEEDS; seed++) {
      String found = run(seed);
      if (found != null) {
        return Map.entry(seed, found);
      }
    }
    return null;
  }

  /** What is found with this seed, or null. */
  static @Nullable String run(int seed) {
    Set<Fault> faults = MIXES.get(seed % MIXES.size());
    Load load = seed % 3 == 0 ? Load.STEADY : Load.LIGHT;
    SimOptions options =
        new SimOptions(seed, SECONDS, NODES, faults, seed % MIXES.size() != 0, load);
    SimReport report = Simulation.run(options, null);
    return report.violation() == null
        ? null
        : report.verdict() + "\n  replay: " + options.arguments();
  }
}
