package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.InvariantViolation;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.Window.Slot;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The batches that a replica holds, by origin, and the numbers of its own: they are spent in blocks
 * whose end is in the log before the first of them leaves, so that a number names one content for
 * ever (protocol.md section 3, rules 5 and 8).
 */
final class Batches {
  private static final int NUMBER_BLOCK = 1 << 16;
  private static final long OWN_BYTES = 8 << 20;

  private final OriginBatches[] origins;
  private final Window window;
  private final Retention retention;
  private final Output output;
  private final int alpha;
  private final int self;
  private final int ownOrigin;
  private long nextNumber = 1;
  private long numbersEnd;

  Batches(Configuration configuration, int self, Window window, Retention retention, Output out) {
    this.window = window;
    this.retention = retention;
    this.self = self;
    output = out;
    alpha = configuration.alpha();
    ownOrigin = configuration.members().get(self).origin();
    origins = new OriginBatches[configuration.size()];
    for (int i = 0; i < origins.length; i++) {
      origins[i] = new OriginBatches(Window.powerOfTwo(4 * alpha));
      InvariantViolation.check(
          configuration.members().get(i).origin() == i, "founders are numbered in order");
    }
  }

  boolean known(long id) {
    return BatchId.origin(id) < origins.length;
  }

  /** Those of the batch's origin, which must be known. */
  OriginBatches of(long id) {
    return origins[BatchId.origin(id)];
  }

  OriginBatches ofMember(int index) {
    return origins[index];
  }

  OriginBatches own() {
    return origins[self];
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
    for (long number = applied; batch == null && number < applied + alpha; number++) {
      Slot slot = window.peek(number);
      batch = slot != null && slot.bodyIs(id) ? slot.body : null;
    }
    return batch != null ? batch : retention.find(id);
  }

  int heldCount() {
    int held = 0;
    for (OriginBatches origin : origins) {
      held += origin.heldCount();
    }
    return held;
  }

  // ---- the own ones

  /** The id for the next own batch; its block is in the log before it leaves. */
  long nextId() {
    if (nextNumber > numbersEnd) {
      numbersEnd = nextNumber + NUMBER_BLOCK - 1;
      output.add(
          Kind.NUMBERS, Output.LOG | Output.PROMISE, Output.ALL, numbersEnd, 0, (byte) 0, 0, null);
    }
    return BatchId.pack(ownOrigin, nextNumber);
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
    return nextNumber - lowestOutstanding() < 3L * alpha && own().heldBytes() < OWN_BYTES;
  }

  void restoreNumbers(long end) {
    numbersEnd = Math.max(numbersEnd, end);
  }

  /** After a restart: what a former run made is not proposed anew. */
  void resume() {
    nextNumber = numbersEnd + 1;
    own().dropBelow(nextNumber);
  }

  long numbersEnd() {
    return numbersEnd;
  }

  void save(DataOutput out) throws IOException {
    for (OriginBatches origin : origins) {
      origin.saveRow(out);
    }
  }

  void load(DataInput in) throws IOException {
    for (OriginBatches origin : origins) {
      origin.loadRow(in);
    }
  }

  /** Takes the table of a member that has applied so many slots; the slots below have ended. */
  void install(DataInput in, long applied) throws IOException {
    for (OriginBatches origin : origins) {
      origin.installRow(in, applied);
    }
  }

  /** Part of the state hash: the applied-batch table. */
  long rowsHash(long seed) {
    long hash = seed;
    for (OriginBatches origin : origins) {
      hash = hash * 31 + origin.rowHash();
    }
    return hash;
  }
}
