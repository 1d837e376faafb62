package io.rabia.engine.protocol;

import io.rabia.core.CommandBatch;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.Window.Slot;
import org.jspecify.annotations.Nullable;

/**
 * How a member that is behind gets the decisions that it missed (protocol.md section 4): it asks
 * one that is ahead from its own prefix on, and is answered with decisions and their batches, from
 * memory or, further back, from the log.
 */
final class CatchUp {
  private static final int MAX_BYTES = 1 << 20;
  private static final int NOBODY = -1;

  private final Replica replica;
  private int asked = NOBODY;
  private long askedAt;
  private long askedFrom = -1;
  private boolean catchingUp;

  CatchUp(Replica replica) {
    this.replica = replica;
  }

  // ---- asking

  /** Is someone known to have applied more? */
  boolean behind() {
    return ahead(NOBODY) != NOBODY;
  }

  /**
   * @param progressAt when the applied prefix grew last
   */
  void advance(long now, long progressAt) {
    int peer = ahead(NOBODY);
    if (peer == NOBODY) {
      catchingUp = false;
      asked = NOBODY;
      return;
    }
    long gap = replica.peers.get(peer).applied - replica.applied();
    catchingUp |= gap > replica.governing().alpha() || now - progressAt > replica.waits.owner();
    boolean free = asked == NOBODY || now - askedAt > replica.waits.resend();
    if (catchingUp
        && free
        && (askedFrom != replica.applied() || now - askedAt > replica.waits.owner())) {
      int other = asked == NOBODY ? NOBODY : ahead(asked);
      asked = other == NOBODY ? peer : other;
      askedAt = now;
      askedFrom = replica.applied();
      replica.output.add(
          Kind.CATCH_UP_REQUEST, Output.SEND, asked, askedFrom, MAX_BYTES, (byte) 0, 0, null);
    }
  }

  void answered(int from) {
    if (from == asked) {
      asked = NOBODY;
    }
  }

  /** The connected member that has applied most, if that is more than here; not this one. */
  private int ahead(int inVain) {
    int best = NOBODY;
    for (int i = 0; i < replica.peers.size(); i++) {
      Peer peer = replica.peers.get(i);
      if (i != replica.self
          && i != inVain
          && peer.connected
          && peer.applied > replica.applied()
          && (best == NOBODY || peer.applied > replica.peers.get(best).applied)) {
        best = i;
      }
    }
    return best;
  }

  // ---- answering

  void onRequest(int from, long fromSlot, int maxBytes) {
    Retention retention = replica.retention;
    long end = Math.min(replica.applied(), fromSlot + 2L * replica.governing().alpha());
    if (fromSlot < end && !retention.holds(fromSlot)) {
      replica.output.add(Kind.CATCH_UP_REQUEST, 0, from, fromSlot, maxBytes, (byte) 0, end, null);
      return;
    }
    long next = fromSlot;
    for (int bytes = 0; next < end && bytes < maxBytes; next++) {
      CommandBatch body = retention.body(next);
      bytes += body == null ? 32 : body.size();
      decide(from, next, retention.id(next), body);
    }
    replica.output.add(Kind.CATCH_UP_END, Output.SEND, from, next, 0, (byte) 0, 0, null);
  }

  /**
   * A message came again: its sender misses something. Who is known to be behind a decision here is
   * told it.
   */
  void repeated(Slot slot, int from, long now) {
    if (!slot.instance.decided() || replica.peers.get(from).applied > slot.number) {
      return;
    }
    long before = slot.answeredAt(from);
    if (before == 0 || now - before >= replica.waits.resend()) {
      slot.answered(from, now);
      decide(from, slot.number, slot.instance.decidedId(), null);
    }
  }

  private void decide(int to, long slot, long id, @Nullable CommandBatch body) {
    int flags = Output.SEND | (body == null ? 0 : Output.SEND_BATCH);
    replica.output.add(Kind.DECIDE, flags, to, slot, 0, (byte) 0, id, body);
  }
}
