package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.mutant.SourceMutant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Number 11: a slow owner is not waited for, and its batches are decided all the same. */
@Tag("network-sim")
class SlowOwnerTest {

  private static SourceMutant mutant(String name, String text, String replacement) {
    return SourceMutant.of(name, "io/rabia/engine/protocol/Lanes.java", text, replacement);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void othersKeepTheirPaceAndItsBatchesAreDecided() {
    new SlowOwnerCheck().call();
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void whoWaitsForEveryOwnerRunsAtThePaceOfTheSlowest() {
    SourceMutant patient =
        mutant(
            "an owner that is late as a rule is waited for",
            "!peer.quiet() && !late(peer)",
            "!peer.quiet()");
    assertThat(patient.run(SlowOwnerCheck.class))
        .hasValueSatisfying(found -> assertThat(found).contains("waits for the slow one"));
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void whoseBatchesAreNotProposedByTheOthersIsStarved() {
    SourceMutant selfish =
        mutant(
            "a quiet owner's batches are held back",
            " : waiting.id();",
            " : followAnyBatch(slot, now);");
    assertThat(selfish.run(SlowOwnerCheck.class))
        .hasValueSatisfying(found -> assertThat(found).contains("is starved"));
  }
}
