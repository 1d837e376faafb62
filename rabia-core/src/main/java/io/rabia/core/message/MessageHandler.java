package io.rabia.core.message;

import io.rabia.core.CommandBatch;
import io.rabia.core.Token;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The messages as primitives: how they leave the decoder and enter the protocol without an object a
 * vote. Ids are packed {@link io.rabia.core.BatchId}s, values {@link io.rabia.core.StateValue}
 * codes. Records of the log are the same messages, said by a member to its later self.
 */
public interface MessageHandler {

  void onPropose(long slot, long id, @Nullable CommandBatch batch);

  void onVote1(long slot, int phase, byte value, long id);

  void onVote2(long slot, int phase, byte value, long id);

  void onDecide(long slot, long id, @Nullable CommandBatch batch);

  /** The sender is about to propose this batch, or NOOP, there: nothing is promised. */
  void onOffer(long slot, @Nullable CommandBatch batch);

  void onBatchRequest(long id);

  void onBatchReply(CommandBatch batch);

  void onCatchUpRequest(long fromSlot, int maxBytes);

  /** The answer to a catch-up request is complete; the next slot that the peer would ask for. */
  void onCatchUpEnd(long nextSlot);

  void onReadProbe(long nonce);

  void onReadReply(long nonce, long highestSlot);

  /** Nothing but what the frame's header says. */
  void onHeartbeat();

  /** The sender's state after so many slots has this hash. */
  void onStateHash(long applied, long hash);

  /** The founder asks for a promise to take INIT from this token only. */
  void onFormationAsk(Token founder);

  /** The answer: promised, as the member with this token. */
  void onFormationPromise(Token founder, Token own);

  /** The first configuration, encoded; valid only during the call. */
  void onInit(ByteBuffer init);

  /** Log only: the node's own id and token. */
  void onIdentity(int nodeId, Token token);

  /** Log only: batch numbers up to this one may have been used. */
  void onNumbers(long end);

  /**
   * What was asked for is no longer in the log: a snapshot of so many applied slots is there, of so
   * many bytes with this checksum.
   */
  void onSnapshotOffer(long applied, long length, int checksum);

  /** Asks for the bytes of the snapshot that was offered, from {@code offset} on. */
  void onSnapshotRequest(long applied, int checksum, long offset);

  /** Bytes of a snapshot, which have the checksum of the message; valid only during the call. */
  void onSnapshotChunk(long applied, int checksum, long offset, ByteBuffer bytes);

  /** Log only: the log goes on after a member's snapshot of so many applied slots. */
  void onInstalled(long applied);
}
