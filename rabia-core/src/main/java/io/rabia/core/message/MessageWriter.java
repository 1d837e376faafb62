package io.rabia.core.message;

import io.rabia.core.CommandBatch;
import io.rabia.core.Token;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Appends what it hears to a buffer in the form of {@link MessageCodec}. */
record MessageWriter(ByteBuffer out) implements MessageHandler {

  @Override
  public void onPropose(long slot, long id, @Nullable CommandBatch batch) {
    MessageCodec.propose(out, slot, id, batch);
  }

  @Override
  public void onVote1(long slot, int phase, byte value, long id) {
    MessageCodec.vote1(out, slot, phase, value, id);
  }

  @Override
  public void onVote2(long slot, int phase, byte value, long id) {
    MessageCodec.vote2(out, slot, phase, value, id);
  }

  @Override
  public void onDecide(long slot, long id, @Nullable CommandBatch batch) {
    MessageCodec.decide(out, slot, id, batch);
  }

  @Override
  public void onOffer(long slot, @Nullable CommandBatch batch) {
    MessageCodec.offer(out, slot, batch);
  }

  @Override
  public void onBatchRequest(long id) {
    MessageCodec.batchRequest(out, id);
  }

  @Override
  public void onBatchReply(CommandBatch batch) {
    MessageCodec.batchReply(out, batch);
  }

  @Override
  public void onCatchUpRequest(long fromSlot, int maxBytes) {
    MessageCodec.catchUpRequest(out, fromSlot, maxBytes);
  }

  @Override
  public void onCatchUpEnd(long nextSlot) {
    MessageCodec.catchUpEnd(out, nextSlot);
  }

  @Override
  public void onReadProbe(long nonce) {
    MessageCodec.readProbe(out, nonce);
  }

  @Override
  public void onReadReply(long nonce, long highestSlot) {
    MessageCodec.readReply(out, nonce, highestSlot);
  }

  @Override
  public void onHeartbeat() {
    MessageCodec.heartbeat(out);
  }

  @Override
  public void onStateHash(long applied, long hash) {
    MessageCodec.stateHash(out, applied, hash);
  }

  @Override
  public void onFormationAsk(Token founder) {
    MessageCodec.formationAsk(out, founder);
  }

  @Override
  public void onFormationPromise(Token founder, Token own) {
    MessageCodec.formationPromise(out, founder, own);
  }

  @Override
  public void onInit(ByteBuffer init) {
    MessageCodec.init(out, init);
  }

  @Override
  public void onIdentity(int nodeId, Token token) {
    MessageCodec.identity(out, nodeId, token);
  }

  @Override
  public void onNumbers(long end) {
    MessageCodec.numbers(out, end);
  }

  @Override
  public void onSnapshotOffer(long applied, long length, int checksum) {
    MessageCodec.snapshotOffer(out, applied, length, checksum);
  }

  @Override
  public void onSnapshotRequest(long applied, int checksum, long offset) {
    MessageCodec.snapshotRequest(out, applied, checksum, offset);
  }

  @Override
  public void onSnapshotChunk(long applied, int checksum, long offset, ByteBuffer bytes) {
    MessageCodec.snapshotChunk(out, applied, checksum, offset, bytes);
  }

  @Override
  public void onInstalled(long applied) {
    MessageCodec.installed(out, applied);
  }
}
