package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.NodeId;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.Window.Slot;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The batches that a replica holds, by origin, and the numbers of its own: they are spent in blocks
 * whose end is in the log before the first of them leaves, so that a number names one content for
 * ever (protocol.md section 3, rules 5 and 8).
 */
final class Batches {
  private static final int NUMBER_BLOCK = 1 << 16;
  private static final long OWN_BYTES = 8 << 20;

  private static final int NOBODY = -1;

  private final Eras eras;
  private final Window window;
  private final Retention retention;
  private final Output output;
  private final int logReach;
  private @Nullable OriginBatches[] origins = {};

  /** The rows that there are, and whose they are, in the order of their tokens. */
  private OriginBatches[] live = {};

  private NodeId[] liveIds = {};
  private @Nullable OriginBatches own;
  private int ownOrigin = NOBODY;
  private long nextNumber = 1;
  private long numbersEnd;

  /** The log group with that end. */
  private long numbersGroup = Long.MAX_VALUE;

  /** Up to here numbers are spent even if this process forgets what it did with them. */
  private long safeEnd;

  Batches(Eras eras, Window window, Retention retention, Output out) {
    this.eras = eras;
    this.window = window;
    this.retention = retention;
    output = out;
    logReach = Window.powerOfTwo(4 * eras.widest()) / 2;
    changed();
  }

  /** Tokens may have entered the configuration: each has a row from now on. */
  void changed() {
    int rows = Window.powerOfTwo(4 * eras.widest());
    int known = origins.length;
    origins = Arrays.copyOf(origins, eras.origins());
    for (int origin = 0; origin < origins.length; origin++) {
      OriginBatches present = origins[origin];
      if (origin >= known) {
        origins[origin] = new OriginBatches(rows, logReach);
      } else if (present != null) {
        present.widen(rows);
      }
    }
    ownOrigin = eras.ownOrigin();
    own = ownOrigin < 0 ? null : origins[ownOrigin];
    collect();
  }

  private void collect() {
    List<OriginBatches> rows = new ArrayList<>();
    List<NodeId> ids = new ArrayList<>();
    for (int origin = 0; origin < origins.length; origin++) {
      OriginBatches row = origins[origin];
      if (row != null) {
        rows.add(row);
        ids.add(eras.idOf(origin));
      }
    }
    live = rows.toArray(new OriginBatches[0]);
    liveIds = ids.toArray(new NodeId[0]);
  }

  /** Drops the rows that no decision can need any more. */
  void farewell(long applied) {
    int origin = eras.takeFarewell(applied);
    if (origin < 0) {
      return;
    }
    while (origin >= 0) {
      origins[origin] = null;
      own = origin == ownOrigin ? null : own;
      origin = eras.takeFarewell(applied);
    }
    collect();
  }

  /** Has the batch's origin a row? */
  boolean known(long id) {
    int origin = BatchId.origin(id);
    return origin < origins.length && origins[origin] != null;
  }

  /** Those of the batch's origin, which must be known. */
  OriginBatches of(long id) {
    return Objects.requireNonNull(origins[BatchId.origin(id)]);
  }

  /**
   * The next batch of a member that is in no slot; those of its former lives go first, since their
   * lanes are its own now.
   */
  @Nullable CommandBatch waiting(Configuration.Member member) {
    CommandBatch waiting = null;
    for (int i = 0; waiting == null && i < live.length; i++) {
      if (live[i].heldCount() > 0 && liveIds[i].equals(member.id())) {
        waiting = live[i].next();
      }
    }
    return waiting;
  }

  int ownOrigin() {
    return ownOrigin;
  }

  /** Has this replica a row of its own? A process that is not a member yet has none. */
  boolean hasOwn() {
    return own != null;
  }

  OriginBatches own() {
    return Objects.requireNonNull(own);
  }

  /** Lets go of what members made that are gone: no lane is theirs any more. */
  void dropOrphans(Configuration now) {
    for (int i = 0; i < live.length; i++) {
      if (now.indexOf(liveIds[i]) < 0) {
        live[i].dropBelow(Long.MAX_VALUE);
      }
    }
  }

  void hold(CommandBatch batch) {
    if (known(batch.id())) {
      of(batch.id()).hold(batch);
    }
  }

