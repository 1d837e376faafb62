package io.rabia.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The commands of one slot, from one origin, as the bytes that travel, are logged and are applied:
 * encoded once by the origin, never again. Immutable and thread-safe; read with a {@link Cursor}.
 *
 * <pre>
 * 0 crc32c of the rest | 4 length | 8 id | 16 log timestamp | 24 lowest outstanding number of the origin | 32 count
 * 36 count x: kind u8 | session i64 | number i64 | lowest unanswered i64 | length i32 | payload
 * </pre>
 */
public final class CommandBatch {

  public static final int HEADER = 36;
  public static final int COMMAND_HEADER = 29;

  /** A command for the state machine. */
  public static final byte KIND_APPLY = 1;

  /** Opens a session; the result is its id. */
  public static final byte KIND_OPEN_SESSION = 2;

  /** Closes the session if nothing of it was applied since slot {@code number}. */
  public static final byte KIND_CLOSE_SESSION = 3;

  /**
   * Changes the configuration; the payload is the engine's. Alone in its batch, so that a batch
   * says at once whether it is one.
   */
  public static final byte KIND_CONFIGURE = 4;

  private static final int MAX_KIND = KIND_CONFIGURE;

  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] bytes;

  private CommandBatch(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Copies {@code length} bytes out of {@code source} and validates them whole.
   *
   * @throws RabiaException.Serialization when they are not a batch
   */
  public static CommandBatch read(ByteBuffer source, int length) {
    if (length < HEADER || length > source.remaining()) {
      throw new RabiaException.Serialization("batch length " + length);
    }
    byte[] bytes = new byte[length];
    source.get(bytes);
    CommandBatch batch = new CommandBatch(bytes);
    batch.validate();
    return batch;
  }

  private void validate() {
    if ((int) INT.get(bytes, 4) != bytes.length) {
      throw new RabiaException.Serialization("batch states another length than " + bytes.length);
    }
    if ((int) INT.get(bytes, 0) != checksum(bytes)) {
      throw new RabiaException.Serialization("batch checksum");
    }
    if (!BatchId.isBatch(id())
        || timestamp() < 0
        || lowestOutstanding() < 1
        || lowestOutstanding() > BatchId.number(id())) {
      throw new RabiaException.Serialization("batch header");
    }
    int position = HEADER;
    int count = count();
    for (int i = 0; i < count; i++) {
      if (bytes.length - position < COMMAND_HEADER) {
        throw new RabiaException.Serialization("batch count");
      }
      int length = (int) INT.get(bytes, position + 25);
      byte kind = bytes[position];
      if (kind < 1
          || kind > MAX_KIND
          || kind == KIND_CONFIGURE && count != 1
          || length < 0
          || length > bytes.length - position - COMMAND_HEADER) {
        throw new RabiaException.Serialization("command in batch");
      }
      position += COMMAND_HEADER + length;
    }
    if (count < 0 || position != bytes.length) {
      throw new RabiaException.Serialization("batch count");
    }
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 4, bytes.length - 4);
    return (int) crc.getValue();
  }

  /** Packed {@link BatchId}. */
  public long id() {
    return (long) LONG.get(bytes, 8);
  }

  /** Log time, nanoseconds: the origin's clock of protocol.md section 5, never a wall clock. */
  public long timestamp() {
    return (long) LONG.get(bytes, 16);
  }

  /** The lowest batch number that the origin still has outstanding; lower ones need not be kept. */
  public long lowestOutstanding() {
    return (long) LONG.get(bytes, 24);
  }

  /** How many commands. */
  public int count() {
    return (int) INT.get(bytes, 32);
  }

  /** Does this batch change the configuration? */
  public boolean isChange() {
    return count() == 1 && bytes[HEADER] == KIND_CONFIGURE;
  }

  /** Encoded size in bytes. */
  public int size() {
    return bytes.length;
  }

  public void writeTo(ByteBuffer target) {
    target.put(bytes);
  }

  public Cursor cursor() {
    return new Cursor().wrap(this);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CommandBatch that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return (int) INT.get(bytes, 0);
  }

  @Override
  public String toString() {
    return "CommandBatch["
        + BatchId.toString(id())
        + ", commands="
        + count()
        + ", bytes="
        + size()
        + "]";
  }

  /** Walks the commands of a batch without allocating; reusable, one thread. */
  public static final class Cursor {
    private byte[] bytes = new byte[0];
    private int left;
    private int position;
    private int next;

    public Cursor wrap(CommandBatch batch) {
      bytes = batch.bytes;
      left = batch.count();
      next = HEADER;
      return this;
    }

    /** Moves to the next command; false when there is none. */
    public boolean next() {
      if (left == 0) {
        return false;
      }
      left--;
      position = next;
      next = position + COMMAND_HEADER + payloadLength();
      return true;
    }

    public byte kind() {
      return bytes[position];
    }

    public long session() {
      return (long) LONG.get(bytes, position + 1);
    }

    public long number() {
      return (long) LONG.get(bytes, position + 9);
    }

    public long lowestUnanswered() {
      return (long) LONG.get(bytes, position + 17);
    }

    public int payloadLength() {
      return (int) INT.get(bytes, position + 25);
    }

    /**
     * The batch's own array: read only {@link #payloadOffset()} to + {@link #payloadLength()},
     * never write.
     */
    public byte[] array() {
      return bytes;
    }

    public int payloadOffset() {
      return position + COMMAND_HEADER;
    }
  }

  /** Collects the commands of a batch; reusable, one thread. */
  public static final class Encoder {
    private byte[] buffer = new byte[4096];
    private int position = HEADER;
    private int count;

    public void add(byte kind, long session, long number, long lowestUnanswered, byte[] payload) {
      ensure(COMMAND_HEADER + payload.length);
      buffer[position] = kind;
      LONG.set(buffer, position + 1, session);
      LONG.set(buffer, position + 9, number);
      LONG.set(buffer, position + 17, lowestUnanswered);
      INT.set(buffer, position + 25, payload.length);
      System.arraycopy(payload, 0, buffer, position + COMMAND_HEADER, payload.length);
      position += COMMAND_HEADER + payload.length;
      count++;
    }

    public int count() {
      return count;
    }

    /** Encoded size in bytes of what was added so far. */
    public int size() {
      return position;
    }

    /** Makes the batch and empties this encoder. */
    public CommandBatch build(long id, long timestamp, long lowestOutstanding) {
      byte[] bytes = Arrays.copyOf(buffer, position);
      INT.set(bytes, 4, position);
      LONG.set(bytes, 8, id);
      LONG.set(bytes, 16, timestamp);
      LONG.set(bytes, 24, lowestOutstanding);
      INT.set(bytes, 32, count);
      INT.set(bytes, 0, checksum(bytes));
      position = HEADER;
      count = 0;
      return new CommandBatch(bytes);
    }

    private void ensure(int more) {
      if (buffer.length - position < more) {
        buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, Math.addExact(position, more)));
      }
    }
  }
}
