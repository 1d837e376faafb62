package io.rabia.testing.sim;

/** The clocks of one node's machine, right or wrong. One thread. */
final class NodeClock {
  private static final long WALL_CLOCK = 1_700_000_000_000_000_000L;
  private static final long JUMP = 3600 * SimClock.SECOND;

  private final SimClock clock;
  private final SimRandom random;
  private final boolean drifts;
  private final double rate;
  private long base;
  private long ahead;

  /**
   * @param drifts whether the monotonic clock begins anywhere and runs at another rate, and the
   *     wall clock jumps
   */
  NodeClock(SimClock clock, SimRandom random, boolean drifts) {
    this.clock = clock;
    this.random = random;
    this.drifts = drifts;
    rate = drifts ? 0.7 + 0.6 * random.unit() : 1;
    base = drifts ? random.between(-(1L << 50), 1L << 50) : 0;
  }

  long monotonic() {
    return base + (long) (busyUntil() * rate);
  }

  /** The node does nothing else for so long: its clock is as much ahead of the world's. */
  void waits(long nanos) {
    ahead = busyUntil() + nanos;
  }

  /** The world's time by which the node's clock is in step with it again, which may be now. */
  long busyUntil() {
    return Math.max(ahead, clock.now());
  }

  /** The monotonic clock is ahead by so much from now on. */
  void jump(long nanos) {
    base += nanos;
  }

  /** It jumps whenever it is looked at. */
  long wall() {
    return WALL_CLOCK + (drifts ? random.between(-JUMP, JUMP) : 0) + clock.now();
  }

  /** How long that really takes, at least. */
  long real(long nanos) {
    return (long) (nanos / rate);
  }
}
