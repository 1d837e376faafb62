package io.rabia.network;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * Warnings that strangers or broken links can provoke, at most one a second; the next one tells how
 * many were left out. Not thread-safe: one instance per owning thread.
 */
public final class RateLimitedLog {
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Consumer<String> log;
  private final LongSupplier nanoClock;
  private long nextAt;
  private boolean used;
  private long suppressed;

  public RateLimitedLog(Logger logger) {
    this(logger::warn, System::nanoTime);
  }

  RateLimitedLog(Consumer<String> log, LongSupplier nanoClock) {
    this.log = log;
    this.nanoClock = nanoClock;
  }

  /** Writes the message at WARN, or counts it when the last one is less than a second old. */
  public void warn(String message) {
    long now = nanoClock.getAsLong();
    if (used && now - nextAt < 0) {
      suppressed++;
      return;
    }
    used = true;
    nextAt = now + INTERVAL_NANOS;
    String before = suppressed == 0 ? "" : " (" + suppressed + " similar warnings left out before)";
    log.accept(message + before);
    suppressed = 0;
  }
}
