package io.rabia.network;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;

/**
 * Warnings that strangers or broken links can provoke, at most one a second; the next one tells how
 * many were left out. Not thread-safe: one instance per owning thread.
 */
public final class RateLimitedLog {
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Logger logger;
  private long nextAt;
  private boolean used;
  private long suppressed;

  public RateLimitedLog(Logger logger) {
    this.logger = logger;
  }

  /** Writes the message at WARN, or counts it when the last one is less than a second old. */
  public void warn(String message) {
    long now = System.nanoTime();
    if (used && now - nextAt < 0) {
      suppressed++;
      return;
    }
    used = true;
    nextAt = now + INTERVAL_NANOS;
    if (suppressed == 0) {
      logger.warn("{}", message);
    } else {
      logger.warn("{} ({} similar warnings left out before)", message, suppressed);
      suppressed = 0;
    }
  }
}
