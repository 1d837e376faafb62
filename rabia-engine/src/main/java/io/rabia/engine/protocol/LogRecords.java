package io.rabia.engine.protocol;

import io.rabia.core.CommandBatch;
import io.rabia.core.Token;
import io.rabia.core.message.MessageHandler;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads decisions and batches out of the records of a log, and passes over everything else. */
@Internal
public class LogRecords implements MessageHandler {

  /** Takes the decision of a slot. */
  @FunctionalInterface
  public interface DecisionSink {
    void decision(long slot, long id);
  }

  /**
   * A reader that hands every batch to {@code bodies} before any decision for it to {@code
   * decisions}.
   */
  public static MessageHandler decisions(Consumer<CommandBatch> bodies, DecisionSink decisions) {
    return new LogRecords() {
      @Override
      public void onPropose(long slot, long id, @Nullable CommandBatch batch) {
        if (batch != null) {
          bodies.accept(batch);
        }
      }

      @Override
      public void onDecide(long slot, long id, @Nullable CommandBatch batch) {
        if (batch != null) {
          bodies.accept(batch);
        }
        decisions.decision(slot, id);
      }
    };
  }

  @Override
  public void onPropose(long slot, long id, @Nullable CommandBatch batch) {}

  @Override
  public void onVote1(long slot, int phase, byte value, long id) {}

  @Override
  public void onVote2(long slot, int phase, byte value, long id) {}

  @Override
  public void onDecide(long slot, long id, @Nullable CommandBatch batch) {}

  @Override
  public void onOffer(long slot, @Nullable CommandBatch batch) {}

  @Override
  public void onBatchRequest(long id) {}

  @Override
  public void onBatchReply(CommandBatch batch) {}

  @Override
  public void onCatchUpRequest(long fromSlot, int maxBytes) {}

  @Override
  public void onCatchUpEnd(long nextSlot) {}

  @Override
  public void onReadProbe(long nonce) {}

  @Override
  public void onReadReply(long nonce, long highestSlot) {}

  @Override
  public void onHeartbeat() {}

  @Override
  public void onStateHash(long applied, long hash) {}

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
  public void onSnapshotOffer(long applied, long length, int checksum) {}

  @Override
  public void onSnapshotRequest(long applied, int checksum, long offset) {}

  @Override
  public void onSnapshotChunk(long applied, int checksum, long offset, ByteBuffer bytes) {}

  @Override
  public void onInstalled(long applied) {}
}