  /** The batch of this id as the slot or its origin's queue holds it. */
  @Nullable CommandBatch body(Slot slot, long id) {
    if (slot.bodyIs(id)) {
      return slot.body;
    }
    return known(id) ? of(id).held(BatchId.number(id)) : null;
  }

  /** The batch wherever it is held: its queue, an open slot, what was applied lately. */
  @Nullable CommandBatch find(long id, long applied) {
    if (!known(id)) {
      return null;
    }
    CommandBatch batch = of(id).held(BatchId.number(id));
    for (long number = applied; batch == null && number < eras.limit(applied); number++) {
      Slot slot = window.peek(number);
      batch = slot != null && slot.bodyIs(id) ? slot.body : null;
    }
    return batch != null ? batch : retention.find(id);
  }

  /** What was proposed or offered here, but for this id, is in no slot any more. */
  void release(Slot slot, long id) {
    for (int i = 0; i < slot.era.size(); i++) {
      release(slot, id, slot.instance.proposal(i));
    }
    release(slot, id, slot.offered);
  }

  private void release(Slot slot, long id, long said) {
    if (BatchId.isBatch(said) && said != id && known(said)) {
      of(said).release(BatchId.number(said), slot.number);
    }
  }

  int heldCount() {
    int held = 0;
    for (OriginBatches row : live) {
      held += row.heldCount();
    }
    return held;
  }

  // ---- the own ones

  /**
   * The id for the next own batch; its block is in the log before it leaves.
   *
   * @param group of the log, with what is put out now
   */
  long nextId(long group) {
    if (nextNumber > numbersEnd) {
      numbersEnd = nextNumber + NUMBER_BLOCK - 1;
      numbersGroup = group;
      output.add(
          Kind.NUMBERS, Output.LOG | Output.PROMISE, Output.ALL, numbersEnd, 0, (byte) 0, 0, null);
    }
    return BatchId.pack(ownOrigin, nextNumber);
  }

  /** The log is durable up to this group. */
  void durable(long group) {
    safeEnd = group >= numbersGroup ? numbersEnd : safeEnd;
  }

  /** An own batch: does no other one get its number, whatever is forgotten? */
  boolean isSafe(long id) {
    return BatchId.number(id) <= safeEnd;
  }

  /** Takes the own batch made under {@link #nextId}. */
  void took(CommandBatch batch) {
    nextNumber++;
    hold(batch);
  }

  long lowestOutstanding() {
    return own().lowestOutstanding(nextNumber);
  }

  /**
   * May another own batch be made? Not with W outstanding, and not while those that are held are
   * many bytes: all of them go out again at once to whoever connects, and must fit its queue.
   */
  boolean mayNumber() {
    return own != null
        && nextNumber - lowestOutstanding() < 3L * eras.newest().configuration.alpha()
        && own.heldBytes() < OWN_BYTES;
  }

  void restoreNumbers(long end) {
    numbersEnd = Math.max(numbersEnd, end);
  }

  /** After a restart: what a former run made is not proposed anew. */
  void resume() {
    nextNumber = numbersEnd + 1;
    if (own != null) {
      own.dropBelow(nextNumber);
    }
  }

  long numbersEnd() {
    return numbersEnd;
  }

  void save(DataOutput out) throws IOException {
    for (OriginBatches origin : origins) {
      out.writeBoolean(origin != null);
      if (origin != null) {
        origin.saveRow(out);
      }
    }
  }

  /** Takes a table that was saved with so many slots applied; the slots below have ended. */
  void load(DataInput in, long applied) throws IOException {
    changed();
    for (int origin = 0; origin < origins.length; origin++) {
      if (in.readBoolean()) {
        Objects.requireNonNull(origins[origin]).loadRow(in, applied);
      } else {
        origins[origin] = null;
      }
    }
    own = ownOrigin < 0 ? null : origins[ownOrigin];
    collect();
  }

  /** Part of the state hash: the applied-batch table. */
  long rowsHash(long seed) {
    long hash = seed;
    for (OriginBatches origin : origins) {
      hash = hash * 31 + (origin == null ? 0 : origin.rowHash());
    }
    return hash;
  }
}
