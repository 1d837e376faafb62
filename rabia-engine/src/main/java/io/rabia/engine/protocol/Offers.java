package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.Window.Slot;
import org.jspecify.annotations.Nullable;

/**
 * Makes one force of two where promises are forced to a disk (protocol.md section 3, rule 8): an
 * owner offers its batch while its Propose is forced, so that the others' Proposes are forced at
 * the same time, and votes are held back for about the time of a decision, since n equal Proposes
 * decide without any.
 *
 * <p>Why that is safe: an Offer is counted by nobody and promises nothing; whoever follows it makes
 * a Propose of its own of it, which is in its log with the batch before it leaves or counts. An
 * owner that forgets what it offered has promised nothing about it, and never gives the number to
 * another batch, because the end of its block is durable before. To vote later than one might is
 * what any slow member does.
 */
final class Offers {
  static final long NO_DEADLINE = Long.MAX_VALUE;

  private final Replica replica;
  private boolean enabled;
  private final Patience patience = new Patience();
  private long deadline = NO_DEADLINE;

  Offers(Replica replica) {
    this.replica = replica;
  }

  void enable() {
    enabled = true;
  }

  /**
   * Says ahead of the own Propose, the first one in the slot, what it is: a batch, or NOOP of an
   * owner for which the others wait. A batch in the place of another owner, too: the others are to
   * hear of it before they propose NOOP there, as they would if nobody offered anything.
   *
   * @param batch null: NOOP
   * @return false: a batch of the own has to come with the Propose
   */
  boolean offer(Slot slot, long id, @Nullable CommandBatch batch) {
    boolean may = enabled && slot.isUnheardOf() && (batch == null ? isAwaited(slot) : maySend(id));
    if (may) {
      int flags = Output.SEND | Output.SEND_BATCH;
      replica.output.add(Kind.OFFER, flags, Output.ALL, slot.number, 0, (byte) 0, id, batch);
    }
    return may;
  }

  private boolean isAwaited(Slot slot) {
    return slot.era.owner(slot.number) == slot.era.self && replica.lanes().isAwaited();
  }

  private boolean maySend(long id) {
    return BatchId.origin(id) != replica.ownOrigin() || replica.batches.isSafe(id);
  }

  /** A cycle begins: slots that are still held back say so in it. */
  void begin() {
    deadline = NO_DEADLINE;
  }

  /** When the first vote that is held back is due, or {@link #NO_DEADLINE}. */
  long deadline() {
    return deadline;
  }

  /** Is a vote held back, because all members may be about to propose the same? */
  boolean holds(Slot slot, long now) {
    if (!enabled || slot.heldSince == Slot.HELD_IN_VAIN || !slot.instance.mayBecomeUnanimous()) {
      return false;
    }
    boolean allSpeak = Long.bitCount(replica.lanes().awaited(slot.era)) == slot.era.size();
    if (slot.heldSince == 0) {
      if (!allSpeak || !patience.allows(now)) {
        return false;
      }
      slot.heldSince = now;
    }
    long end = slot.heldSince + replica.waits.hold();
    if (allSpeak && now < end) {
      deadline = Math.min(deadline, end);
      return true;
    }
    slot.heldSince = Slot.HELD_IN_VAIN;
    if (now >= end) {
      patience.ranOut(replica.waits.hold(), now);
    }
    return false;
  }

  /** The slot is decided. */
  void decided(Slot slot) {
    if (slot.heldSince > 0) {
      slot.heldSince = 0;
      if (slot.instance.isUnanimous()) {
        patience.paid();
      }
    }
  }
}
