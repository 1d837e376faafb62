package io.rabia.engine.protocol;

import static io.rabia.core.StateValue.CODE_V0;
import static io.rabia.core.StateValue.CODE_V1;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.SlotInstance.Stage;
import io.rabia.engine.protocol.Window.Slot;

/**
 * What makes up for lost messages and for having been away (protocol.md section 4): sends the own
 * messages of open slots again, asks for missing batches, and asks members that are ahead for their
 * decisions.
 */
final class Retransmitter {
  private static final int CATCH_UP_BYTES = 1 << 20;
  private static final int NOBODY = -1;

  private final Replica replica;
  private long progressAt;
  private long resentAt;
  private long backoff;
  private int asked = NOBODY;
  private long askedAt;
  private long askedFrom = -1;
  private boolean catchingUp;

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

  /** Is someone known to have applied more? */
  boolean behind() {
    return ahead() != NOBODY;
  }

  void advance(long now) {
    if (replica.applied() >= replica.lanes().startedEnd()) {
      resentAt = now;
      if (!behind()) {
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
    catchUp(now);
  }

  /** The next decision to apply may wait for its batch. */
  private void fetchMissing(long now) {
    Slot slot = replica.window.peek(replica.applied());
    if (slot != null && slot.instance.decided()) {
      long id = slot.instance.decidedId();
      if (BatchId.isBatch(id) && replica.bodyOf(slot, id) == null) {
        replica.lanes().fetch(slot, id, now);
      }
    }
  }

  private void catchUp(long now) {
    int peer = ahead();
    if (peer == NOBODY) {
      catchingUp = false;
      asked = NOBODY;
      return;
    }
    long gap = replica.peers[peer].applied - replica.applied();
    catchingUp |= gap > replica.configuration.alpha() || now - progressAt > replica.waits.owner();
    boolean free = asked == NOBODY || now - askedAt > replica.waits.resend();
    if (catchingUp
        && free
        && (askedFrom != replica.applied() || now - askedAt > replica.waits.owner())) {
      asked = peer;
      askedAt = now;
      askedFrom = replica.applied();
      replica.output.add(
          Kind.CATCH_UP_REQUEST, Output.SEND, peer, askedFrom, CATCH_UP_BYTES, (byte) 0, 0, null);
    }
  }

  void caughtUpTo(int from) {
    if (from == asked) {
      asked = NOBODY;
    }
  }

  /**
   * The connected member that has applied most, if that is more than here; who was asked in vain is
   * passed over.
   */
  private int ahead() {
    int best = NOBODY;
    for (int i = 0; i < replica.peers.length; i++) {
      Peer peer = replica.peers[i];
      if (i != replica.self
          && peer.connected
          && peer.applied > replica.applied()
          && (best == NOBODY || peer.applied > replica.peers[best].applied)) {
        best = i;
      }
    }
    return best;
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
    if (instance.stage() == Stage.IDLE) {
      return;
    }
    if (instance.proposed(replica.self)) {
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
    long id = slot.instance.proposal(replica.self);
    CommandBatch body =
        BatchId.isBatch(id) && replica.configuration.owner(slot.number) == replica.self
            ? replica.bodyOf(slot, id)
            : null;
    int flags = Output.SEND | (body != null ? Output.SEND_BATCH : 0);
    replica.output.add(Kind.PROPOSE, flags, to, slot.number, 0, (byte) 0, id, body);
  }

  private void send(Kind kind, Slot slot, int to, int phase, byte value, long id) {
    replica.output.add(kind, Output.SEND, to, slot.number, phase, value, id, null);
  }
}
