package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rabia.core.BatchId;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.StateValue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What proves a bug names the slot and both values. */
class BrokenPromisesTest {
  private static final long SLOT = 1892;
  private static final long BATCH = BatchId.pack(1, 7);

  private final SlotInstance slot = new SlotInstance();

  @BeforeEach
  void ofThreeMembers() {
    slot.reset(SLOT, Configurations.of(3, 8), 0);
  }

  private static void assertBroken(Runnable step, String message) {
    InvariantViolation broken = catchThrowableOfType(InvariantViolation.class, step::run);
    assertThat(broken.slot()).isEqualTo(SLOT);
    assertThat(broken).hasMessage("slot 1892: " + message);
    assertThat(broken.saidBy(NodeId.of(3)))
        .hasMessage("slot 1892: " + message + "; said by member 3")
        .extracting(InvariantViolation::slot)
        .isEqualTo(SLOT);
  }

  @Test
  void twoDecisions() {
    slot.onVote2(1, 0, StateValue.CODE_V1, BATCH);
    slot.onVote2(2, 0, StateValue.CODE_V1, BATCH);
    assertThat(slot.decided()).isTrue();
    assertBroken(
        () -> slot.onDecide(BatchId.NONE),
        "two decisions: nothing is told, and here batch 7 of member 2 was decided, by others'"
            + " votes or word, in phase 0");
  }

  @Test
  void twoProposals() {
    slot.onPropose(1, BATCH);
    assertBroken(
        () -> slot.onPropose(1, BatchId.NOOP),
        "proposes NOOP, and proposed batch 7 of member 2 before");
  }

  @Test
  void twoVotesOfOneRound() {
    slot.onVote1(1, 2, StateValue.CODE_V0, BatchId.NONE);
    assertBroken(
        () -> slot.onVote1(1, 2, StateValue.CODE_V1, BATCH),
        "Vote1 of phase 2 is V1, and was V0 before");
    slot.onVote2(1, 2, StateValue.CODE_VQUESTION, BatchId.NONE);
    assertBroken(
        () -> slot.onVote2(1, 2, StateValue.CODE_V0, BatchId.NONE),
        "Vote2 of phase 2 is V0, and was VQUESTION before");
  }

  @Test
  void bothValuesInOneSecondRound() {
    slot.onVote2(1, 1, StateValue.CODE_V0, BatchId.NONE);
    assertBroken(
        () -> slot.onVote2(2, 1, StateValue.CODE_V1, BATCH),
        "V0 and V1 in Vote2 of phase 1: the other one was voted before");
  }

  @Test
  void twoBatchesForV1() {
    slot.onVote1(1, 1, StateValue.CODE_V1, BatchId.pack(5, 1));
    assertBroken(
        () -> slot.onVote1(2, 1, StateValue.CODE_V1, BATCH),
        "V1 stands for batch 7 of member 2, and stood for batch 1 of origin 5 before");
  }
}
