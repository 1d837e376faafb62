package io.rabia.kvstore.server.cli;

/** When answers come, and the longest time without any. Thread-safe. */
final class Pulse {
  private long last = System.nanoTime();
  private long longest;

  synchronized void beat(long now) {
    longest = Math.max(longest, now - last);
    last = now;
  }

  /** Forgets what was before; a pause that has begun counts from its beginning. */
  synchronized void restart() {
    longest = 0;
  }

  /** Nanoseconds, since the restart. */
  synchronized long longest() {
    return Math.max(longest, System.nanoTime() - last);
  }
}
