package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.InvariantViolation;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one origin: those held here until they are applied, and the origin's row of the
 * replicated applied-batch table, which makes a batch that was decided in two slots apply once
 * (protocol.md section 3, rule 5). Numbers live in rings of W = 4 alpha places: an origin never has
 * W outstanding.
 */
final class OriginBatches {
  private static final long NOT_OPEN = -1;
  private static final long NOT_LOGGED = Long.MIN_VALUE / 2;

  private final int logReach;
  private int mask;
  private @Nullable CommandBatch[] held;
  private long[] openIn;
  private long[] loggedAt;
  private int heldCount;
  private long heldBytes;
  private long heldLow = 1;
  private long heldHigh;

  private boolean[] appliedAbove;
  private long appliedLow = 1;

  /**
   * @param window how many numbers the origin may have outstanding, a power of two
   * @param logReach a batch is logged again once so many slots were applied since
   */
  OriginBatches(int window, int logReach) {
    this.logReach = logReach;
    mask = window - 1;
    held = new CommandBatch[window];
    openIn = new long[window];
    Arrays.fill(openIn, NOT_OPEN);
    loggedAt = new long[window];
    appliedAbove = new boolean[window];
  }

  /** Makes room for a larger ALPHA. */
  void widen(int window) {
    if (window <= mask + 1) {
      return;
    }
    int places = mask + 1;
    int to = window - 1;
    OriginBatches wide = new OriginBatches(window, logReach);
    for (long number = heldLow; number < heldLow + places; number++) {
      wide.held[(int) number & to] = held[(int) number & mask];
      wide.openIn[(int) number & to] = openIn[(int) number & mask];
      wide.loggedAt[(int) number & to] = loggedAt[(int) number & mask];
    }
    for (long number = appliedLow; number < appliedLow + places; number++) {
      wide.appliedAbove[(int) number & to] = appliedAbove[(int) number & mask];
    }
    mask = to;
    held = wide.held;
    openIn = wide.openIn;
    loggedAt = wide.loggedAt;
    appliedAbove = wide.appliedAbove;
  }

  /** Keeps a batch until it is applied; what the origin no longer has outstanding is dropped. */
  void hold(CommandBatch batch) {
    long number = BatchId.number(batch.id());
    if (number < heldLow || isApplied(number)) {
      return;
    }
    dropBelow(batch.lowestOutstanding());
    if (number - heldLow > mask) {
      // Its origin knows of a larger ALPHA than this replica; it is asked for when it is decided.
      return;
    }
    int place = (int) number & mask;
    CommandBatch present = held[place];
    if (present != null) {
      if (present.id() != batch.id() || !present.equals(batch)) {
        throw new InvariantViolation(
            "one batch number with two contents: " + BatchId.toString(batch.id()));
      }
      return;
    }
    held[place] = batch;
    openIn[place] = NOT_OPEN;
    loggedAt[place] = NOT_LOGGED;
    heldCount++;
    heldBytes += batch.size();
    heldHigh = Math.max(heldHigh, number);
  }

  /** Drops what is below {@code low}: the origin has it no longer outstanding. */
  void dropBelow(long low) {
    if (heldCount > 0) {
      for (long number = heldLow; number < Math.min(low, heldHigh + 1); number++) {
        drop(number);
      }
    }
    heldLow = Math.max(heldLow, low);
  }

  private void drop(long number) {
    int place = (int) number & mask;
    CommandBatch batch = held[place];
    if (batch != null && BatchId.number(batch.id()) == number) {
      held[place] = null;
      heldCount--;
      heldBytes -= batch.size();
    }
  }

  @Nullable CommandBatch held(long number) {
    CommandBatch batch = held[(int) number & mask];
    return batch != null && BatchId.number(batch.id()) == number ? batch : null;
  }

  /** The lowest-numbered batch that is held, not applied and in no open slot. */
  @Nullable CommandBatch next() {
    if (heldCount == 0) {
      return null;
    }
    for (long number = heldLow; number <= heldHigh; number++) {
      CommandBatch batch = held(number);
      if (batch != null && openIn[(int) number & mask] == NOT_OPEN) {
        return batch;
      }
    }
    return null;
  }

  /** The batch stands in this slot until {@link #release}. */
  void open(long number, long slot) {
    if (held(number) != null) {
      openIn[(int) number & mask] = slot;
    }
  }

  /** The slot was decided for something else. */
  void release(long number, long slot) {
    int place = (int) number & mask;
    if (held(number) != null && openIn[place] == slot) {
      openIn[place] = NOT_OPEN;
    }
  }

  /**
   * Is the batch in the own log, at most {@code logReach} applied slots ago? (A batch is logged
   * again when it waited longer, so that whoever reads decisions from the log finds each batch
   * shortly before.)
   */
  boolean isLogged(long number, long applied) {
    return held(number) != null && applied - loggedAt[(int) number & mask] <= logReach;
  }

  void setLogged(long number, long applied) {
    if (held(number) != null) {
      loggedAt[(int) number & mask] = applied;
    }
  }

  int heldCount() {
    return heldCount;
  }

  /** Encoded size of what is held. */
  long heldBytes() {
    return heldBytes;
  }

  /**
   * The lowest number that this origin, being the own one, still has outstanding; {@code next} when
   * none.
   */
  long lowestOutstanding(long next) {
    while (heldLow < next && held(heldLow) == null) {
      heldLow++;
    }
    return heldLow;
  }

  // ---- the replicated row

  /** Was this number applied, or given up by its origin? */
  boolean isApplied(long number) {
    return number < appliedLow
        || (number - appliedLow <= mask && appliedAbove[(int) number & mask]);
  }

  /** Takes the batch into the table; false when it must be skipped. */
  boolean apply(long number, long lowestOutstanding) {
    if (isApplied(number)) {
      return false;
    }
    if (lowestOutstanding > appliedLow) {
      for (long below = appliedLow;
          below < Math.min(lowestOutstanding, appliedLow + mask + 1);
          below++) {
        appliedAbove[(int) below & mask] = false;
      }
      appliedLow = lowestOutstanding;
      dropBelow(lowestOutstanding);
    }
    InvariantViolation.check(
        number - appliedLow <= mask, "an origin has too many batches outstanding");
    appliedAbove[(int) number & mask] = true;
    drop(number);
    return true;
  }

  void saveRow(DataOutput out) throws IOException {
    out.writeLong(appliedLow);
    byte[] row = new byte[mask + 1];
    for (int i = 0; i < row.length; i++) {
      row[i] = (byte) (appliedAbove[(int) (appliedLow + i) & mask] ? 1 : 0);
    }
    out.write(row);
  }

  /** Takes a row of later; what is held and was not applied is in no slot that has ended. */
  void loadRow(DataInput in, long applied) throws IOException {
    appliedLow = in.readLong();
    for (long number = appliedLow; number <= appliedLow + mask; number++) {
      appliedAbove[(int) number & mask] = in.readBoolean();
    }
    for (long number = heldLow; heldCount > 0 && number <= heldHigh; number++) {
      int place = (int) number & mask;
      if (isApplied(number)) {
        drop(number);
      } else if (held(number) != null && openIn[place] < applied) {
        openIn[place] = NOT_OPEN;
      }
    }
    dropBelow(appliedLow);
  }

  /** Part of the state hash: the row, whatever is held. */
  long rowHash() {
    long hash = appliedLow;
    for (long number = appliedLow; number <= appliedLow + mask; number++) {
      hash = hash * 31 + (appliedAbove[(int) number & mask] ? 1 : 0);
    }
    return hash;
  }
}
