package io.rabia.engine.protocol;

import static io.rabia.core.StateValue.CODE_V0;
import static io.rabia.core.StateValue.CODE_V1;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.SlotInstance.Stage;
import io.rabia.engine.protocol.Window.Slot;

/**
 * What makes up for lost messages (protocol.md section 4): sends the own messages of open slots
 * again, and asks for missing batches.
 */
final class Retransmitter {
  private final Replica replica;
  private long progressAt;
  private long resentAt;
  private long backoff;

  /** Nothing was open when this was last looked at, which at rest is long ago. */
  private boolean atRest;

  Retransmitter(Replica replica) {
    this.replica = replica;
  }

  void restart(long now) {
    progress(now);
  }

  /** The applied prefix grew. */
  void progress(long now) {
    progressAt = now;
    resentAt = now;
    backoff = 0;
  }

  long progressAt() {
    return progressAt;
  }

  /**
   * @param behind whether another member is known to have applied more
   */
  void advance(long now, boolean behind) {
    boolean wasAtRest = atRest;
    atRest = replica.applied() >= replica.lanes().startedEnd();
    if (atRest || wasAtRest) {
      resentAt = now;
    }
    if (atRest) {
      if (!behind) {
        progressAt = now;
      }
    } else {
      replica.evaluateWaiting();
      fetchMissing(now);
      long wait = Math.max(replica.waits.resend(), backoff);
      if (now - resentAt >= wait) {
        resentAt = now;
        backoff = Math.min(2 * wait, replica.waits.maxResend());
        replica.statistics.resends++;
        resendTo(Output.ALL, now);
      }
    }
  }

  /** The next decision to apply may wait for its batch. */
  private void fetchMissing(long now) {
    Slot slot = replica.window.peek(replica.applied());
    if (slot != null && slot.instance.decided()) {
      long id = slot.instance.decidedId();
      if (BatchId.isBatch(id) && replica.batches.body(slot, id) == null) {
        replica.lanes().fetch(slot, id, now);
      }
    }
  }

  /**
   * Sends the own messages of every open slot again: the Propose and the votes of the current
   * phase.
   */
  void resendTo(int to, long now) {
    long end = Math.min(replica.lanes().startedEnd(), replica.limit());
    for (long number = replica.applied(); number < end; number++) {
      Slot slot = replica.window.peek(number);
      if (slot != null) {
        resend(slot, to);
      }
    }
  }

  private void resend(Slot slot, int to) {
    SlotInstance instance = slot.instance;
    if (instance.decided()) {
      send(Kind.DECIDE, slot, to, 0, (byte) 0, instance.decidedId());
      return;
    }
    if (instance.stage() == Stage.IDLE || slot.era.self < 0) {
      return;
    }
    if (instance.proposed(slot.era.self)) {
      resendPropose(slot, to);
    }
    if (instance.phase() > 0) {
      byte state = instance.state();
      send(
          Kind.VOTE1,
          slot,
          to,
          instance.phase(),
          state,
          state == CODE_V1 ? instance.knownId() : BatchId.NONE);
    }
    if (instance.stage() == Stage.ROUND2) {
      byte vote = instance.ownVote2();
      long id = vote == CODE_V0 ? BatchId.NONE : instance.ownVote2Id();
      send(Kind.VOTE2, slot, to, instance.phase(), vote, id);
    }
  }

  private void resendPropose(Slot slot, int to) {
    long id = slot.instance.proposal(slot.era.self);
    CommandBatch body =
        BatchId.isBatch(id) && slot.era.owner(slot.number) == slot.era.self
            ? replica.batches.body(slot, id)
            : null;
    int flags = Output.SEND | (body != null ? Output.SEND_BATCH : 0);
    replica.output.add(Kind.PROPOSE, flags, to, slot.number, 0, (byte) 0, id, body);
  }

  private void send(Kind kind, Slot slot, int to, int phase, byte value, long id) {
    replica.output.add(kind, Output.SEND, to, slot.number, phase, value, id, null);
  }
}
