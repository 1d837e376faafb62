package io.rabia.testing;

import java.time.Duration;
import java.util.function.LongSupplier;

/** A node's monotonic clock, which can be made to run wrong. Thread-safe. */
final class TestClock implements LongSupplier {
  private long since = System.nanoTime();
  private long time = since;
  private double rate = 1;

  /** Nanoseconds. */
  @Override
  public synchronized long getAsLong() {
    return time + (long) ((System.nanoTime() - since) * rate);
  }

  synchronized void skew(Duration jump, double newRate) {
    long now = System.nanoTime();
    time += (long) ((now - since) * rate) + jump.toNanos();
    since = now;
    rate = newRate;
  }
}
