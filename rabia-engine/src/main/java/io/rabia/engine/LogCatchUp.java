package io.rabia.engine;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageHandler;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.protocol.LogRecords;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Serves decisions to members that are behind out of the own log, once memory has let go of them. A
 * sparse index leads from slots to groups: every batch is in the log at most two windows of slots
 * before its decision. Who goes on asking where the last answer ended is read on from there.
 *
 * <p>What is no longer in the log, because it was compacted or because a snapshot was installed in
 * its place, is not served, though the file may still be there: nobody's way through the log begins
 * before the index. Nor is the beginning of a log that was compacted, as far as the batches of its
 * decisions may be gone.
 *
 * <p>After a restart the index says only where the log begins. For one answer a piece of the log is
 * searched then, since everything else waits meanwhile; whose slot is not near by then asks again.
 * What was searched is in the index, so that all who search come on, however many they are. One
 * thread.
 */
final class LogCatchUp {
  private static final int STEP = 64;

  /** Members that are behind and go on where their last answer ended; others begin anew. */
  private static final int SCANS = 4;

  /** Bytes of the log that are searched for one answer. */
  private static final long PIECE = 1 << 20;

  /** The slot was not found yet. */
  static final long NOT_YET = -1;

  interface Decisions {
    void decided(long slot, long id, @Nullable CommandBatch batch);
  }

  private final Persistence persistence;
  private final boolean readable;
  private final long piece;
  private int reach;

  /** Group that was written when (firstEntry + i) * STEP slots had been applied. */
  private long[] index = new long[64];

  private int indexed;
  private long firstEntry;
  private final ArrayDeque<Scan> scans = new ArrayDeque<>();

  LogCatchUp(Persistence persistence, int alpha) {
    this(persistence, alpha, PIECE);
  }

  LogCatchUp(Persistence persistence, int alpha, long piece) {
    this.persistence = persistence;
    this.piece = piece;
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
    long entry = Math.min(firstEntry + indexed - 1, entryFor(slot));
    return entry < firstEntry ? 1 : index[(int) (entry - firstEntry)];
  }

  private long entryFor(long slot) {
    return Math.max(0, slot - reach) / STEP;
  }

  /**
   * Those after it of which no more was known are not before it: so a search that is begun anew
   * begins where others got to. Returns whether that was news.
   */
  private boolean found(long slot, long group) {
    long entry = (slot + 1) / STEP - firstEntry;
    if ((slot + 1) % STEP != 0 || entry < 0 || entry >= indexed || index[(int) entry] >= group) {
      return false;
    }
    long known = index[(int) entry];
    for (int i = (int) entry; i < indexed && index[i] == known; i++) {
      index[i] = group;
    }
    return true;
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
    scans.removeIf(scan -> scan.group < first);
  }

  /**
   * Reads the decisions of the slots from {@code from} to below {@code to}, about so many bytes of
   * batches at most. A batch that is decided again comes with its first decision only.
   *
   * @return the slot after the last one; {@code from} when that one is not in the log; {@link
   *     #NOT_YET} when more of the log must be read for it, by the next call
   */
  long read(long from, long to, int maxBytes, Decisions decisions) {
    if (indexed == 0 || entryFor(from) < firstEntry) {
      return from;
    }
    Scan scan = scanAt(from, groupFor(from));
    boolean all = scan.read(to, maxBytes, decisions);
    boolean found = scan.next > from;
    if (!scan.gone && (found || !all)) {
      scans.add(scan);
    }
    return found || all || scan.gone ? scan.next : NOT_YET;
  }

  /** The one that came to this slot, or a new one from this group on. */
  private Scan scanAt(long from, long first) {
    for (Scan scan : scans) {
      if (scan.next == from) {
        scans.remove(scan);
        return scan;
      }
    }
    if (scans.size() == SCANS) {
      scans.remove();
    }
    return new Scan(from, first);
  }

  /** A member's way through the log, which it goes on with from answer to answer. */
  private final class Scan {
    private final MessageHandler records = LogRecords.decisions(this::body, this::decision);

    /** Of which no decision was read yet, and what was there before so many more slots. */
    private Long2ObjectHashMap<CommandBatch> bodies = new Long2ObjectHashMap<>();

    private Long2ObjectHashMap<CommandBatch> older = new Long2ObjectHashMap<>();
    private long younger;

    private long next;
    private long group;
    private long to;
    private long bytesLeft;
    private long pieceLeft;
    private boolean paused;

    /** Of the slots that the index may lead to. */
    private boolean near;

    /** The index has come to know more since this piece was begun. */
    private boolean stepped;

    private @Nullable Decisions decisions;

    /** The log does not reach back to all batches, and no decision was read. */
    private boolean begins;

    private boolean gone;

    Scan(long from, long first) {
      next = from;
      group = first;
    }

    /**
     * Reads the group at which it stopped again: only a part of it may have been wanted.
     *
     * @return false when it stopped since a piece of the log was searched
     */
    boolean read(long to, int maxBytes, Decisions decisions) {
      this.to = to;
      this.bytesLeft = maxBytes;
      pieceLeft = piece;
      paused = false;
      stepped = false;
      this.decisions = decisions;
      long first = group;
      group = Persistence.NONE;
      persistence.read(
          first,
          (number, bytes) -> {
            begins |= group == Persistence.NONE && number > first;
            group = number;
            pieceLeft -= bytes.remaining();
            MessageCodec.read(bytes, records);
            paused = !near && stepped && pieceLeft <= 0 && !finished();
            return !paused && !finished();
          });
      this.decisions = null;
      return !paused;
    }

    private void body(CommandBatch batch) {
      bodies.put(batch.id(), batch);
    }

    private void decision(long slot, long id) {
      stepped |= found(slot, group);
      near |= slot >= next - reach - 2 * STEP;
      gone |= slot > next || begins && slot > 0 && next - slot < reach;
      begins = false;
      if (slot > next || finished()) {
        return;
      }
      if (slot >= younger) {
        older = bodies;
        bodies = new Long2ObjectHashMap<>();
        younger = slot + reach;
      }
      CommandBatch body = BatchId.isBatch(id) ? take(id) : null;
      if (slot < next) {
        return;
      }
      Objects.requireNonNull(decisions).decided(slot, id, body);
      bytesLeft -= body == null ? 32 : body.size();
      next++;
    }

    private @Nullable CommandBatch take(long id) {
      CommandBatch body = bodies.remove(id);
      return body == null ? older.remove(id) : body;
    }

    private boolean finished() {
      return gone || next >= to || bytesLeft <= 0;
    }
  }
}
