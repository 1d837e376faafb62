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

  /** Decisions that one frame tells one after the other, as far as they are shown. */
  private static final int MOST_TOLD = 4;

  private final StringJoiner text;
  private final long only;
  private final @Nullable Promises sender;
  private long group;
  private int told;
  private int hidden;
  private long lastHidden;

  private FrameText(String before, long only, @Nullable Promises sender) {
    text = new StringJoiner(", ", before, "");
    this.only = only;
    this.sender = sender;
  }

  /** The sender's applied prefix in brackets, then its messages. */
  static String of(ByteBuffer frame) {
    return read(frame, new FrameText(applied(frame), ALL, null));
  }

  /** The same as it leaves its sender: with reasons, and how safe it is. */
  static String of(ByteBuffer frame, Promises sender) {
    return read(frame, new FrameText(applied(frame), ALL, sender));
  }

  private static String applied(ByteBuffer frame) {
    return "[" + FrameHeader.applied(frame) + "] ";
  }

  /** Its messages about one slot, without repeating that; empty if there are none. */
  static String of(ByteBuffer frame, long slot) {
    return read(frame, new FrameText("", slot, null));
  }

  /** The same as it leaves its sender. */
  static String of(ByteBuffer frame, long slot, Promises sender) {
    return read(frame, new FrameText("", slot, sender));
  }

  private static String read(ByteBuffer frame, FrameText reader) {
    FrameHeader.skip(frame);
    MessageCodec.read(frame, reader);
    reader.endOfDecisions();
    Promises sender = reader.sender;
    return reader.text + (sender == null ? "" : sender.safety(reader.group));
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

  /** A vote without the batch that it names. */
  static String bare(String vote) {
    int batch = vote.indexOf('(');
    return batch < 0 ? vote : vote.substring(0, batch);
  }

  private static String body(@Nullable CommandBatch batch) {
    return batch == null ? "" : " with body";
  }

  private void add(String message) {
    endOfDecisions();
    if (only == ALL) {
      text.add(message);
    }
  }

  private void endOfDecisions() {
    if (hidden > 0) {
      text.add("and " + hidden + " more decisions up to slot " + lastHidden);
    }
    told = 0;
    hidden = 0;
  }

  private void add(Word word, String value, String more) {
    endOfDecisions();
    if (only == ALL || only == word.slot()) {
      String name = only == ALL ? word.toString() : word.name();
      String why = "";
      if (sender != null) {
        why = sender.leaves(word, value);
        group = Math.max(group, sender.group(word));
      }
      text.add(name + "=" + value + more + why);
    }
  }

  @Override
  public void onPropose(long slot, long id, @Nullable CommandBatch batch) {
    add(Word.proposal(slot), id(id), body(batch));
  }

  @Override
  public void onOffer(long slot, @Nullable CommandBatch batch) {
    endOfDecisions();
    if (only == ALL || only == slot) {
      text.add(
          (only == ALL ? "offer " + slot : "offer")
              + "="
              + id(batch == null ? BatchId.NOOP : batch.id()));
    }
  }

  @Override
  public void onVote1(long slot, int phase, byte value, long id) {
    add(Word.vote(Word.VOTE1, slot, phase), vote(value, id), "");
  }

  @Override
  public void onVote2(long slot, int phase, byte value, long id) {
    add(Word.vote(Word.VOTE2, slot, phase), vote(value, id), "");
  }

  @Override
  public void onDecide(long slot, long id, @Nullable CommandBatch batch) {
    if (only == ALL || only == slot) {
      String why = sender == null ? "" : sender.tells(slot, id(id));
      if (++told <= MOST_TOLD || !why.isEmpty()) {
        text.add((only == ALL ? "decide " + slot : "decide") + "=" + id(id) + body(batch) + why);
      } else {
        hidden++;
        lastHidden = slot;
      }
    }
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
    String spoken = sender == null ? "" : sender.answers(highestSlot);
    add("barrier " + Long.toHexString(nonce) + " is told " + highestSlot + spoken);
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
