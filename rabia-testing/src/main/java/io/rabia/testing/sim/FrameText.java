package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.StateValue;
import io.rabia.core.Token;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageHandler;
import java.nio.ByteBuffer;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Frames, ids and votes as a trace shows them. One thread. */
final class FrameText implements MessageHandler {
  private static final long ALL = -1;

  private final StringJoiner text;
  private final long only;

  private FrameText(String before, long only) {
    text = new StringJoiner(", ", before, "");
    this.only = only;
  }

  /** The sender's applied prefix in brackets, then its messages. */
  static String of(ByteBuffer frame) {
    return read(frame, new FrameText("[" + FrameHeader.applied(frame) + "] ", ALL));
  }

  /** Its messages about one slot, without repeating that; empty if there are none. */
  static String of(ByteBuffer frame, long slot) {
    return read(frame, new FrameText("", slot));
  }

  private static String read(ByteBuffer frame, FrameText reader) {
    FrameHeader.skip(frame);
    MessageCodec.read(frame, reader);
    return reader.text.toString();
  }

  /** {@code 2.7} for batch 7 of node 2, or noop, or nothing. */
  static String id(long id) {
    if (id == BatchId.NONE) {
      return "nothing";
    }
    return id == BatchId.NOOP ? "noop" : BatchId.origin(id) + 1 + "." + BatchId.number(id);
  }

  /** {@code V1(2.7)}, {@code V0} or {@code V?}. */
  static String vote(byte value, long id) {
    String of = id == BatchId.NONE ? "" : "(" + id(id) + ")";
    if (value == StateValue.CODE_VQUESTION) {
      return "V?" + of;
    }
    return value == StateValue.CODE_V1 ? "V1" + of : "V0";
  }

  private static String body(@Nullable CommandBatch batch) {
    return batch == null ? "" : " with body";
  }

  private void add(String message) {
    if (only == ALL) {
      text.add(message);
    }
  }

  private void add(String kind, long slot, String phase, String value) {
    if (only == ALL) {
      text.add(kind + " " + slot + phase + "=" + value);
    } else if (only == slot) {
      text.add(kind + phase + "=" + value);
    }
  }

  @Override
  public void onPropose(long slot, long id, @Nullable CommandBatch batch) {
    add("propose", slot, "", id(id) + body(batch));
  }

  @Override
  public void onVote1(long slot, int phase, byte value, long id) {
    add("vote1", slot, "/" + phase, vote(value, id));
  }

  @Override
  public void onVote2(long slot, int phase, byte value, long id) {
    add("vote2", slot, "/" + phase, vote(value, id));
  }

  @Override
  public void onDecide(long slot, long id, @Nullable CommandBatch batch) {
    add("decide", slot, "", id(id) + body(batch));
  }

  @Override
  public void onBatchRequest(long id) {
    add("asks for batch " + id(id));
  }

  @Override
  public void onBatchReply(CommandBatch batch) {
    add("batch " + id(batch.id()));
  }

  @Override
  public void onCatchUpRequest(long fromSlot, int maxBytes) {
    add("asks for decisions from " + fromSlot);
  }

  @Override
  public void onCatchUpEnd(long nextSlot) {
    add("decisions end before " + nextSlot);
  }

  @Override
  public void onReadProbe(long nonce) {
    add("barrier " + Long.toHexString(nonce) + " asks");
  }

  @Override
  public void onReadReply(long nonce, long highestSlot) {
    add("barrier " + Long.toHexString(nonce) + " is told " + highestSlot);
  }

  @Override
  public void onHeartbeat() {
    add("heartbeat");
  }

  @Override
  public void onStateHash(long applied, long hash) {
    add("state " + Long.toHexString(hash) + " after " + applied + " slots");
  }

  @Override
  public void onFormationAsk(Token founder) {
    add("founder " + founder + " asks");
  }

  @Override
  public void onFormationPromise(Token founder, Token own) {
    add(own + " promises to founder " + founder);
  }

  @Override
  public void onInit(ByteBuffer init) {
    add("INIT");
  }

  @Override
  public void onIdentity(int nodeId, Token token) {
    add("node " + nodeId + " is " + token);
  }

  @Override
  public void onNumbers(long end) {
    add("batch numbers up to " + end);
  }

  @Override
  public void onSnapshotOffer(long applied, long length, int checksum) {
    add("offers a snapshot of " + applied + " slots, " + length + " bytes");
  }

  @Override
  public void onSnapshotRequest(long applied, int checksum, long offset) {
    add("asks for the snapshot of " + applied + " slots from byte " + offset);
  }

  @Override
  public void onSnapshotChunk(long applied, int checksum, long offset, ByteBuffer bytes) {
    add(bytes.remaining() + " bytes of the snapshot of " + applied + " slots from " + offset);
  }

  @Override
  public void onInstalled(long applied) {
    add("goes on after a snapshot of " + applied + " slots");
  }
}
