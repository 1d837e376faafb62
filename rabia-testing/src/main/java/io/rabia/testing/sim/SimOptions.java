package io.rabia.testing.sim;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a simulation is made from; equal options give equal runs.
 *
 * @param seconds virtual time with clients and faults, before everything heals
 * @param nodes 1 to 7
 * @param faults those to draw from
 * @param allFaults true for all of {@code faults} in every run, false for one to four of them by
 *     seed
 * @param load what the clients want
 */
public record SimOptions(
    long seed, int seconds, int nodes, Set<Fault> faults, boolean allFaults, Load load) {
  public SimOptions {
    faults =
        Collections.unmodifiableSet(
            faults.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(faults));
    if (seconds < 1 || nodes < 1 || nodes > 7) {
      throw new IllegalArgumentException("1 or more seconds, 1 to 7 nodes");
    }
    if (nodes == 1
        && !EnumSet.of(
                Fault.CRASH,
                Fault.CRASH_MID_CYCLE,
                Fault.CRASH_ALL,
                Fault.PAUSE,
                Fault.DRIFT,
                Fault.SLOW_DISK,
                Fault.EXPIRY)
            .containsAll(faults)) {
      throw new IllegalArgumentException("one node has no network");
    }
  }
}
