package io.rabia.testing.sim;

import java.util.BitSet;

/**
 * What is demanded when the disks of the first members are slow all the time: they say so, the
 * others take them for late, and nobody else is taken for slow. One thread.
 */
final class SlowMembers {
  /** Slower than this, they must be reported. */
  private static final long SURELY = 150 * SimClock.MILLI;

  /** Below this, they must not be: a force takes less than {@code RabiaConfig.slowForce}. */
  private static final long HARDLY = 10 * SimClock.MILLI;

  private final Violations violations;
  private final int count;
  private final BitSet saidSlow = new BitSet();
  private final BitSet toldLate = new BitSet();
  private long nanos;

  /**
   * @param count the first so many members
   */
  SlowMembers(Violations violations, int count) {
    this.violations = violations;
    this.count = count;
  }

  int count() {
    return count;
  }

  /** Their forces take so much longer on average. */
  void begin(long slowerBy) {
    nanos = slowerBy;
  }

  /** A member says of its own disk that it is slow. */
  void saidSlow(int node) {
    saidSlow.set(node);
    if (count > 0 && (node >= count || nanos < HARDLY)) {
      violations.add(Violations.NO_SLOT, node, "takes its healthy disk for a slow one");
    }
  }

  /** A member says of another one that it is late as a rule. */
  void toldLate(int by, int node) {
    if (by >= count) {
      toldLate.set(node);
    }
  }

  /** At the end. */
  void require() {
    for (int node = 0; node < count && nanos > SURELY; node++) {
      if (!saidSlow.get(node)) {
        violations.add(Violations.NO_SLOT, node, "did not report its slow disk");
      }
      if (!toldLate.get(node)) {
        violations.add(Violations.NO_SLOT, node, "nobody reported that it is late as a rule");
      }
    }
  }
}
