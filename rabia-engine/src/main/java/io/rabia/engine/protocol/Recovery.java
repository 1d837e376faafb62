package io.rabia.engine.protocol;

import io.rabia.core.CommandBatch;
import io.rabia.core.InvariantViolation;
import io.rabia.core.RabiaException;
import io.rabia.engine.protocol.Window.Slot;
import org.jspecify.annotations.Nullable;

/**
 * Rebuilds a replica from its own records (protocol.md section 6): what it promised, what it held,
 * what was decided.
 */
@Internal
public final class Recovery extends LogRecords {
  private final Replica replica;
  private final Runnable decided;
  private long reached;

  Recovery(Replica replica, Runnable decided) {
    this.replica = replica;
    this.decided = decided;
  }

  /** Does the log know of so many slots, by their decisions or as a member's snapshot? */
  public boolean reaches(long applied) {
    return reached >= applied;
  }

  private @Nullable Slot open(long number) {
    if (number < replica.applied()) {
      return null;
    }
    InvariantViolation.check(
        number < replica.limit(), number, "a promise in the log outside the window");
    return replica.openAtRecovery(number);
  }

  @Override
  public void onPropose(long number, long id, @Nullable CommandBatch batch) {
    if (batch != null) {
      replica.restoreBatch(batch);
    }
    Slot slot = open(number);
    if (slot != null) {
      CommandBatch body = batch != null ? batch : replica.batches.body(slot, id);
      slot.body = body != null ? body : slot.body;
      slot.instance.restorePropose(id);
      replica.restoreOwn(slot);
    }
  }

  @Override
  public void onVote1(long number, int phase, byte value, long id) {
    Slot slot = open(number);
    if (slot != null) {
      slot.instance.restoreVote1(phase, value, id);
      replica.restoreOwn(slot);
    }
  }

  @Override
  public void onVote2(long number, int phase, byte value, long id) {
    Slot slot = open(number);
    if (slot != null) {
      slot.instance.restoreVote2(phase, value, id);
      replica.restoreOwn(slot);
    }
  }

  @Override
  public void onDecide(long number, long id, @Nullable CommandBatch batch) {
    reached = Math.max(reached, number + 1);
    if (replica.restored(number)) {
      return;
    }
    InvariantViolation.check(
        number == replica.applied(), number, "decisions in the log out of order");
    replica.incoming.onDecide(number, id, batch);
    decided.run();
    InvariantViolation.check(
        number < replica.applied(), number, "a decision in the log without its batch");
  }

  /** The decisions before it are in no log here, only in that snapshot. */
  @Override
  public void onInstalled(long applied) {
    if (applied > replica.applied()) {
      throw new RabiaException.Checksum(
          "the log goes on after a snapshot of "
              + applied
              + " slots, which is gone or damaged; without it only "
              + replica.applied()
              + " are there. This member has lost its votes");
    }
    reached = Math.max(reached, applied);
  }

  @Override
  public void onNumbers(long end) {
    replica.batches.restoreNumbers(end);
  }
}
