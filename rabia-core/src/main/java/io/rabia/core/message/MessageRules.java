package io.rabia.core.message;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.StateValue;
import io.rabia.core.Token;
import org.jspecify.annotations.Nullable;

/**
 * What a well-formed message is: one definition for writers, readers and records. Pure functions.
 */
final class MessageRules {

  static final int MAX_CHUNK_BYTES = 256 << 10;

  private MessageRules() {}

  static boolean propose(long slot, long id, @Nullable CommandBatch batch) {
    return slot >= 0 && BatchId.isValue(id) && (batch == null || batch.id() == id);
  }

  static boolean vote1(long slot, int phase, byte value, long id) {
    return slot >= 0 && phase >= 1 && value != StateValue.CODE_VQUESTION && vote(value, id);
  }

  /** Phase 0 has no V0: its first round knows only proposals. */
  static boolean vote2(long slot, int phase, byte value, long id) {
    return slot >= 0 && phase >= 0 && (phase > 0 || value != StateValue.CODE_V0) && vote(value, id);
  }

  private static boolean vote(byte value, long id) {
    return switch (value) {
      case StateValue.CODE_V0 -> id == BatchId.NONE;
      case StateValue.CODE_V1 -> BatchId.isValue(id);
      case StateValue.CODE_VQUESTION -> id == BatchId.NONE || BatchId.isValue(id);
      default -> false;
    };
  }

  static boolean decide(long slot, long id, @Nullable CommandBatch batch) {
    return id == BatchId.NONE ? slot >= 0 && batch == null : propose(slot, id, batch);
  }

  static boolean catchUpRequest(long fromSlot, int maxBytes) {
    return fromSlot >= 0 && maxBytes > 0;
  }

  /** -1: neither applied nor participated in any slot yet. */
  static boolean readReply(long highestSlot) {
    return highestSlot >= -1;
  }

  static boolean token(Token token) {
    return (token.high() | token.low()) != 0;
  }

  static boolean nodeId(int nodeId) {
    return nodeId >= 1 && nodeId <= 0xFFFF;
  }

  static boolean numbers(long end) {
    return end >= 0 && end <= BatchId.MAX_NUMBER;
  }

  static boolean snapshotOffer(long applied, long length) {
    return applied > 0 && length > 0;
  }

  static boolean snapshotRequest(long applied, long offset) {
    return applied > 0 && offset >= 0;
  }

  static boolean snapshotChunk(long applied, long offset, int length) {
    return snapshotRequest(applied, offset) && length > 0 && length <= MAX_CHUNK_BYTES;
  }
}
