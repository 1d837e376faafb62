package io.rabia.engine.protocol;

/**
 * A member's clock for log time: its monotonic time plus an offset that is only ever raised, when
 * an applied batch carries a later time (protocol.md section 5). The wall clock has no part in it.
 */
final class LogClock {
  private long offset;
  private long applied;

  LogClock(long first) {
    applied = first;
  }

  /** The time to stamp a batch with. */
  long stamp(long now) {
    return Math.max(now + offset, applied);
  }

  /** Takes the time of an applied batch; returns the log time in force, which never goes back. */
  long apply(long timestamp, long now) {
    applied = Math.max(applied, timestamp);
    offset = Math.max(offset, applied - now);
    return applied;
  }

  long applied() {
    return applied;
  }
}
