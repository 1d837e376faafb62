package io.rabia.kvstore.server.cli;

import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What came of the requests of one server, or of all, within the window that counts. One thread.
 */
final class BenchRecorder {
  private static final int DIGITS = 3;

  private final Histogram latencies = new Histogram(DIGITS);
  private final long start;
  private long end;
  private long lastCompletion;
  private long maxGap;
  private long completed;
  private long reads;
  private long errors;

  /** The window, in nanoseconds of {@link System#nanoTime}. */
  BenchRecorder(long start, long end) {
    this.start = start;
    this.end = end;
    lastCompletion = start;
  }

  /** The window ends now, if it has not ended yet. */
  void endAt(long now) {
    if (now - end < 0) {
      end = Math.max(now, start);
    }
  }

  /** A request that was outstanding at the end of the window counts with its latency only. */
  void completed(long now, long latency, boolean read) {
    if (now - start < 0) {
      return;
    }
    latencies.recordValue(Math.max(0, latency));
    if (now - end < 0) {
      maxGap = Math.max(maxGap, now - lastCompletion);
      lastCompletion = now;
      completed++;
      reads += read ? 1 : 0;
    }
  }

  void failed(long now) {
    if (now - start >= 0) {
      errors++;
    }
  }

  String line(String prefix, int clients) {
    double seconds = Math.max(1, end - start) / 1e9;
    long gap = Math.max(maxGap, end - lastCompletion);
    return String.format(
        Locale.ROOT,
        "%s clients=%d ops_per_s=%.0f p50_us=%d p99_us=%d p999_us=%d max_us=%d max_gap_ms=%.1f"
            + " errors=%d reads=%d",
        prefix,
        clients,
        completed / seconds,
        percentile(50),
        percentile(99),
        percentile(99.9),
        latencies.getMaxValue() / 1000,
        gap / 1e6,
        errors,
        reads);
  }

  private long percentile(double percentile) {
    return latencies.getTotalCount() == 0 ? 0 : latencies.getValueAtPercentile(percentile) / 1000;
  }
}
