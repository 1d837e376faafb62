package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.Token;
import io.rabia.core.message.MessageHandler;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.Window.Slot;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What others say: notes it where it belongs and marks the slots that it may move. One thread. */
final class Incoming implements MessageHandler {
  private final Replica replica;
  private int from;

  Incoming(Replica replica) {
    this.replica = replica;
  }

  Incoming from(int peer, long peerApplied) {
    from = peer;
    Peer sender = replica.peers.get(peer);
    sender.applied = Math.max(sender.applied, peerApplied);
    return this;
  }

  @Override
  public void onPropose(long number, long id, @Nullable CommandBatch batch) {
    int index = replica.eras.of(number).index(from);
    if (index < 0) {
      return;
    }
    boolean opened = replica.window.peek(number) != null;
    Slot slot = place(number, id);
    if (batch != null) {
      replica.batches.hold(batch);
    }
    if (slot == null) {
      return;
    }
    replica.lanes().started(number);
    if (batch != null) {
      keep(slot, batch);
    }
    if (!slot.instance.onPropose(index, id)) {
      replica.catchUp.repeated(slot, from, replica.now);
      return;
    }
    if (slot.era.owner(number) == index) {
      replica.lanes().ownerSpoke(from, slot, id, opened ? replica.now - slot.seenAt : 0);
    }
    replica.touch(slot);
  }

  /** A batch is held and followed as if it were proposed; it counts for nothing. */
  @Override
  public void onOffer(long number, @Nullable CommandBatch batch) {
    Era era = replica.eras.of(number);
    int index = era.index(from);
    if (index < 0) {
      return;
    }
    long id = batch == null ? BatchId.NOOP : batch.id();
    Slot slot = place(number, id);
    if (batch != null) {
      replica.batches.hold(batch);
    }
    if (slot == null) {
      return;
    }
    replica.lanes().started(number);
    if (batch != null) {
      keep(slot, batch);
    }
    offered(slot, index, id);
  }

  /** What comes first is followed; NOOP only by the owner's word. */
  private void offered(Slot slot, int index, long id) {
    boolean byOwner = slot.era.owner(slot.number) == index;
    if (byOwner && slot.offered == BatchId.NONE && !slot.instance.proposed(index)) {
      slot.offered = id;
      if (BatchId.isBatch(id)) {
        replica.lanes().ownerOffered(from, slot, id);
      }
    } else if (!byOwner && slot.offeredInstead == BatchId.NONE && BatchId.isBatch(id)) {
      slot.offeredInstead = id;
    }
    replica.touch(slot);
  }

  /** The slot may need a batch that its origin's queue has no place for. */
  private void keep(Slot slot, CommandBatch batch) {
    boolean lost = slot.instance.decided() && slot.instance.decidedId() != batch.id();
    if (slot.body == null && !lost && slot.number >= replica.applied()) {
      slot.body = batch;
    }
  }

  @Override
  public void onVote1(long number, int phase, byte value, long id) {
    int index = replica.eras.of(number).index(from);
    Slot slot = index < 0 ? null : place(number, id);
    if (slot != null) {
      replica.lanes().started(number);
      voted(slot, slot.instance.onVote1(index, phase, value, id));
    }
  }

  @Override
  public void onVote2(long number, int phase, byte value, long id) {
    int index = replica.eras.of(number).index(from);
    Slot slot = index < 0 ? null : place(number, id);
    if (slot != null) {
      replica.lanes().started(number);
      voted(slot, slot.instance.onVote2(index, phase, value, id));
    }
  }

  private void voted(Slot slot, boolean fresh) {
    if (fresh) {
      replica.touch(slot);
    } else {
      replica.catchUp.repeated(slot, from, replica.now);
    }
  }

