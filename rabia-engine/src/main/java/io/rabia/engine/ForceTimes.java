package io.rabia.engine;

import io.rabia.core.persistence.Persistence;
import java.util.function.LongSupplier;

/**
 * How long it takes until promises that are in the log are durable, one force at a time. One
 * thread; times in nanoseconds.
 */
final class ForceTimes {
  private static final int AS_A_RULE = 8;

  private final long slowNanos;
  private final LongSupplier clock;
  private long group = Persistence.NONE;
  private long since;
  private long smoothed;
  private int slow;

  /**
   * @param slowNanos a force that takes longer is slow
   * @param clock monotonic
   */
  ForceTimes(long slowNanos, LongSupplier clock) {
    this.slowNanos = slowNanos;
    this.clock = clock;
  }

  /** The force of this group, which holds a promise, begins. */
  void begin(long number) {
    if (group == Persistence.NONE) {
      group = number;
      since = clock.getAsLong();
    }
  }

  /** Is one being measured, so that the next look should be soon? */
  boolean isPending() {
    return group != Persistence.NONE;
  }

  void advance(long durable) {
    if (isPending() && durable >= group) {
      group = Persistence.NONE;
      long took = clock.getAsLong() - since;
      smoothed += (took - smoothed) / 8;
      slow = took > slowNanos ? slow + 1 : 0;
    }
  }

  /** As a rule, lately. */
  long nanos() {
    return smoothed;
  }

  /** Were the last ones all slow? A single one may be a pause of the process. */
  boolean areSlow() {
    return slow >= AS_A_RULE;
  }
}
