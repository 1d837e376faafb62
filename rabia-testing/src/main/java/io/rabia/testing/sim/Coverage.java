package io.rabia.testing.sim;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether enough happened in a run for it to prove anything. One thread. */
final class Coverage {
  private static final int OPERATIONS_PER_MINUTE = 1_000;
  private static final int TRIED_PERCENT = 90;
  private static final long OFTEN = 20 * SimClock.SECOND;

  /** Where they are all drawn, each of them strikes at least once in {@link #OFTEN}. */
  private static final Set<Fault> OF_DISKS =
      Collections.unmodifiableSet(
          EnumSet.of(
              Fault.TORN_WRITE,
              Fault.FSYNC_FAILURE,
              Fault.DISK_FULL,
              Fault.BIT_FLIP,
              Fault.POWER_CUT));

  private final SimOptions options;
  private final Faults faults;
  private long snapshots;
  private long wanted;
  private long tried;

  Coverage(SimOptions options, Faults faults) {
    this.options = options;
    this.faults = faults;
  }

  /** A member has written a snapshot. */
  void snapshot() {
    snapshots++;
  }

  /**
   * The time has come for a client's next wish, and it does not wait for so many answers already
   * that it wants no more. It tries, unless it has not got its first session yet.
   */
  void wanted(boolean tries) {
    wanted++;
    tried += tries ? 1 : 0;
  }

  long wanted() {
    return wanted;
  }

  long tried() {
    return tried;
  }

  long snapshots() {
    return snapshots;
  }

  /**
   * Why a run without a broken promise proves nothing, or null.
   *
   * @param operations completed by clients
   * @param nanos it took, before all healed
   */
  @Nullable String lacks(long operations, long nanos) {
    if (operations * 60 * SimClock.SECOND < OPERATIONS_PER_MINUTE * nanos) {
      return "only " + operations + " operations";
    }
    if (tried * 100 < wanted * TRIED_PERCENT) {
      return "only " + tried + " of " + wanted + " operations were tried";
    }
    Set<Fault> silent = faults.fewerThan(1);
    if (!silent.isEmpty()) {
      return "never fired: " + silent;
    }
    if (!faults.drawn().containsAll(OF_DISKS)) {
      return null;
    }
    long often = nanos / OFTEN;
    Set<Fault> seldom = faults.fewerThan(often);
    seldom.retainAll(OF_DISKS);
    if (!seldom.isEmpty()) {
      return "fired less than " + often + " times: " + seldom;
    }
    return snapshots < often * options.nodes() ? "only " + snapshots + " snapshots" : null;
  }
}
