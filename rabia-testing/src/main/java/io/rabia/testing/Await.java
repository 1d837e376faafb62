package io.rabia.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits until something holds. */
final class Await {
  private static final long CHECK_NANOS = 2_000_000;

  private Await() {}

  static boolean holds(Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(CHECK_NANOS);
    }
    return true;
  }

  /**
   * @throws AssertionError that says what was there instead
   */
  static void until(
      String what, Duration patience, BooleanSupplier condition, Supplier<String> instead) {
    if (!holds(patience, condition)) {
      throw new AssertionError(
          "not within " + patience.toMillis() + " ms: " + what + "; " + instead.get());
    }
  }
}
