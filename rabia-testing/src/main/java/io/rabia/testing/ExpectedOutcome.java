package io.rabia.testing;

import java.time.Duration;

/** What a {@link TestScenario} must come to. Immutable. */
public sealed interface ExpectedOutcome {

  /** Every command is committed, those that were under way when the faults ended soon after. */
  record AllCommitted() implements ExpectedOutcome {}

  /**
   * While the faults last some commands are committed and some are not.
   *
   * @param leastShare of those that were tried which must be committed, 0 to 1
   */
  record PartialCommitment(double leastShare) implements ExpectedOutcome {
    public PartialCommitment {
      if (!(leastShare > 0 && leastShare < 1)) {
        throw new IllegalArgumentException("a share is more than 0 and less than 1: " + leastShare);
      }
    }
  }

  /**
   * Nothing is committed from {@code grace} after the last fault began until the first one ends.
   *
   * @param grace for what is under way
   */
  record NoProgress(Duration grace) implements ExpectedOutcome {}

  /**
   * Whatever becomes of the commands, all nodes hold the same soon after the faults have ended.
   *
   * @param within so much time, in which all clients get their last answers, too
   */
  record EventualConsistency(Duration within) implements ExpectedOutcome {
    /** Within a minute. */
    public EventualConsistency() {
      this(Duration.ofMinutes(1));
    }
  }
}
