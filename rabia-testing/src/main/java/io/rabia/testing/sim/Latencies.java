package io.rabia.testing.sim;

import java.util.Arrays;
import org.agrona.collections.LongArrayList;

/**
 * How long clients wait; and, when some members have slow disks, that the clients of the others do
 * not feel it. One thread.
 */
final class Latencies {
  private static final int BOUND = 3;

  private final int slowMembers;
  private final LongArrayList healthy = new LongArrayList();
  private long longest;
  private long p99WithHealthyDisks = Long.MAX_VALUE / BOUND;

  /**
   * @param slowMembers the first so many members may have slow disks
   */
  Latencies(int slowMembers) {
    this.slowMembers = slowMembers;
  }

  void completed(int home, long latency) {
    longest = Math.max(longest, latency);
    if (home >= slowMembers) {
      healthy.addLong(latency);
    }
  }

  long longest() {
    return longest;
  }

  /** Of the clients of members whose disks are not slow. */
  private long p99() {
    long[] sorted = healthy.toLongArray();
    Arrays.sort(sorted);
    return sorted.length == 0 ? 0 : sorted[(int) (sorted.length * 0.99)];
  }

  /** What it was when all disks were healthy. */
  void compareWith(Latencies twin) {
    p99WithHealthyDisks = twin.p99();
  }

  void require(Violations violations) {
    long p99 = p99();
    if (p99 > BOUND * p99WithHealthyDisks) {
      violations.add(
          "p99 is "
              + p99 / SimClock.MICRO
              + " us for clients of healthy members, "
              + p99WithHealthyDisks / SimClock.MICRO
              + " us with healthy disks");
    }
  }
}
