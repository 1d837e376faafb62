package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The slots that are held: from alpha below the applied prefix, so that laggards' repetitions are
 * recognized, to 3 alpha above it, so that a fast peer's messages are not lost. Places are reused;
 * nothing is allocated per slot.
 */
final class Window {
  private static final long NO_SLOT = -1;

  /** One slot's agreement and what this replica keeps beside it. */
  static final class Slot {
    /** Of {@link #heldSince}: not held back any more, and not all proposed in time. */
    static final long HELD_IN_VAIN = -1;

    final SlotInstance instance = new SlotInstance();
    long number = NO_SLOT;

    /** Who votes here. */
    Era era;

    /** The batch that this replica proposed here or that was decided here. */
    @Nullable CommandBatch body;

    /** What its owner was heard to offer here, or NONE. */
    long offered;

    /** The batch that another one was heard to offer here in the owner's place, or NONE. */
    long offeredInstead;

    /** The outcome was taken notice of. */
    boolean settled;

    /** Heard by Decide, not found by voting. */
    boolean heard;

    /**
     * Number of the log group with the last own message: it must be durable before an own decision
     * counts.
     */
    long gate;

    /** When the slot was first seen. */
    long seenAt;

    /** When a wait for a majority began, or 0. */
    long graceSince;

    /** When a vote began to be held back until all proposals are there, or 0. */
    long heldSince;

    /**
     * When this replica proposed as the owner or after it; 0 when it did not, or in place of an
     * owner that was late: how long that one takes is no measure for the others.
     */
    long proposedAt;

    /** When the body was last asked for, and from whom. */
    long fetchedAt;

    int fetchedFrom;

    /** This replica's Propose was the first one that it knew of. */
    boolean spokeFirst;

    private long[] answeredAt = {};
    boolean dirty;

    private Slot(Era era) {
      this.era = era;
    }

    private void reset(long slot, Era governing, int self, long now) {
      era = governing;
      instance.reset(slot, era.configuration, era.self);
      number = slot;
      body = null;
      offered = BatchId.NONE;
      offeredInstead = BatchId.NONE;
      settled = false;
      heard = false;
      gate = 0;
      seenAt = now;
      graceSince = 0;
      heldSince = 0;
      proposedAt = 0;
      spokeFirst = false;
      fetchedAt = 0;
      fetchedFrom = self;
      Arrays.fill(answeredAt, 0);
      dirty = false;
    }

    /** When the peer at this place was last told the outcome, or 0. */
    long answeredAt(int place) {
      return place < answeredAt.length ? answeredAt[place] : 0;
    }

    void answered(int place, long now) {
      if (place >= answeredAt.length) {
        answeredAt = Arrays.copyOf(answeredAt, place + 1);
      }
      answeredAt[place] = now;
    }

    boolean bodyIs(long id) {
      return body != null && body.id() == id;
    }

    /** Nobody was heard to propose or to offer anything here. */
    boolean isUnheardOf() {
      return instance.isSilent() && offered == BatchId.NONE && offeredInstead == BatchId.NONE;
    }

    /** Was a batch, not only NOOP, proposed by anyone heard of? */
    boolean batchProposed() {
      for (int i = 0; i < era.size(); i++) {
        if (BatchId.isBatch(instance.proposal(i))) {
          return true;
        }
      }
      return false;
    }
  }

  private final Eras eras;
  private Slot[] ring;
  private int mask;
  private int alpha;

  Window(Eras eras) {
    this.eras = eras;
    alpha = eras.widest();
    ring = ring(powerOfTwo(4 * alpha));
    mask = ring.length - 1;
  }

  private Slot[] ring(int size) {
    Slot[] fresh = new Slot[size];
    for (int i = 0; i < size; i++) {
      fresh[i] = new Slot(eras.newest());
    }
    return fresh;
  }

  /**
   * A change has become known. What was received of its slots was counted for the configuration
   * before, provisionally ({@link SlotInstance#hold}): it is dropped, and comes again. The window
   * gets room for a larger ALPHA.
   */
  void changed(Consumer<Slot> dropped) {
    Slot[] former = ring;
    if (eras.widest() > alpha) {
      alpha = eras.widest();
      ring = ring(powerOfTwo(4 * alpha));
      mask = ring.length - 1;
    }
    for (int i = 0; i < former.length; i++) {
      Slot slot = former[i];
      if (slot.number >= 0 && slot.era != eras.of(slot.number)) {
        dropped.accept(slot);
        slot.number = -1;
      } else if (former != ring && slot.number >= 0) {
        ring[(int) slot.number & mask] = slot;
      }
    }
  }

  /** So many slots apart two may have the same place. */
  int size() {
    return ring.length;
  }

  static int powerOfTwo(int atLeast) {
    return Integer.highestOneBit(Math.max(1, atLeast - 1)) << 1;
  }

  /** Is there a place for the slot while {@code applied} slots are applied? */
  boolean holds(long slot, long applied) {
    return slot >= applied - alpha && slot < applied + 3L * alpha && slot >= 0;
  }

  /** The slot's place, made fresh when another slot had it. The slot must be one that is held. */
  Slot at(long slot, long now) {
    Slot place = ring[(int) slot & mask];
    if (place.number != slot) {
      place.reset(slot, eras.of(slot), eras.self(), now);
    }
    return place;
  }

  /** Closes every slot below this one. */
  void endBelow(long slot) {
    for (Slot place : ring) {
      if (place.number < slot) {
        place.number = NO_SLOT;
        place.body = null;
      }
    }
  }

  /** The slot's place if it was opened, else null. */
  @Nullable Slot peek(long slot) {
    Slot place = ring[(int) slot & mask];
    return place.number == slot ? place : null;
  }
}
