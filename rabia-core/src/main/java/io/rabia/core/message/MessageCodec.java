package io.rabia.core.message;

import static io.rabia.core.InvariantViolation.check;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The one binary form of the messages, in frames and in the log: written from primitives and read
 * into a {@link MessageHandler}, so that a vote costs no object on either side. Messages follow
 * each other without separators; all numbers are big-endian. Pure functions; the buffers belong to
 * the calling thread.
 *
 * <pre>
 *  1 Propose           slot i64 | id i64 | batch
 *  2 Vote1             slot i64 | phase i32 | value u8 | id i64 if the value's bit 2 is set
 *  3 Vote2             as Vote1
 *  4 Decide            slot i64 | id i64 (-1: forfeited) | batch
 *  5 BatchRequest      id i64
 *  6 BatchReply        batch
 *  7 CatchUpRequest    from slot i64 | max bytes i32
 *  8 ReadProbe         nonce i64
 *  9 ReadReply         nonce i64 | highest slot i64 (-1: none)
 * 10 Heartbeat
 * 11 FormationAsk      founder's token 2 x i64
 * 12 FormationPromise  founder's token 2 x i64 | own token 2 x i64
 * 13 Init              length i32 | bytes
 * 14 Identity          node id u16 | token 2 x i64
 * 15 Numbers           end i64
 * 16 CatchUpEnd        next slot i64
 * 17 SnapshotOffer     applied i64 | length i64 | checksum i32
 * 18 SnapshotRequest   applied i64 | checksum i32 | offset i64
 * 19 SnapshotChunk     applied i64 | checksum i32 | offset i64 | length i32 | bytes | crc32c of all before i32
 * 20 Installed         applied i64
 * 21 StateHash         applied slots i64 | hash i64
 * 22 Offer             slot i64 | batch (none: NOOP)
 * batch = length i32 (0: none) | bytes of the {@link CommandBatch}
 * </pre>
 *
 * <p>Writers throw {@link java.nio.BufferOverflowException} when {@code out} is too small (see
 * {@link #maxSize}) and {@link io.rabia.core.InvariantViolation} for a message that no reader would
 * accept.
 */
public final class MessageCodec {

  private static final byte PROPOSE = 1;
  private static final byte VOTE1 = 2;
  private static final byte VOTE2 = 3;
  private static final byte DECIDE = 4;
  private static final byte BATCH_REQUEST = 5;
  private static final byte BATCH_REPLY = 6;
  private static final byte CATCH_UP_REQUEST = 7;
  private static final byte READ_PROBE = 8;
  private static final byte READ_REPLY = 9;
  private static final byte HEARTBEAT = 10;
  private static final byte FORMATION_ASK = 11;
  private static final byte FORMATION_PROMISE = 12;
  private static final byte INIT = 13;
  private static final byte IDENTITY = 14;
  private static final byte NUMBERS = 15;
  private static final byte CATCH_UP_END = 16;
  private static final byte SNAPSHOT_OFFER = 17;
  private static final byte SNAPSHOT_REQUEST = 18;
  private static final byte SNAPSHOT_CHUNK = 19;
  private static final byte INSTALLED = 20;
  private static final byte STATE_HASH = 21;
  private static final byte OFFER = 22;

  /** Bytes in a {@link Message.SnapshotChunk} at most. */
  public static final int MAX_CHUNK_BYTES = MessageRules.MAX_CHUNK_BYTES;

  private static final int CHUNK_HEADER = 2 * Long.BYTES + 2 * Integer.BYTES;
  private static final int ID_FLAG = 4;
  private static final int LARGEST_FIXED = 1 + 4 * Long.BYTES;

  private MessageCodec() {}

  /**
   * Bytes that suffice for any message that carries this batch, or none; for Init see {@link
   * #initSize}.
   */
  public static int maxSize(@Nullable CommandBatch batch) {
    return batch == null ? LARGEST_FIXED : LARGEST_FIXED + batch.size();
  }

  /** Exact bytes of an Init message that carries {@code length} bytes. */
  public static int initSize(int length) {
    return 1 + Integer.BYTES + length;
  }

  /** Exact bytes of a chunk of a snapshot that carries {@code length} bytes. */
  public static int chunkSize(int length) {
    return 1 + CHUNK_HEADER + length + Integer.BYTES;
  }

  public static void propose(ByteBuffer out, long slot, long id, @Nullable CommandBatch batch) {
    check(MessageRules.propose(slot, id, batch), "malformed Propose");
    out.put(PROPOSE).putLong(slot).putLong(id);
    putBatch(out, batch);
  }

  public static void vote1(ByteBuffer out, long slot, int phase, byte value, long id) {
    check(MessageRules.vote1(slot, phase, value, id), "malformed Vote1");
    putVote(out, VOTE1, slot, phase, value, id);
  }

  public static void vote2(ByteBuffer out, long slot, int phase, byte value, long id) {
    check(MessageRules.vote2(slot, phase, value, id), "malformed Vote2");
    putVote(out, VOTE2, slot, phase, value, id);
  }

  private static void putVote(
      ByteBuffer out, byte kind, long slot, int phase, byte value, long id) {
    out.put(kind).putLong(slot).putInt(phase);
    if (id == BatchId.NONE) {
      out.put(value);
    } else {
      out.put((byte) (value | ID_FLAG)).putLong(id);
    }
  }

  /** {@code id} {@link BatchId#NONE}: the slot is forfeited. */
  public static void decide(ByteBuffer out, long slot, long id, @Nullable CommandBatch batch) {
    check(MessageRules.decide(slot, id, batch), "malformed Decide");
    out.put(DECIDE).putLong(slot).putLong(id);
    putBatch(out, batch);
  }

  public static void offer(ByteBuffer out, long slot, @Nullable CommandBatch batch) {
    check(slot >= 0, "malformed Offer");
    out.put(OFFER).putLong(slot);
    putBatch(out, batch);
  }

  public static void batchRequest(ByteBuffer out, long id) {
    check(BatchId.isBatch(id), "malformed BatchRequest");
    out.put(BATCH_REQUEST).putLong(id);
  }

  public static void batchReply(ByteBuffer out, CommandBatch batch) {
    out.put(BATCH_REPLY);
    putBatch(out, batch);
  }

  public static void catchUpRequest(ByteBuffer out, long fromSlot, int maxBytes) {
    check(MessageRules.catchUpRequest(fromSlot, maxBytes), "malformed CatchUpRequest");
    out.put(CATCH_UP_REQUEST).putLong(fromSlot).putInt(maxBytes);
  }

  public static void catchUpEnd(ByteBuffer out, long nextSlot) {
    check(nextSlot >= 0, "malformed CatchUpEnd");
    out.put(CATCH_UP_END).putLong(nextSlot);
  }

  public static void readProbe(ByteBuffer out, long nonce) {
    out.put(READ_PROBE).putLong(nonce);
  }

  /** {@code highestSlot} -1: none yet. */
  public static void readReply(ByteBuffer out, long nonce, long highestSlot) {
    check(MessageRules.readReply(highestSlot), "malformed ReadReply");
    out.put(READ_REPLY).putLong(nonce).putLong(highestSlot);
  }

  public static void heartbeat(ByteBuffer out) {
    out.put(HEARTBEAT);
  }

  public static void stateHash(ByteBuffer out, long applied, long hash) {
    check(applied > 0, "malformed StateHash");
    out.put(STATE_HASH).putLong(applied).putLong(hash);
  }

  public static void formationAsk(ByteBuffer out, Token founder) {
    check(MessageRules.token(founder), "malformed FormationAsk");
    out.put(FORMATION_ASK);
    putToken(out, founder);
  }

  public static void formationPromise(ByteBuffer out, Token founder, Token own) {
    check(MessageRules.token(founder) && MessageRules.token(own), "malformed FormationPromise");
    out.put(FORMATION_PROMISE);
    putToken(out, founder);
    putToken(out, own);
  }

  /** Copies from position to limit of {@code init}, which is left as it was. */
  public static void init(ByteBuffer out, ByteBuffer init) {
    check(init.hasRemaining(), "malformed Init");
    out.put(INIT).putInt(init.remaining()).put(init.duplicate());
  }

  public static void identity(ByteBuffer out, int nodeId, Token token) {
    check(MessageRules.nodeId(nodeId) && MessageRules.token(token), "malformed Identity");
    out.put(IDENTITY).putShort((short) nodeId);
    putToken(out, token);
  }

  public static void numbers(ByteBuffer out, long end) {
    check(MessageRules.numbers(end), "malformed Numbers");
    out.put(NUMBERS).putLong(end);
  }

  public static void snapshotOffer(ByteBuffer out, long applied, long length, int checksum) {
    check(MessageRules.snapshotOffer(applied, length), "malformed SnapshotOffer");
    out.put(SNAPSHOT_OFFER).putLong(applied).putLong(length).putInt(checksum);
  }

  public static void snapshotRequest(ByteBuffer out, long applied, int checksum, long offset) {
    check(MessageRules.snapshotRequest(applied, offset), "malformed SnapshotRequest");
    out.put(SNAPSHOT_REQUEST).putLong(applied).putInt(checksum).putLong(offset);
  }

  /** Copies from position to limit of {@code bytes}, which are left as they were. */
  public static void snapshotChunk(
      ByteBuffer out, long applied, int checksum, long offset, ByteBuffer bytes) {
    int length = bytes.remaining();
    check(MessageRules.snapshotChunk(applied, offset, length), "malformed SnapshotChunk");
    out.put(SNAPSHOT_CHUNK);
    int start = out.position();
    out.putLong(applied).putInt(checksum).putLong(offset).putInt(length).put(bytes.duplicate());
    out.putInt(crc(out, start, CHUNK_HEADER + length));
  }

  public static void installed(ByteBuffer out, long applied) {
    check(applied > 0, "malformed Installed");
    out.put(INSTALLED).putLong(applied);
  }

  private static int crc(ByteBuffer bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate().limit(from + length).position(from));
    return (int) crc.getValue();
  }

  private static void putBatch(ByteBuffer out, @Nullable CommandBatch batch) {
    if (batch == null) {
      out.putInt(0);
    } else {
      out.putInt(batch.size());
      batch.writeTo(out);
    }
  }

  private static void putToken(ByteBuffer out, Token token) {
    out.putLong(token.high()).putLong(token.low());
  }

  /**
   * Reads messages until the buffer is exhausted. The handler has seen every message before the
   * first bad one; what it throws passes through.
   *
   * @throws RabiaException.Serialization for anything that is not a well-formed message; nothing is
   *     allocated beyond what the buffer holds
   */
  public static void read(ByteBuffer in, MessageHandler handler) {
    while (in.hasRemaining()) {
      readOne(in, handler);
    }
  }

  /** Reads exactly one message, or throws as {@link #read} does. */
  static void readOne(ByteBuffer in, MessageHandler handler) {
    if (in.order() != ByteOrder.BIG_ENDIAN) {
      throw new IllegalArgumentException("messages are big-endian");
    }
    need(in, 1);
    byte kind = in.get();
    switch (kind) {
      case PROPOSE -> readPropose(in, handler);
      case VOTE1, VOTE2 -> readVote(in, handler, kind);
      case DECIDE -> readDecide(in, handler);
      case OFFER -> readOffer(in, handler);
      case BATCH_REQUEST -> readBatchRequest(in, handler);
      case BATCH_REPLY -> readBatchReply(in, handler);
      case CATCH_UP_REQUEST -> readCatchUpRequest(in, handler);
      case CATCH_UP_END -> readCatchUpEnd(in, handler);
      case READ_PROBE -> handler.onReadProbe(readLong(in));
      case READ_REPLY -> readReadReply(in, handler);
      case HEARTBEAT -> handler.onHeartbeat();
      case STATE_HASH -> readStateHash(in, handler);
      case FORMATION_ASK -> handler.onFormationAsk(readToken(in));
      case FORMATION_PROMISE -> handler.onFormationPromise(readToken(in), readToken(in));
      case INIT -> readInit(in, handler);
      case IDENTITY -> readIdentity(in, handler);
      case NUMBERS -> readNumbers(in, handler);
      case SNAPSHOT_OFFER -> readSnapshotOffer(in, handler);
      case SNAPSHOT_REQUEST -> readSnapshotRequest(in, handler);
      case SNAPSHOT_CHUNK -> readSnapshotChunk(in, handler);
      case INSTALLED -> readInstalled(in, handler);
      default -> throw new RabiaException.Serialization("message kind " + kind);
    }
  }

  private static void readPropose(ByteBuffer in, MessageHandler handler) {
    long slot = readLong(in);
    long id = readLong(in);
    CommandBatch batch = readBatch(in);
    accept(MessageRules.propose(slot, id, batch), "Propose");
    handler.onPropose(slot, id, batch);
  }

  private static void readVote(ByteBuffer in, MessageHandler handler, byte kind) {
    need(in, Long.BYTES + Integer.BYTES + 1);
    long slot = in.getLong();
    int phase = in.getInt();
    int flags = in.get();
    byte value = (byte) (flags & ~ID_FLAG);
    long id = BatchId.NONE;
    if ((flags & ID_FLAG) != 0) {
      id = readLong(in);
      accept(id != BatchId.NONE, "vote's id");
    }
    if (kind == VOTE1) {
      accept(MessageRules.vote1(slot, phase, value, id), "Vote1");
      handler.onVote1(slot, phase, value, id);
    } else {
      accept(MessageRules.vote2(slot, phase, value, id), "Vote2");
      handler.onVote2(slot, phase, value, id);
    }
  }

  private static void readDecide(ByteBuffer in, MessageHandler handler) {
    long slot = readLong(in);
    long id = readLong(in);
    CommandBatch batch = readBatch(in);
    accept(MessageRules.decide(slot, id, batch), "Decide");
    handler.onDecide(slot, id, batch);
  }

  private static void readOffer(ByteBuffer in, MessageHandler handler) {
    long slot = readLong(in);
    CommandBatch batch = readBatch(in);
    accept(slot >= 0, "Offer");
    handler.onOffer(slot, batch);
  }

  private static void readBatchRequest(ByteBuffer in, MessageHandler handler) {
    long id = readLong(in);
    accept(BatchId.isBatch(id), "BatchRequest");
    handler.onBatchRequest(id);
  }

  private static void readBatchReply(ByteBuffer in, MessageHandler handler) {
    CommandBatch batch = readBatch(in);
    if (batch == null) {
      throw malformed("BatchReply");
    }
    handler.onBatchReply(batch);
  }

  private static void readCatchUpEnd(ByteBuffer in, MessageHandler handler) {
    long nextSlot = readLong(in);
    accept(nextSlot >= 0, "CatchUpEnd");
    handler.onCatchUpEnd(nextSlot);
  }

  private static void readCatchUpRequest(ByteBuffer in, MessageHandler handler) {
    long fromSlot = readLong(in);
    int maxBytes = readInt(in);
    accept(MessageRules.catchUpRequest(fromSlot, maxBytes), "CatchUpRequest");
    handler.onCatchUpRequest(fromSlot, maxBytes);
  }

  private static void readReadReply(ByteBuffer in, MessageHandler handler) {
    long nonce = readLong(in);
    long highestSlot = readLong(in);
    accept(MessageRules.readReply(highestSlot), "ReadReply");
    handler.onReadReply(nonce, highestSlot);
  }

  private static void readStateHash(ByteBuffer in, MessageHandler handler) {
    long applied = readLong(in);
    long hash = readLong(in);
    accept(applied > 0, "StateHash");
    handler.onStateHash(applied, hash);
  }

  private static void readInit(ByteBuffer in, MessageHandler handler) {
    int length = readInt(in);
    accept(length > 0 && length <= in.remaining(), "Init");
    ByteBuffer init = in.slice(in.position(), length);
    in.position(in.position() + length);
    handler.onInit(init);
  }

  private static void readIdentity(ByteBuffer in, MessageHandler handler) {
    need(in, Short.BYTES);
    int nodeId = Short.toUnsignedInt(in.getShort());
    accept(MessageRules.nodeId(nodeId), "Identity");
    handler.onIdentity(nodeId, readToken(in));
  }

  private static void readNumbers(ByteBuffer in, MessageHandler handler) {
    long end = readLong(in);
    accept(MessageRules.numbers(end), "Numbers");
    handler.onNumbers(end);
  }

  private static void readSnapshotOffer(ByteBuffer in, MessageHandler handler) {
    long applied = readLong(in);
    long length = readLong(in);
    accept(MessageRules.snapshotOffer(applied, length), "SnapshotOffer");
    handler.onSnapshotOffer(applied, length, readInt(in));
  }

  private static void readSnapshotRequest(ByteBuffer in, MessageHandler handler) {
    long applied = readLong(in);
    int checksum = readInt(in);
    long offset = readLong(in);
    accept(MessageRules.snapshotRequest(applied, offset), "SnapshotRequest");
    handler.onSnapshotRequest(applied, checksum, offset);
  }

  private static void readSnapshotChunk(ByteBuffer in, MessageHandler handler) {
    need(in, CHUNK_HEADER);
    int start = in.position();
    long applied = in.getLong();
    int checksum = in.getInt();
    long offset = in.getLong();
    int length = in.getInt();
    accept(MessageRules.snapshotChunk(applied, offset, length), "SnapshotChunk");
    need(in, length + Integer.BYTES);
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    accept(in.getInt() == crc(in, start, CHUNK_HEADER + length), "SnapshotChunk");
    handler.onSnapshotChunk(applied, checksum, offset, bytes);
  }

  private static void readInstalled(ByteBuffer in, MessageHandler handler) {
    long applied = readLong(in);
    accept(applied > 0, "Installed");
    handler.onInstalled(applied);
  }

  private static @Nullable CommandBatch readBatch(ByteBuffer in) {
    int length = readInt(in);
    return length == 0 ? null : CommandBatch.read(in, length);
  }

  private static Token readToken(ByteBuffer in) {
    need(in, 2 * Long.BYTES);
    Token token = new Token(in.getLong(), in.getLong());
    accept(MessageRules.token(token), "token");
    return token;
  }

  private static long readLong(ByteBuffer in) {
    need(in, Long.BYTES);
    return in.getLong();
  }

  private static int readInt(ByteBuffer in) {
    need(in, Integer.BYTES);
    return in.getInt();
  }

  private static void need(ByteBuffer in, int bytes) {
    accept(in.remaining() >= bytes, "truncated message");
  }

  private static void accept(boolean holds, String what) {
    if (!holds) {
      throw malformed(what);
    }
  }

  private static RabiaException.Serialization malformed(String what) {
    return new RabiaException.Serialization("malformed: " + what);
  }
}
