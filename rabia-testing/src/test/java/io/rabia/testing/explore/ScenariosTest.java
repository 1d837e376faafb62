package io.rabia.testing.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The interleavings of protocol.md section 10 that concern replicas, and the lanes of its section
 * 3, as texts in {@code scenarios/}; numbers are those of section 10. {@code -Drabia.rewrite=true}
 * writes what happens into the texts.
 */
class ScenariosTest {
  private static final Path SOURCES = Path.of("src/test/resources/scenarios");
  private static final long X_OF_A = BatchId.pack(0, 1);
  private static final long Y_OF_B = BatchId.pack(1, 1);
  private static final long NOOP = BatchId.NOOP;
  private static final long NONE = BatchId.NONE;

  private static ReplicaCluster play(String name) throws IOException {
    String file = name + ".txt";
    String text = read(file);
    Scenario scenario = new Scenario();
    String played = scenario.play(text);
    if (Boolean.getBoolean("rabia.rewrite")) {
      Files.writeString(SOURCES.resolve(file), played);
    } else {
      assertThat(played).isEqualTo(text);
    }
    return scenario.cluster();
  }

  private static String read(String file) throws IOException {
    try (InputStream in = ScenariosTest.class.getResourceAsStream("/scenarios/" + file)) {
      assertThat(in).as(file).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Those who are up have applied exactly this. */
  private static void assertApplied(ReplicaCluster cluster, Long... ids) {
    for (int i = 0; i < cluster.size(); i++) {
      if (cluster.node(i).up()) {
        assertThat(cluster.node(i).history())
            .as("node " + cluster.node(i).name())
            .containsExactly(ids);
      }
    }
  }

  /** Lanes, rule 2. */
  @Test
  void loneCommandTakesSixFramesAndTwoDelays() throws IOException {
    assertApplied(play("lone-command"), X_OF_A, NOOP, NOOP);
  }

  /** Lanes, rule 8. */
  @Test
  void offeredCommandTakesOneForceAndNobodyVotes() throws IOException {
    assertThat(play("offered-command").node(1).history()).contains(BatchId.pack(1, 2));
  }

  /** The all-n rule, for an even n. */
  @Test
  void fourReplicasThatAgreeDecideOnProposalsAlone() throws IOException {
    assertApplied(play("fast-path-of-four"), X_OF_A, NOOP, NOOP, NOOP);
  }

  /** The all-n rule, for an odd n; the last member starts. */
  @Test
  void fiveReplicasThatAgreeDecideOnProposalsAlone() throws IOException {
    assertApplied(play("fast-path-of-five"), NOOP, NOOP, NOOP, NOOP, BatchId.pack(4, 1));
  }

  /** Lanes, rule 4: no time passes. */
  @Test
  void deadOwnersSlotIsNoopAtOnce() throws IOException {
    assertApplied(play("dead-owner"), X_OF_A, NOOP, NOOP);
  }

  /** Lanes, rule 4. */
  @Test
  void slowOwnersBatchIsProposedByTheOthers() throws IOException {
    assertApplied(play("slow-owner"), X_OF_A, NOOP, NOOP, BatchId.pack(0, 2), Y_OF_B, NOOP);
  }

  /** Lanes, rule 5. */
  @Test
  void batchThatLostItsSlotIsProposedAgainUnderTheSameId() throws IOException {
    assertApplied(play("lost-slot"), X_OF_A, NOOP, NOOP, NOOP, Y_OF_B, NOOP);
  }

  /** Section 4. */
  @Test
  void laggardCatchesUpByDecisions() throws IOException {
    assertApplied(
        play("catch-up"),
        X_OF_A,
        NOOP,
        NOOP,
        BatchId.pack(0, 2),
        NOOP,
        NOOP,
        BatchId.pack(0, 3),
        NOOP,
        NOOP,
        NOOP,
        Y_OF_B,
        NOOP);
  }

  /** Lanes, rule 6. */
  @Test
  void decidedBatchThatIsMissingIsFetched() throws IOException {
    assertApplied(play("batch-fetch"), X_OF_A, NOOP, NOOP);
  }

  /** Number 1. */
  @Test
  void whoHeardOnlyTheVoteLearnsWhichBatchWasDecided() throws IOException {
    assertApplied(
        play("01-vote-without-proposal"), X_OF_A, NOOP, NOOP, NOOP, NOOP, BatchId.pack(2, 1));
  }

  /** Number 2. */
  @Test
  void decisionOfOneThatDiedIsReachedByTheOthers() throws IOException {
    assertApplied(play("02-decided-and-died"), X_OF_A, NOOP, NOOP);
  }

  /** Number 3, first part. */
  @Test
  void batchThatReachedOnlyOneMemberIsDecided() throws IOException {
    assertApplied(play("03-batch-at-one"), NOOP, Y_OF_B, NOOP);
  }

  /** Number 3, second part. */
  @Test
  void batchThatReachedOnlyOneMemberOutlivesItsRestart() throws IOException {
    assertApplied(play("03-batch-at-one-that-restarts"), NOOP, Y_OF_B, NOOP);
  }

  /**
   * Number 5: A had decided x for itself, but neither applied nor answered it; that C still has x
   * is another matter.
   */
  @Test
  void ownVoteDoesNotCountBeforeItsForce() throws IOException {
    assertApplied(
        play("05-own-vote-before-the-force"),
        NONE,
        NOOP,
        NONE,
        NOOP,
        NOOP,
        BatchId.pack(2, 1),
        X_OF_A,
        NOOP,
        NOOP);
  }

  /** Number 6. */
  @Test
  void restartedMemberKnowsTheIdThatItSawBeforeItFlipsTheCoin() throws IOException {
    ReplicaCluster cluster = play("06-forgotten-v1");

    assertThat(cluster.oracle().decided(1)).isEqualTo(Y_OF_B);
  }

  /** Number 8, first part. */
  @Test
  void oneOfThreeMakesNoProgressAndTwoDoAtOnce() throws IOException {
    assertApplied(
        play("08-two-of-three-killed"), X_OF_A, NOOP, NOOP, BatchId.pack(0, 2), NOOP, NOOP);
  }

  /** Number 8, second part. */
  @Test
  void nothingPromisedIsLostWhenAllAreKilled() throws IOException {
    assertApplied(play("08-all-killed"), X_OF_A, NOOP, NOOP, NOOP, Y_OF_B, NOOP);
  }

  /** Number 9. */
  @Test
  void membersThatReachEachOtherOnlyThroughAThirdMakeProgress() throws IOException {
    assertApplied(
        play("09-partial-partition"),
        X_OF_A,
        NOOP,
        NOOP,
        NOOP,
        Y_OF_B,
        NOOP,
        NOOP,
        BatchId.pack(1, 2),
        NOOP);
  }

  /** Number 10. */
  @Test
  void pausedMemberHoldsNobodyUpAndCatchesUp() throws IOException {
    assertApplied(
        play("10-paused-member"),
        X_OF_A,
        NOOP,
        NOOP,
        NOOP,
        Y_OF_B,
        NOOP,
        NOOP,
        NOOP,
        BatchId.pack(2, 1));
  }

  /**
   * Number 16, as far as it concerns a member with its log; one without is not made a replica at
   * all.
   */
  @Test
  void restartedMemberAnswersABarrierWithWhatItTookPartInBefore() throws IOException {
    assertApplied(play("16-restarted-member-answers-a-barrier"), X_OF_A, NOOP, NOOP);
  }

  /** Number 18, first part. */
  @Test
  void duplicatesChangeNothing() throws IOException {
    assertApplied(play("18-duplicates"), X_OF_A, NOOP, NOOP);
  }

  /** Number 18, second part. */
  @Test
  void decisionOfASlotNotHeardOfIsTaken() throws IOException {
    assertApplied(
        play("18-decision-unheard-of"), NOOP, Y_OF_B, NOOP, NOOP, NOOP, BatchId.pack(2, 1));
  }

  /** Number 18, third part. */
  @Test
  void roundsThatOnlyADeadMemberStartedAreFilled() throws IOException {
    assertApplied(
        play("18-hole-of-a-dead-member"),
        NOOP,
        NOOP,
        NOOP,
        NOOP,
        NOOP,
        NOOP,
        BatchId.pack(0, 3),
        NOOP,
        NOOP);
  }

  /** Section 6: A wakes, decides more than a window and proposes, all in one log group. */
  @Test
  void ownProposalsBehindAWindowOfDecisionsInOneGroupSurviveARestart() throws IOException {
    ReplicaCluster cluster = play("whole-window-at-once");

    assertThat(cluster.node(0).history())
        .startsWith(cluster.oracle().decided(0))
        .contains(BatchId.pack(0, 2), BatchId.pack(0, 3), BatchId.pack(1, 9));
  }

  /** Section 4: who is asked for decisions and does not answer is passed over. */
  @Test
  void laggardAsksAnotherWhenTheFirstDoesNotAnswer() throws IOException {
    assertApplied(play("catch-up-from-another"), X_OF_A, NOOP, NOOP);
  }

  /** Lanes, rules 4 and 6. */
  @Test
  void batchOfADeadOwnerThatCameLateIsDecidedInItsNextSlot() throws IOException {
    assertApplied(
        play("late-batch-of-a-dead-owner"), NOOP, Y_OF_B, NOOP, X_OF_A, NOOP, BatchId.pack(2, 1));
  }

  /** Lanes, rule 4: without a command that would start a round. */
  @Test
  void batchThatADeadOwnerLeftIsDecidedThoughNobodyWantsAnything() throws IOException {
    assertApplied(play("left-by-a-dead-owner"), NOOP, Y_OF_B, NOOP, X_OF_A, NOOP, NOOP);
  }

  /** Lanes, rule 4: each proposed its own in the dead one's slots once, and all were forfeited. */
  @Test
  void membersThatHoldDifferentBatchesOfADeadOwnerDecideThem() throws IOException {
    ReplicaCluster cluster = play("different-batches-of-a-dead-owner");

    assertThat(cluster.node(1).history()).contains(X_OF_A, BatchId.pack(0, 2)).doesNotContain(NONE);
  }

  /** Lanes, rule 4: the owner is not quiet, and does not have the batch any more. */
  @Test
  void batchThatAnOwnerLeftBeforeItCameBackIsDecided() throws IOException {
    assertApplied(play("left-by-an-owner-that-came-back"), NOOP, Y_OF_B, NOOP, X_OF_A, NOOP, NOOP);
  }
}
