package io.rabia.engine;

import io.rabia.core.persistence.Persistence;

/**
 * How long it takes from a promise to the log until it is durable, one at a time. One thread; times
 * in nanoseconds.
 */
final class ForceTimes {
  private static final int AS_A_RULE = 8;

  private final long slowNanos;
  private long group = Persistence.NONE;
  private long since;
  private long smoothed;
  private int slow;

  /**
   * @param slowNanos a force that takes longer is slow
   */
  ForceTimes(long slowNanos) {
    this.slowNanos = slowNanos;
  }

  /** A promise went to the log with this group. */
  void promised(long number, long now) {
    if (group == Persistence.NONE) {
      group = number;
      since = now;
    }
  }

  /** Is one being measured, so that the next look should be soon? */
  boolean isPending() {
    return group != Persistence.NONE;
  }

  void advance(long durable, long now) {
    if (isPending() && durable >= group && now > since) {
      group = Persistence.NONE;
      long took = now - since;
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
