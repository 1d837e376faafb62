package io.rabia.testing;

import java.util.concurrent.locks.LockSupport;

/** Where an engine's thread comes by in each duty cycle, and can be held up. Thread-safe. */
final class Gate {
  private static final long CHECK_NANOS = 1_000_000;

  private volatile boolean paused;
  private volatile long delay;
  private volatile long heldUp;
  private volatile boolean standing;

  void pause(boolean now) {
    paused = now;
  }

  /** Ends a pause; true when there was one. */
  boolean open() {
    boolean was = paused;
    paused = false;
    return was;
  }

  /** Nanoseconds by which each passing takes longer. */
  void delay(long nanos) {
    delay = nanos;
  }

  /** Somebody stands still here. */
  boolean isStanding() {
    return standing;
  }

  /** How often somebody was held up. */
  long heldUp() {
    return heldUp;
  }

  /** By the engine's thread alone. */
  void pass() {
    long until = System.nanoTime() + delay;
    if (paused || delay > 0) {
      heldUp++;
    }
    while (paused) {
      standing = true;
      LockSupport.parkNanos(this, CHECK_NANOS);
    }
    standing = false;
    long left = until - System.nanoTime();
    while (left > 0) {
      LockSupport.parkNanos(this, left);
      left = until - System.nanoTime();
    }
  }
}
