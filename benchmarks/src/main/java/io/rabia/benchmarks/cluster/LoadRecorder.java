package io.rabia.benchmarks.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.HdrHistogram.Histogram;

/** What came of requests within the window that counts. One thread. */
final class LoadRecorder {
  private static final int DIGITS = 3;
  private static final long MOMENT_NANOS = 10_000_000;

  private final Histogram latencies = new Histogram(DIGITS);
  private final long start;
  private final long[] lastCompletion;
  private final long[] gap;
  private final long[] moments;
  private final long[] momentMax;
  private long end;
  private long completed;
  private long errors;

  /** The window, in nanoseconds of {@link System#nanoTime}. */
  LoadRecorder(long start, long end, int homes, boolean timeline) {
    this.start = start;
    this.end = end;
    lastCompletion = new long[homes];
    gap = new long[homes];
    Arrays.fill(lastCompletion, start);
    int length = timeline ? (int) ((end - start) / MOMENT_NANOS) + 1 : 0;
    moments = new long[length];
    momentMax = new long[length];
  }

  /** A request that was outstanding at the end of the window counts with its latency only. */
  void completed(int home, long now, long latency) {
    if (now - start < 0) {
      return;
    }
    latencies.recordValue(Math.max(0, latency));
    if (now - end < 0) {
      completed++;
      gap[home] = Math.max(gap[home], now - lastCompletion[home]);
      lastCompletion[home] = now;
      if (moments.length > 0) {
        moments[moment(now)]++;
        mark(now, latency);
      }
    }
  }

  /** A request that failed took its time as well. */
  void failed(long now, long latency) {
    if (now - start < 0) {
      return;
    }
    errors++;
    latencies.recordValue(Math.max(0, latency));
    if (now - end < 0 && moments.length > 0) {
      mark(now, latency);
    }
  }

  /** A request that should have been sent at this time has waited until the end of the window. */
  void unsent(long intended) {
    latencies.recordValue(Math.max(0, end - intended));
  }

  private void mark(long now, long latency) {
    momentMax[moment(now)] = Math.max(momentMax[moment(now)], latency / 1000);
  }

  private int moment(long now) {
    return (int) ((now - start) / MOMENT_NANOS);
  }

  long completedSoFar() {
    return completed;
  }

  /** The window ends at this time, if it has not ended yet. */
  void endAt(long now) {
    end = now - end < 0 ? now : end;
  }

  /**
   * @param resent see {@link LoadResult}
   */
  LoadResult result(long resent) {
    List<Double> gaps = new ArrayList<>();
    for (int home = 0; home < gap.length; home++) {
      gaps.add(Math.max(gap[home], end - lastCompletion[home]) / 1e6);
    }
    List<LoadResult.Moment> timeline = new ArrayList<>();
    for (int i = 0; i < moments.length; i++) {
      timeline.add(new LoadResult.Moment(moments[i], momentMax[i]));
    }
    return new LoadResult(
        completed / Math.max(1e-9, (end - start) / 1e9),
        percentile(50),
        percentile(99),
        percentile(99.9),
        latencies.getMaxValue() / 1000.0,
        completed,
        errors,
        resent,
        gaps,
        timeline);
  }

  private double percentile(double percentile) {
    return latencies.getTotalCount() == 0 ? 0 : latencies.getValueAtPercentile(percentile) / 1000.0;
  }
}
