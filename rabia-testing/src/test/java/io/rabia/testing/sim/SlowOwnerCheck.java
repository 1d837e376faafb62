package io.rabia.testing.sim;

import io.rabia.core.InvariantViolation;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * Three loaded members, the last one 1 ms away from two that are 0.1 ms apart: those two must not
 * run at its pace, and all its batches must be decided. Throws what is not so.
 */
public final class SlowOwnerCheck implements Callable<Void> {
  /** All are connected soon. */
  private static final long[] SEEDS = {2, 3};

  private static final int SLOW = 2;

  /**
   * Less than the way to the slow member alone, whose shortest is 0.9 ms: no answer that comes
   * sooner has waited for it. At their own pace the fast two need a round trip, 0.2 ms, or two.
   */
  private static final long SOONER_THAN_THE_SLOW_ONE = 700 * SimClock.MICRO;

  /**
   * Ten times as far, the slow one does about a tenth of what a fast one does; a quarter of that
   * would mean that its batches lose one slot after the other.
   */
  private static final int LEAST_SHARE = 40;

  public SlowOwnerCheck() {}

  @Override
  public Void call() {
    for (long seed : SEEDS) {
      List<Served> far = run(seed, Distances.ONE_FAR);
      for (int fast = 0; fast < SLOW; fast++) {
        long median = far.get(fast).medianNanos();
        check(median <= SOONER_THAN_THE_SLOW_ONE, fast, "waits for the slow one", far);
      }
      long share = LEAST_SHARE * far.get(SLOW).operations();
      check(share >= far.get(0).operations(), SLOW, "is starved", far);
      check(far.get(SLOW).askedAgain() == 0, SLOW, "left commands unanswered", far);
      List<Served> near = run(seed, Distances.NEAR);
      for (int fast = 0; fast < SLOW; fast++) {
        boolean most = 5 * far.get(fast).operations() >= 3 * near.get(fast).operations();
        check(most, fast, "does less than 3/5 of what it does among equals, " + near, far);
      }
    }
    return null;
  }

  private static List<Served> run(long seed, Distances distances) {
    SimOptions options = new SimOptions(seed, 1, 3, Set.of(), true, Load.STEADY, distances);
    SimReport report = Simulation.run(options, null);
    InvariantViolation.check(report.passed(), report.verdict());
    return report.served();
  }

  private static void check(boolean holds, int member, String what, List<Served> served) {
    if (!holds) {
      throw new InvariantViolation("member " + (member + 1) + " " + what + ": " + served);
    }
  }
}
