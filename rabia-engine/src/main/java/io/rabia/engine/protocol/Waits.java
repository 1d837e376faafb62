package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.engine.protocol.Window.Slot;

/** The adaptive waits: multiples of a smoothed round trip, within {@link Timing}. Nanoseconds. */
final class Waits {
  private static final long SLOW_FLOOR = 500_000;
  private static final long MAX_HOLD_BACK = 2_000_000;

  private final Timing timing;
  private long own;
  private long followed;

  Waits(Timing timing) {
    this.timing = timing;
    own = timing.minOwnerWait() / 4;
  }

  /**
   * A measured time from this replica's Propose of an owner's batch to its decision.
   *
   * @param asOwner whether that was itself; what it followed tells how far the others are when it
   *     has no commands of its own
   */
  void sample(boolean asOwner, long nanos) {
    if (asOwner) {
      own += (nanos - own) / 8;
    } else {
      followed += (nanos - followed) / 8;
    }
  }

  /** What this replica proposed in time, as its owner did, is a measure, but for a hold in vain. */
  void decided(Slot slot, long id, long now) {
    int owner = slot.era.owner(slot.number);
    if (!slot.heard
        && slot.proposedAt != 0
        && slot.heldSince != Slot.HELD_IN_VAIN
        && BatchId.isBatch(id)
        && id == slot.instance.proposal(slot.era.self)
        && id == slot.instance.proposal(owner)) {
      sample(owner == slot.era.self, now - slot.proposedAt);
    }
  }

  private long smoothed() {
    return Math.max(own, followed);
  }

  /**
   * Whoever speaks so late as a rule would make the others run at its pace: it is not waited for.
   */
  long slow() {
    return Math.max(SLOW_FLOOR, 4 * smoothed());
  }

  /**
   * An owner that holds back, or whose force took its time once, does not speak later than that.
   */
  long prompt() {
    return Math.max(timing.minOwnerWait() + MAX_HOLD_BACK, smoothed());
  }

  /**
   * How long an owner that had commands for most of its slots may wait for the next ones before it
   * fills its slot with NOOP.
   */
  long holdBack() {
    return Math.min(MAX_HOLD_BACK, 4 * smoothed());
  }

  /** For an owner that should speak. */
  long owner() {
    return Math.min(timing.maxOwnerWait(), Math.max(timing.minOwnerWait(), 4 * smoothed()));
  }

  /** For the vote that would complete a majority. */
  long grace() {
    return owner();
  }

  /** For the Proposes that make votes needless: no longer than those would take. */
  long hold() {
    return Math.min(timing.maxOwnerWait(), smoothed());
  }

  /** Without progress, before everything open is sent again. */
  long resend() {
    return Math.min(timing.maxResend(), Math.max(timing.minResend(), 4 * owner()));
  }

  long maxResend() {
    return timing.maxResend();
  }
}
