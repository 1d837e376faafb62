package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.Window.Slot;

/**
 * Makes one force of two where promises are forced to a disk (protocol.md section 3, rule 8): an
 * owner offers its batch while its Propose is forced, so that the others' Proposes are forced at
 * the same time, and votes are held back for about the time of a decision, since n equal Proposes
 * decide without any.
 *
 * <p>Why that is safe: an Offer is counted by nobody and promises nothing; whoever follows it makes
 * a Propose of its own of it, which is in its log with the batch before it leaves. An owner that
 * forgets what it offered has promised nothing about it, and never gives the number to another
 * batch, because the end of its block is durable before. To vote later than one might is what any
 * slow member does.
 */
final class Offers {
  /** So often the time of a hold doubles, between two that were in vain. */
  private static final int MOST_DOUBLINGS = 10;

  /** Of {@link Slot#heldSince}: not held back (any more). */
  private static final long ENDED = -1;

  private final Replica replica;
  private boolean offers;
  private int vain;
  private long againAt;

  Offers(Replica replica) {
    this.replica = replica;
  }

  void enable() {
    offers = true;
  }

  /** Sends a batch ahead of the own Propose; false: it has to come with that. */
  boolean offer(Slot slot, CommandBatch batch) {
    boolean may = offers && replica.batches.isSafe(batch.id());
    if (may) {
      int flags = Output.SEND | Output.SEND_BATCH;
      replica.output.add(
          Kind.OFFER, flags, Output.ALL, slot.number, 0, (byte) 0, batch.id(), batch);
    }
    return may;
  }

  /** Is a vote held back, because all members may be about to propose the same? */
  boolean holds(Slot slot, long now) {
    if (!offers || slot.heldSince == ENDED || !slot.instance.mayBecomeUnanimous()) {
      return false;
    }
    boolean allSpeak = Long.bitCount(replica.lanes().awaited(slot.era)) == slot.era.size();
    if (slot.heldSince == 0 && allSpeak && now >= againAt) {
      slot.heldSince = now;
    }
    if (slot.heldSince == 0) {
      return false;
    }
    if (allSpeak && now - slot.heldSince < replica.waits.hold()) {
      return true;
    }
    slot.heldSince = ENDED;
    vain = Math.min(vain + 1, MOST_DOUBLINGS);
    againAt = now + (replica.waits.hold() << vain);
    return false;
  }

  /** The slot is decided. */
  void decided(Slot slot) {
    if (slot.heldSince > 0) {
      vain = slot.instance.isUnanimous() ? 0 : vain;
      slot.heldSince = ENDED;
    }
  }

  /** A batch that was offered is in the slot no more, but for this id. */
  void release(Slot slot, long id) {
    long offered = slot.offered;
    if (BatchId.isBatch(offered) && offered != id && replica.batches.known(offered)) {
      replica.batches.of(offered).release(BatchId.number(offered), slot.number);
    }
  }
}
