package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.engine.protocol.LoneReplica.Word;
import io.rabia.engine.protocol.Output.Kind;
import org.junit.jupiter.api.Test;

/** What follows from an Offer, and what does not. */
class OfferedTest {
  private static final int SELF = 0;
  private static final int OWNER = 1;
  private static final int OTHER = 2;
  private static final long SLOT = OWNER;
  private static final long NEXT_SLOT = SLOT + LoneReplica.MEMBERS;
  private static final CommandBatch BATCH = SampleBatches.batch(OWNER, 1, 1);

  private final LoneReplica lone = new LoneReplica();

  private static Word proposes(long slot, long id) {
    return new Word(Kind.PROPOSE, slot, id);
  }

  private static Word offers(long slot, long id) {
    return new Word(Kind.OFFER, slot, id);
  }

  @Test
  void anOfferIsFollowedAndCountsForNothing() {
    lone.from(OWNER).onOffer(SLOT, BATCH);
    lone.advance();
    assertThat(lone.words()).contains(proposes(SLOT, BATCH.id()));
    assertThat(lone.replica.instance(SLOT).proposal(OWNER)).isEqualTo(SlotInstance.ABSENT);
    lone.now += 10 * lone.replica.waits.hold();
    lone.advance();
    assertThat(lone.slots(Kind.VOTE2)).isEmpty();
    assertThat(lone.slots(Kind.OFFER)).as("who follows has no news").isEmpty();
  }

  @Test
  void theOwnersProposeCountsMoreThanItsOffer() {
    lone.from(OWNER).onOffer(SLOT, BATCH);
    lone.from(OWNER).onPropose(SLOT, BatchId.NOOP, null);
    lone.advance();
    assertThat(lone.words()).contains(proposes(SLOT, BatchId.NOOP));
  }

  @Test
  void noopIsFollowedWhenItsOwnerOffersIt() {
    lone.from(OWNER).onOffer(SLOT, BATCH);
    lone.from(OTHER).onOffer(NEXT_SLOT, null);
    lone.advance();
    assertThat(lone.slots(Kind.PROPOSE)).as("the owner is awaited").doesNotContain(NEXT_SLOT);
    lone.from(OWNER).onOffer(NEXT_SLOT, null);
    lone.advance();
    assertThat(lone.words()).contains(proposes(NEXT_SLOT, BatchId.NOOP));
  }

  /** Else the others would propose NOOP there before they hear of it. */
  @Test
  void aBatchInTheOwnersPlaceIsOfferedToo() {
    lone.from(OTHER).onBatchReply(BATCH);
    lone.advance();
    lone.now += lone.replica.waits.owner();
    lone.advance();
    assertThat(lone.words())
        .containsSubsequence(offers(SLOT, BATCH.id()), proposes(SLOT, BATCH.id()));
  }

  @Test
  void whoHearsOfABatchInTheOwnersPlaceFollowsIt() {
    lone.from(OTHER).onOffer(SLOT, BATCH);
    lone.advance();
    assertThat(lone.words()).contains(proposes(SLOT, BATCH.id()));
  }

  @Test
  void soDoesTheOwner() {
    lone.from(OTHER).onOffer(SELF, BATCH);
    lone.advance();
    assertThat(lone.words()).contains(proposes(SELF, BATCH.id()));
  }

  /** What its origin's queue has no place for is in the slot. */
  @Test
  void aBatchFarAheadIsProposedToo() {
    CommandBatch far = SampleBatches.batch(OWNER, 1 << 20, 1);
    lone.from(OWNER).onOffer(SLOT, far);
    lone.advance();
    assertThat(lone.words()).contains(proposes(SLOT, far.id()));
    assertThat(lone.slots(Kind.BATCH_REQUEST)).isEmpty();
  }
}
