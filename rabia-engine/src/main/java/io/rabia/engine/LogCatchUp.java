package io.rabia.engine;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageHandler;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.protocol.LogRecords;
import java.util.Arrays;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Serves decisions to members that are behind out of the own log, once memory has let go of them. A
 * sparse index leads from slots to groups: every batch is in the log at most two windows of slots
 * before its decision.
 *
 * <p>What is no longer in the log, because it was compacted or because a snapshot was installed in
 * its place, is not served; nor is the beginning of a log that was compacted, as far as the batches
 * of its decisions may be gone. One thread.
 */
final class LogCatchUp {
  private static final int STEP = 64;

  interface Decisions {
    void decided(long slot, long id, @Nullable CommandBatch batch);
  }

  private final Persistence persistence;
  private final boolean readable;
  private int reach;

  /** Group that was written when (firstEntry + i) * STEP slots had been applied. */
  private long[] index = new long[64];

  private int indexed;
  private long firstEntry;

  LogCatchUp(Persistence persistence, int alpha) {
    this.persistence = persistence;
    readable = persistence.durability() != Durability.MEMORY;
    widen(alpha);
  }

  /** So many slots may be open at a time from now on: batches and votes may be further back. */
  void widen(int alpha) {
    reach = Math.max(reach, 4 * alpha + STEP);
  }

  /**
   * The state after so many slots came from a snapshot: what the log holds of them is found when it
   * is asked for.
   */
  void restored(long applied) {
    appended(1, applied);
  }

  void appended(long group, long applied) {
    while (readable && (firstEntry + indexed) * STEP <= applied) {
      if (indexed == index.length) {
        index = Arrays.copyOf(index, index.length * 2);
      }
      index[indexed++] = group;
    }
  }

  /**
   * The group from which the log is needed by whoever goes on after {@code slot} slots; {@link
   * Persistence#NONE} for an empty log.
   */
  long groupFor(long slot) {
    if (indexed == 0) {
      return Persistence.NONE;
    }
    long entry = Math.min(firstEntry + indexed - 1, Math.max(0, slot - reach) / STEP);
    return entry < firstEntry ? 1 : index[(int) (entry - firstEntry)];
  }

  private void found(long slot, long group) {
    long entry = (slot + 1) / STEP - firstEntry;
    if ((slot + 1) % STEP == 0 && entry >= 0 && entry < indexed && index[(int) entry] < group) {
      index[(int) entry] = group;
    }
  }

  /** Groups below {@code first} may be gone. */
  void compacted(long first) {
    int gone = 0;
    while (gone < indexed - 1 && index[gone] < first) {
      gone++;
    }
    System.arraycopy(index, gone, index, 0, indexed - gone);
    indexed -= gone;
    firstEntry += gone;
  }

  /**
   * Reads the decisions of the slots from {@code from} to below {@code to}, about so many bytes of
   * batches at most.
   *
   * @return the slot after the last one; {@code from} when that one is not in the log
   */
  long read(long from, long to, int maxBytes, Decisions decisions) {
    long first = groupFor(from);
    if (first == Persistence.NONE) {
      return from;
    }
    Scan scan = new Scan(from, to, maxBytes, decisions);
    long[] group = {0};
    MessageHandler records =
        LogRecords.decisions(
            scan::body,
            (slot, id) -> {
              found(slot, group[0]);
              scan.decision(slot, id);
            });
    persistence.read(
        first,
        (number, bytes) -> {
          if (group[0] == 0 && number > first) {
            scan.withoutWhatWasBefore();
          }
          group[0] = number;
          MessageCodec.read(bytes, records);
          return !scan.finished();
        });
    return scan.next;
  }

  private final class Scan {
    private final long to;
    private final Decisions decisions;
    private final Long2ObjectHashMap<CommandBatch> bodies = new Long2ObjectHashMap<>();
    private long next;
    private long bytesLeft;

    /** The log does not reach back to all batches, and no decision was read. */
    private boolean begins;

    private boolean gone;

    Scan(long from, long to, int maxBytes, Decisions decisions) {
      this.next = from;
      this.to = to;
      this.bytesLeft = maxBytes;
      this.decisions = decisions;
    }

    void withoutWhatWasBefore() {
      begins = true;
    }

    void body(CommandBatch batch) {
      bodies.put(batch.id(), batch);
    }

    void decision(long slot, long id) {
      gone |= slot > next || begins && slot > 0 && next - slot < reach;
      begins = false;
      if (slot != next || finished()) {
        return;
      }
      CommandBatch body = BatchId.isBatch(id) ? bodies.get(id) : null;
      decisions.decided(slot, id, body);
      bytesLeft -= body == null ? 32 : body.size();
      next++;
    }

    boolean finished() {
      return gone || next >= to || bytesLeft <= 0;
    }
  }
}
