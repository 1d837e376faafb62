package io.rabia.core.message;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import io.rabia.core.StateValue;
import io.rabia.core.Token;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A message as a value: the form for JSON, traces and tests, made from the primitives of {@link
 * MessageHandler}, never on the hot path. Immutable and thread-safe. Constructors throw {@link
 * RabiaException.Validation} for what {@link MessageCodec} would refuse.
 *
 * <table>
 * <caption>Names here and in the paper (Algorithms 1 to 3)</caption>
 * <tr><th>here</th><th>paper</th></tr>
 * <tr><td>{@link Propose}</td><td>Proposal, the exchange stage of Weak-MVC; phase 0, round
 *     1</td></tr>
 * <tr><td>{@link Vote1}</td><td>State, round 1 of a phase</td></tr>
 * <tr><td>{@link Vote2}</td><td>Vote, round 2 of a phase; in phase 0 it stands for the first State
 *     as well</td></tr>
 * <tr><td>{@link Decide}</td><td>Decision</td></tr>
 * <tr><td>slot</td><td>seq</td></tr>
 * <tr><td>batch, its id</td><td>request</td></tr>
 * <tr><td>{@link StateValue#VQUESTION}</td><td>?</td></tr>
 * <tr><td>{@link BatchId#NONE} in Decide</td><td>the null value, ⊥</td></tr>
 * <tr><td>{@link BatchRequest}, {@link BatchReply}, {@link CatchUpRequest}, {@link CatchUpEnd}</td>
 *     <td>fetching what a slow replica missed (section 4); a CatchUpRequest is answered with Decides
 *     and a CatchUpEnd</td></tr>
 * <tr><td>{@link ReadProbe}, {@link ReadReply}, {@link Heartbeat}, {@link FormationAsk}, {@link
 *     FormationPromise}, {@link Init}, {@link Identity}, {@link Numbers}, {@link SnapshotOffer},
 *     {@link SnapshotRequest}, {@link SnapshotChunk}, {@link Installed}, {@link StateHash}, {@link
 *     Offer}</td>
 *     <td>not in the paper</td></tr>
 * </table>
 */
public sealed interface Message {

  /** Says this message to a handler, as the decoder would. */
  void accept(MessageHandler handler);

  /** Appends the form of {@link MessageCodec}. */
  default void writeTo(ByteBuffer out) {
    accept(new MessageWriter(out));
  }

  /** The sender's value for a slot; with the batch when it comes from its origin. */
  record Propose(long slot, long id, @Nullable CommandBatch batch) implements Message {
    public Propose {
      valid(MessageRules.propose(slot, id, batch), "Propose");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onPropose(slot, id, batch);
    }

    @Override
    public String toString() {
      return "Propose[slot=" + slot + ", id=" + BatchId.toString(id) + ", batch=" + batch + "]";
    }
  }

  /** The sender's state at the start of a phase from 1 on; V1 with the id that it stands for. */
  record Vote1(long slot, int phase, StateValue value, long id) implements Message {
    public Vote1 {
      valid(MessageRules.vote1(slot, phase, value.code(), id), "Vote1");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onVote1(slot, phase, value.code(), id);
    }

    @Override
    public String toString() {
      return vote("Vote1", slot, phase, value, id);
    }
  }

  /** The sender's vote to decide in a phase; VQUESTION with the id of a V1 that it saw, if any. */
  record Vote2(long slot, int phase, StateValue value, long id) implements Message {
    public Vote2 {
      valid(MessageRules.vote2(slot, phase, value.code(), id), "Vote2");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onVote2(slot, phase, value.code(), id);
    }

    @Override
    public String toString() {
      return vote("Vote2", slot, phase, value, id);
    }
  }

  /** What a slot holds; {@link BatchId#NONE}: nothing, it is forfeited. */
  record Decide(long slot, long id, @Nullable CommandBatch batch) implements Message {
    public Decide {
      valid(MessageRules.decide(slot, id, batch), "Decide");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onDecide(slot, id, batch);
    }

    @Override
    public String toString() {
      return "Decide[slot=" + slot + ", id=" + BatchId.toString(id) + ", batch=" + batch + "]";
    }
  }

  /** Asks for a batch that was decided or proposed and has not arrived. */
  record BatchRequest(long id) implements Message {
    public BatchRequest {
      valid(BatchId.isBatch(id), "BatchRequest");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onBatchRequest(id);
    }

    @Override
    public String toString() {
      return "BatchRequest[id=" + BatchId.toString(id) + "]";
    }
  }

  /**
   * The sender is about to propose this there: nothing is promised.
   *
   * @param batch null: NOOP, in a slot of its own
   */
  record Offer(long slot, @Nullable CommandBatch batch) implements Message {
    public Offer {
      valid(slot >= 0, "Offer");
    }

    /** What is about to be proposed. */
    public long id() {
      return batch == null ? BatchId.NOOP : batch.id();
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onOffer(slot, batch);
    }
  }

  record BatchReply(CommandBatch batch) implements Message {
    @Override
    public void accept(MessageHandler handler) {
      handler.onBatchReply(batch);
    }
  }

  /** Asks for the decisions from a slot on, up to so many bytes at once. */
  record CatchUpRequest(long fromSlot, int maxBytes) implements Message {
    public CatchUpRequest {
      valid(MessageRules.catchUpRequest(fromSlot, maxBytes), "CatchUpRequest");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onCatchUpRequest(fromSlot, maxBytes);
    }
  }

  /** The answer to a catch-up request is complete; the next slot to ask for. */
  record CatchUpEnd(long nextSlot) implements Message {
    public CatchUpEnd {
      valid(nextSlot >= 0, "CatchUpEnd");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onCatchUpEnd(nextSlot);
    }
  }

  /** A read barrier asks for the highest slot that the receiver applied or took part in. */
  record ReadProbe(long nonce) implements Message {
    @Override
    public void accept(MessageHandler handler) {
      handler.onReadProbe(nonce);
    }
  }

  /** The answer; -1: no slot yet. */
  record ReadReply(long nonce, long highestSlot) implements Message {
    public ReadReply {
      valid(MessageRules.readReply(highestSlot), "ReadReply");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onReadReply(nonce, highestSlot);
    }
  }

  record Heartbeat() implements Message {
    @Override
    public void accept(MessageHandler handler) {
      handler.onHeartbeat();
    }
  }

  /** The sender's state after so many slots has this hash. */
  record StateHash(long applied, long hash) implements Message {
    public StateHash {
      valid(applied > 0, "StateHash");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onStateHash(applied, hash);
    }
  }

  record FormationAsk(Token founder) implements Message {
    public FormationAsk {
      valid(MessageRules.token(founder), "FormationAsk");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onFormationAsk(founder);
    }
  }

  record FormationPromise(Token founder, Token own) implements Message {
    public FormationPromise {
      valid(MessageRules.token(founder) && MessageRules.token(own), "FormationPromise");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onFormationPromise(founder, own);
    }
  }

  /** The first configuration, encoded; copied in. */
  record Init(ByteBuffer encoded) implements Message {
    public Init {
      valid(encoded.hasRemaining(), "Init");
      byte[] copy = new byte[encoded.remaining()];
      encoded.duplicate().get(copy);
      encoded = ByteBuffer.wrap(copy).asReadOnlyBuffer();
    }

    /** A read-only view with a position of its own. */
    @Override
    public ByteBuffer encoded() {
      return encoded.duplicate();
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onInit(encoded());
    }

    @Override
    public String toString() {
      return "Init[bytes=" + encoded.remaining() + "]";
    }
  }

  record Identity(int nodeId, Token token) implements Message {
    public Identity {
      valid(MessageRules.nodeId(nodeId) && MessageRules.token(token), "Identity");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onIdentity(nodeId, token);
    }
  }

  record Numbers(long end) implements Message {
    public Numbers {
      valid(MessageRules.numbers(end), "Numbers");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onNumbers(end);
    }
  }

  /** The answer to a catch-up request for what is no longer in the log. */
  record SnapshotOffer(long applied, long length, int checksum) implements Message {
    public SnapshotOffer {
      valid(MessageRules.snapshotOffer(applied, length), "SnapshotOffer");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onSnapshotOffer(applied, length, checksum);
    }
  }

  /** Asks for a chunk of the snapshot that was offered. */
  record SnapshotRequest(long applied, int checksum, long offset) implements Message {
    public SnapshotRequest {
      valid(MessageRules.snapshotRequest(applied, offset), "SnapshotRequest");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onSnapshotRequest(applied, checksum, offset);
    }
  }

  /** A part of a snapshot; copied in. */
  record SnapshotChunk(long applied, int checksum, long offset, ByteBuffer bytes)
      implements Message {
    public SnapshotChunk {
      valid(MessageRules.snapshotChunk(applied, offset, bytes.remaining()), "SnapshotChunk");
      byte[] copy = new byte[bytes.remaining()];
      bytes.duplicate().get(copy);
      bytes = ByteBuffer.wrap(copy).asReadOnlyBuffer();
    }

    /** A read-only view with a position of its own. */
    @Override
    public ByteBuffer bytes() {
      return bytes.duplicate();
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onSnapshotChunk(applied, checksum, offset, bytes());
    }

    @Override
    public String toString() {
      return "SnapshotChunk[applied="
          + applied
          + ", checksum="
          + checksum
          + ", offset="
          + offset
          + ", bytes="
          + bytes.remaining()
          + "]";
    }
  }

  record Installed(long applied) implements Message {
    public Installed {
      valid(applied > 0, "Installed");
    }

    @Override
    public void accept(MessageHandler handler) {
      handler.onInstalled(applied);
    }
  }

  private static void valid(boolean holds, String what) {
    if (!holds) {
      throw new RabiaException.Validation("malformed: " + what);
    }
  }

  private static String vote(String name, long slot, int phase, StateValue value, long id) {
    return name
        + "[slot="
        + slot
        + ", phase="
        + phase
        + ", value="
        + value
        + ", id="
        + BatchId.toString(id)
        + "]";
  }
}
