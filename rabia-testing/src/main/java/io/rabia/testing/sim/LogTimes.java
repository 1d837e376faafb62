package io.rabia.testing.sim;

/**
 * Log time follows the fastest member's monotonic clock, never a wall clock, and stands still with
 * all of them. One thread.
 */
final class LogTimes {
  private static final double FASTEST_CLOCK = 1.3;

  private final SimClock clock;
  private final Violations violations;
  private long first = -1;

  /** When the first member was one: the first batch may have been stamped as early. */
  private long formedAt = -1;

  private long jumped;

  LogTimes(SimClock clock, Violations violations) {
    this.clock = clock;
    this.violations = violations;
  }

  /** There is a member. */
  void formed() {
    if (formedAt < 0) {
      formedAt = clock.now();
    }
  }

  /** A member's monotonic clock has gone on by so much all at once. */
  void jumped(long nanos) {
    jumped += nanos;
  }

  /** A command was applied at this log time. */
  void applied(long slot, long logTime) {
    if (first < 0) {
      first = logTime;
    }
    double most = (clock.now() - formedAt) * FASTEST_CLOCK + SimClock.SECOND + jumped;
    if (logTime - first > most) {
      violations.add(
          slot,
          "log time ran "
              + (logTime - first) / SimClock.MILLI
              + " ms ahead in "
              + (clock.now() - formedAt) / SimClock.MILLI
              + " ms");
    }
  }
}