  @Override
  public void onDecide(long number, long id, @Nullable CommandBatch batch) {
    Slot slot = place(number, id);
    if (slot == null || number < replica.applied()) {
      return;
    }
    replica.lanes().started(number);
    if (batch != null) {
      slot.body = batch;
    }
    slot.heard |= slot.instance.onDecide(id);
    replica.settle(slot);
  }

  @Override
  public void onBatchRequest(long id) {
    CommandBatch batch = replica.batches.find(id, replica.applied());
    if (batch != null) {
      replica.output.add(
          Kind.BATCH_REPLY, Output.SEND | Output.SEND_BATCH, from, 0, 0, (byte) 0, id, batch);
    }
  }

  @Override
  public void onBatchReply(CommandBatch batch) {
    replica.batches.hold(batch);
    for (long number = replica.applied();
        number < Math.min(replica.lanes().startedEnd(), replica.limit());
        number++) {
      Slot slot = replica.window.peek(number);
      if (slot != null && slot.body == null && names(slot, batch.id())) {
        slot.body = batch;
        replica.touch(slot);
      }
    }
  }

  private boolean names(Slot slot, long id) {
    if (slot.instance.decided()) {
      return slot.instance.decidedId() == id;
    }
    if (slot.offered == id || slot.offeredInstead == id) {
      return true;
    }
    for (int i = 0; i < slot.era.size(); i++) {
      if (slot.instance.proposal(i) == id) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void onCatchUpRequest(long fromSlot, int maxBytes) {
    replica.catchUp.onRequest(from, fromSlot, maxBytes);
  }

  @Override
  public void onCatchUpEnd(long nextSlot) {
    replica.catchUp.answered(from);
  }

  @Override
  public void onReadProbe(long nonce) {
    if (replica.firstVote() <= replica.applied()) {
      replica.output.add(
          Kind.READ_REPLY, Output.SEND, from, nonce, 0, (byte) 0, replica.highestTakenPart(), null);
    }
  }

  @Override
  public void onReadReply(long nonce, long highestSlot) {
    replica.barrier.onReply(from, nonce, highestSlot);
    replica.barrier.onApplied(replica.applied(), replica.eras.of(replica.applied()));
  }

  @Override
  public void onHeartbeat() {}

  @Override
  public void onStateHash(long afterSlots, long hash) {
    int origin = replica.eras.origin(replica.peers.get(from).token);
    replica.states().said(replica.eras.of(afterSlots - 1).configuration, origin, afterSlots, hash);
  }

  @Override
  public void onFormationAsk(Token founder) {}

  @Override
  public void onFormationPromise(Token founder, Token own) {}

  @Override
  public void onInit(ByteBuffer init) {}

  @Override
  public void onIdentity(int nodeId, Token token) {}

  @Override
  public void onNumbers(long end) {}

  @Override
  public void onSnapshotOffer(long snapshot, long length, int checksum) {
    replica.catchUp.answered(from);
    replica.snapshots.onOffer(from, snapshot, length, checksum);
  }

  @Override
  public void onSnapshotRequest(long snapshot, int checksum, long offset) {
    replica.snapshots.onRequest(from, snapshot, checksum, offset);
  }

  @Override
  public void onSnapshotChunk(long snapshot, int checksum, long offset, ByteBuffer bytes) {
    replica.snapshots.onChunk(from, snapshot, checksum, offset, bytes);
  }

  @Override
  public void onInstalled(long snapshot) {}

  /** The place of a slot that a message is for, or null when there is none. */
  private @Nullable Slot place(long number, long id) {
    if (BatchId.isBatch(id) && BatchId.origin(id) >= replica.eras.origins()) {
      // Of one who becomes a member in a slot that is not replica.applied() here yet: it comes
      // again.
      return null;
    }
    if (number < replica.applied()) {
      return replica.window.peek(number);
    }
    if (!replica.window.holds(number, replica.applied())) {
      return null;
    }
    Slot slot = replica.window.at(number, replica.now);
    if (number >= replica.limit()) {
      slot.instance.hold();
    }
    return slot;
  }
}
