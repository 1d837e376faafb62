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

  /** So long whose snapshot was installed may be silent before others are asked, too. */
  private static final long SOURCE_NANOS = 3_000_000_000L;

  private final Replica replica;
  private int asked = NOBODY;
  private long askedAt;
  private long askedFrom = -1;
  private boolean catchingUp;
  private boolean takesSnapshot;
  private boolean inVain;

  /** Whose snapshot was installed, until all is caught up with. */
  private int source = NOBODY;

  private long sourceAt;

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
    int peer = takesSnapshot ? NOBODY : next(NOBODY, now);
    if (peer == NOBODY) {
      catchingUp = false;
      asked = NOBODY;
      source = NOBODY;
      return;
    }
    long gap = replica.peers.get(peer).applied - replica.applied();
    catchingUp |= gap > replica.governing().alpha() || now - progressAt > replica.waits.owner();
    boolean free = asked == NOBODY || inVain || now - askedAt > replica.waits.resend();
    if (catchingUp
        && free
        && (askedFrom != replica.applied() || now - askedAt > replica.waits.owner())) {
      int other = asked == NOBODY ? NOBODY : next(asked, now);
      asked = other == NOBODY ? peer : other;
      askedAt = now;
      inVain = false;
      askedFrom = replica.applied();
      replica.output.add(
          Kind.CATCH_UP_REQUEST, Output.SEND, asked, askedFrom, MAX_BYTES, (byte) 0, 0, null);
    }
  }

  void answered(int from) {
    if (from == asked) {
      asked = NOBODY;
    }
    if (from == source) {
      sourceAt = replica.now;
    }
  }

  void takesSnapshot(boolean taking) {
    takesSnapshot = taking;
  }

  /**
   * The state is now that of this member's snapshot, and it alone is asked for what follows, as
   * long as it answers: it keeps the log from there on for who has fetched that, while others may
   * have let go of it and would offer a snapshot again, for ever.
   */
  void installed(int peer) {
    source = peer;
    sourceAt = replica.now;
  }

  /** This one could not help: another one is asked next, at once. */
  void inVain(int peer) {
    asked = peer;
    source = NOBODY;
    inVain = true;
    askedFrom = -1;
  }

  /** Who is asked next, and not this one if there is another. */
  private int next(int inVain, long now) {
    boolean follows = source != NOBODY && now - sourceAt <= SOURCE_NANOS && isAhead(source);
    return follows ? source : ahead(inVain);
  }

  /** The connected member that has applied most, if that is more than here; not this one. */
  private int ahead(int inVain) {
    int best = NOBODY;
    for (int i = 0; i < replica.peers.size(); i++) {
      if (i != inVain
          && isAhead(i)
          && (best == NOBODY || replica.peers.get(i).applied > replica.peers.get(best).applied)) {
        best = i;
      }
    }
    return best;
  }

  private boolean isAhead(int place) {
    Peer peer = replica.peers.get(place);
    return place != replica.self && peer.connected && peer.applied > replica.applied();
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
