package io.rabia.testing.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.spec.ModelChecker.Verdict;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The specification keeps its invariants in every state, whose number is a part of the result: a
 * specification that lost a behaviour, or gained one, has another. With an error planted it does
 * not.
 */
class SpecificationTest {

  private static void assertHolds(ModelChecker run, long distinctStates) {
    Verdict verdict = run.run();
    assertThat(verdict.violated()).as(verdict.output()).isEmpty();
    assertThat(verdict.distinctStates()).isEqualTo(distinctStates);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void twoPhasesWithRestartsKeepEveryInvariantInEveryInterleaving() {
    assertHolds(ModelChecker.of("slot"), 67_118);
  }

  /** In {@code .ci/run}, too. */
  @Test
  @Tag("long")
  @Execution(ExecutionMode.CONCURRENT)
  void threePhasesWithRestartsKeepEveryInvariantRoundByRound() {
    assertHolds(ModelChecker.of("rounds"), 10_730);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void readMissesNothingThatWasAppliedBeforeItBegan() {
    assertHolds(ModelChecker.of("read"), 17_738);
  }

  /** In {@code .ci/run}, too. */
  @Test
  @Tag("long")
  @Execution(ExecutionMode.CONCURRENT)
  void aMemberThatLosesItsVotesComesBackAndAReadMissesNothing() {
    assertHolds(ModelChecker.of("lives"), 44_506);
  }

  @Test
  @Tag("long")
  void aMemberThatLosesItsVotesInTwoOpenSlotsComesBack() {
    Map<String, String> constants = Map.of("Slots", "{0, 1, 2}", "Alpha", "2", "Reads", "FALSE");
    assertHolds(ModelChecker.of("lives").with("lives-two-open-slots", constants), 27_376);
  }

  @Test
  @Tag("long")
  void aMemberThatLosesItsVotesComesBackWherePhasesGoOn() {
    Map<String, String> constants = Map.of("LastRound", "3", "Reads", "FALSE");
    assertHolds(ModelChecker.of("lives").with("lives-next-phase", constants), 28_959);
  }

  @Test
  @Tag("long")
  void threeValuesKeepEveryInvariantInEveryInterleaving() {
    Map<String, String> constants = Map.of("Values", "{v1, v2, v3}");
    assertHolds(ModelChecker.of("slot").with("slot-three-values", constants), 67_513);
  }

  @Test
  @Tag("long")
  void allReplicasMayCrashInPhase0() {
    Map<String, String> constants = Map.of("Unsteady", "{r1, r2, r3}", "LastRound", "3");
    assertHolds(ModelChecker.of("slot").with("slot-all-may-crash", constants), 1_911);
  }

  @Test
  @Tag("long")
  void readMissesNothingWhenTwoValuesAreProposed() {
    Map<String, String> constants = Map.of("Values", "{v1, v2}");
    assertHolds(ModelChecker.of("read").with("read-two-values", constants), 938_740);
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @CsvSource({
    "slot, FastDecisionAtAQuorum, Agreement",
    "slot, RestartForgetsItsVotes, NoEquivocation",
    "slot, V1WithoutItsId, V1KnowsItsId",
    "rounds, Vote2WithoutMajority, OneValueInVote2",
    "read, BarrierAnswersWithApplied, ReadIsFresh"
  })
  void plantedErrorHasACounterexample(String configuration, String error, String invariant) {
    assertCounterexample(configuration, error, invariant);
  }

  /** In {@code .ci/run}, too. */
  @ParameterizedTest
  @Tag("long")
  @Execution(ExecutionMode.CONCURRENT)
  @CsvSource({
    "lives, ReturnsAtOnce, Agreement",
    "lives, BarrierAsksThoseBefore, ReadIsFresh",
    "slot, DecisionAtF, Agreement",
    "slot, OwnVoteCountsBeforeItsForce, Agreement",
    "slot, VoteForAProposalWithoutMajority, Validity",
    "slot, VoteLeavesBeforeItsForce, NoEquivocation",
    "slot, NoForceAtStart, NothingIsLost",
    "slot, Vote2WithoutMajority, OneValueInVote2",
    "slot, CoinAgainstAVote, ValueLocking",
    "slot, JumpWithV0, ValueLocking",
    "rounds, FastDecisionAtAQuorum, Agreement",
    "read, RestartWithoutItsLog, ReadIsFresh",
    "lives, ReturnsAtOnce, NoEquivocation",
    "lives, ChangeGovernsAtOnce, OneLifeInASlot",
    "lives, TakesPartBeyondTheWindow, OneLifeInASlot"
  })
  void everyOtherPlantedErrorHasACounterexample(
      String configuration, String error, String invariant) {
    assertCounterexample(configuration, error, invariant);
  }

  private static void assertCounterexample(String configuration, String error, String invariant) {
    Verdict verdict =
        ModelChecker.of(configuration)
            .with(configuration + "-" + error, Map.of("Error", '"' + error + '"'))
            .against(invariant)
            .run();
    assertThat(verdict.violated()).as(verdict.output()).hasValue(invariant);
  }

  @Tag("long")
  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @CsvSource({
    "rounds, NoSlotIsForfeited",
    "rounds, NoValueIsFirstDecidedInPhase2",
    "read, NoAnswerIsLow",
    "lives, NoNewLifeIsNeeded"
  })
  void soundSpecificationReachesWhatMustBePossible(String configuration, String never) {
    Verdict verdict = ModelChecker.of(configuration).against(never).run();
    assertThat(verdict.violated()).as(verdict.output()).hasValue(never);
  }
}
