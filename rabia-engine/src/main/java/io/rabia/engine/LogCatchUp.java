package io.rabia.engine;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageHandler;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.protocol.LogRecords;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Serves decisions to members that are behind out of the own log, once memory has let go of them. A
 * sparse index leads from slots to groups: every batch is in the log at most two windows of slots
 * before its decision. One thread.
 */
final class LogCatchUp {
  private static final int STEP = 256;

  interface Decisions {
    void decided(long slot, long id, @Nullable CommandBatch batch);
  }

  private final Persistence persistence;
  private int reach;

  /** Group that was written when i * STEP slots had been applied. */
  private long[] index = new long[64];

  private int indexed;
  private int firstEntry;

  LogCatchUp(Persistence persistence, int alpha) {
    this.persistence = persistence;
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
    while ((long) indexed * STEP <= applied) {
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
    int entry = (int) Math.min(indexed - 1L, Math.max(0, slot - reach) / STEP);
    return entry < 0 ? Persistence.NONE : index[entry];
  }

  private void found(long slot, long group) {
    long entry = (slot + 1) / STEP;
    if ((slot + 1) % STEP == 0 && entry < indexed && index[(int) entry] < group) {
      index[(int) entry] = group;
    }
  }

  /** Groups below {@code first} may be gone. */
  void compacted(long first) {
    for (int entry = firstEntry; entry < indexed && index[entry] < first; entry++) {
      index[entry] = first;
      firstEntry = entry;
    }
  }

  /**
   * Reads the decisions of the slots from {@code from} to below {@code to}, about so many bytes of
   * batches at most.
   */
  void read(long from, long to, int maxBytes, Decisions decisions, LongConsumer end) {
    long first = groupFor(from);
    if (first == Persistence.NONE) {
      return;
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
          group[0] = number;
          MessageCodec.read(bytes, records);
          return !scan.finished();
        });
    end.accept(scan.next);
  }

  private static final class Scan {
    private final long to;
    private final Decisions decisions;
    private final Long2ObjectHashMap<CommandBatch> bodies = new Long2ObjectHashMap<>();
    private long next;
    private long bytesLeft;

    Scan(long from, long to, int maxBytes, Decisions decisions) {
      this.next = from;
      this.to = to;
      this.bytesLeft = maxBytes;
      this.decisions = decisions;
    }

    void body(CommandBatch batch) {
      bodies.put(batch.id(), batch);
    }

    void decision(long slot, long id) {
      if (slot != next || finished()) {
        return;
      }
      CommandBatch body = BatchId.isBatch(id) ? bodies.get(id) : null;
      decisions.decided(slot, id, body);
      bytesLeft -= body == null ? 32 : body.size();
      next++;
    }

    boolean finished() {
      return next >= to || bytesLeft <= 0;
    }
  }
}
