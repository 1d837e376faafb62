package io.rabia.kvstore.server;

import java.util.function.LongSupplier;
import org.slf4j.Logger;

/** Warnings that strangers can cause: at most one every interval, with how many were left out. One thread. */
final class RateLimitedLog {
  private static final long INTERVAL_NANOS = 10_000_000_000L;

  private final Logger log;
  private final LongSupplier nanoClock;
  private long next;
  private boolean started;
  private long suppressed;

  RateLimitedLog(Logger log, LongSupplier nanoClock) {
    this.log = log;
    this.nanoClock = nanoClock;
  }

  void warn(String message) {
    long now = nanoClock.getAsLong();
    if (started && now - next < 0) {
      suppressed++;
      return;
    }
    started = true;
    next = now + INTERVAL_NANOS;
    log.warn("{}{}", message, suppressed == 0 ? "" : " (and " + suppressed + " more before)");
    suppressed = 0;
  }
}
