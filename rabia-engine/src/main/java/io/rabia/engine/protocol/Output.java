package io.rabia.engine.protocol;

import io.rabia.core.CommandBatch;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the protocol wants done, in the order in which it wanted it: records for the log and
 * messages for members. Reused: written by a {@link Replica}, read and cleared by its owner, never
 * growing beyond the largest step so far.
 *
 * <p>The order of obligation: no message may leave, and nothing that followed from an own message
 * may be answered, before every record written up to that point is durable. The protocol counts its
 * own messages at once, because everything that it derives from them comes out behind their
 * records: a crash takes a suffix of records together with all that followed from them.
 */
@Internal
public final class Output {

  /** What an entry says; the values of {@link #kind}. */
  public enum Kind {
    PROPOSE,
    VOTE1,
    VOTE2,
    DECIDE,
    /** Promises nothing: it leaves before any record of the same step is written. */
    OFFER,
    BATCH_REQUEST,
    BATCH_REPLY,
    CATCH_UP_REQUEST,
    CATCH_UP_END,
    READ_PROBE,
    READ_REPLY,
    NUMBERS
  }

  /** In place of a destination: every other member of the configuration. */
  public static final int ALL = -1;

  /** The entry is a record. */
  public static final int LOG = 1;

  /** The entry is a message. */
  public static final int SEND = 2;

  /** The record carries the batch. */
  public static final int LOG_BATCH = 4;

  /** The message carries the batch. */
  public static final int SEND_BATCH = 8;

  /** The message may ride on a later frame, within about a millisecond. */
  public static final int LAZY = 16;

  /** The record is a promise: it must be durable before what follows. (A decision is not.) */
  public static final int PROMISE = 32;

  private static final long GROUP_BYTES = 4 << 20;

  private Kind[] kinds = new Kind[64];
  private int[] flags = new int[64];
  private int[] destinations = new int[64];
  private long[] slots = new long[64];
  private int[] phases = new int[64];
  private byte[] values = new byte[64];
  private long[] ids = new long[64];
  private @Nullable CommandBatch[] batches = new CommandBatch[64];
  private int size;
  private long logBytes;

  void add(
      Kind kind,
      int flag,
      int to,
      long slot,
      int phase,
      byte value,
      long id,
      @Nullable CommandBatch batch) {
    if (size == kinds.length) {
      grow();
    }
    kinds[size] = kind;
    flags[size] = flag;
    destinations[size] = to;
    slots[size] = slot;
    phases[size] = phase;
    values[size] = value;
    ids[size] = id;
    batches[size] = batch;
    size++;
    if (batch != null && (flag & LOG_BATCH) != 0) {
      logBytes += batch.size();
    }
  }

  private void grow() {
    int length = kinds.length * 2;
    kinds = Arrays.copyOf(kinds, length);
    flags = Arrays.copyOf(flags, length);
    destinations = Arrays.copyOf(destinations, length);
    slots = Arrays.copyOf(slots, length);
    phases = Arrays.copyOf(phases, length);
    values = Arrays.copyOf(values, length);
    ids = Arrays.copyOf(ids, length);
    batches = Arrays.copyOf(batches, length);
  }

  public int size() {
    return size;
  }

  /**
   * True when its records are as many bytes as one group of the log should hold: it must be taken
   * before more is put in. One batch, however large, always finds room in an empty one.
   */
  public boolean isFull() {
    return logBytes >= GROUP_BYTES;
  }

  public Kind kind(int i) {
    return kinds[i];
  }

  public boolean has(int i, int flag) {
    return (flags[i] & flag) != 0;
  }

  /** Index of the member to send to in the configuration, or {@link #ALL}. */
  public int to(int i) {
    return destinations[i];
  }

  /** The slot; for a read the nonce, for NUMBERS the end of the block. */
  public long slot(int i) {
    return slots[i];
  }

  /** The phase; for a catch-up request the number of bytes. */
  public int phase(int i) {
    return phases[i];
  }

  public byte value(int i) {
    return values[i];
  }

  /** The packed batch id; for a read reply the highest slot. */
  public long id(int i) {
    return ids[i];
  }

  public @Nullable CommandBatch batch(int i) {
    return batches[i];
  }

  public void clear() {
    Arrays.fill(batches, 0, size, null);
    size = 0;
    logBytes = 0;
  }
}
