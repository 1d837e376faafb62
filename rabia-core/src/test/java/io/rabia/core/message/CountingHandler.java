package io.rabia.core.message;

import io.rabia.core.CommandBatch;
import io.rabia.core.Token;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Counts messages. */
final class CountingHandler implements MessageHandler {
  long heard;

  @Override
  public void onPropose(long slot, long id, @Nullable CommandBatch batch) {
    heard++;
  }

  @Override
  public void onVote1(long slot, int phase, byte value, long id) {
    heard++;
  }

  @Override
  public void onVote2(long slot, int phase, byte value, long id) {
    heard++;
  }

  @Override
  public void onDecide(long slot, long id, @Nullable CommandBatch batch) {
    heard++;
  }

  @Override
  public void onOffer(long slot, @Nullable CommandBatch batch) {
    heard++;
  }

  @Override
  public void onBatchRequest(long id) {
    heard++;
  }

  @Override
  public void onBatchReply(CommandBatch batch) {
    heard++;
  }

  @Override
  public void onCatchUpRequest(long fromSlot, int maxBytes) {
    heard++;
  }

  @Override
  public void onCatchUpEnd(long nextSlot) {
    heard++;
  }

  @Override
  public void onReadProbe(long nonce) {
    heard++;
  }

  @Override
  public void onReadReply(long nonce, long highestSlot) {
    heard++;
  }

  @Override
  public void onHeartbeat() {
    heard++;
  }

  @Override
  public void onStateHash(long applied, long hash) {
    heard++;
  }

  @Override
  public void onFormationAsk(Token founder) {
    heard++;
  }

  @Override
  public void onFormationPromise(Token founder, Token own) {
    heard++;
  }

  @Override
  public void onInit(ByteBuffer init) {
    heard++;
  }

  @Override
  public void onIdentity(int nodeId, Token token) {
    heard++;
  }

  @Override
  public void onNumbers(long end) {
    heard++;
  }

  @Override
  public void onSnapshotOffer(long applied, long length, int checksum) {
    heard++;
  }

  @Override
  public void onSnapshotRequest(long applied, int checksum, long offset) {
    heard++;
  }

  @Override
  public void onSnapshotChunk(long applied, int checksum, long offset, ByteBuffer bytes) {
    heard++;
  }

  @Override
  public void onInstalled(long applied) {
    heard++;
  }
}
