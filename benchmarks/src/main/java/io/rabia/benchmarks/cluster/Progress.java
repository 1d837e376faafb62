package io.rabia.benchmarks.cluster;

import java.time.Duration;
import java.util.Locale;

/** A line for everything that is done, with how much is left. One thread. */
final class Progress {
  private String part = "";
  private int total;
  private int done;
  private long begin;

  void begin(String name, int runs) {
    part = name;
    total = runs;
    done = 0;
    begin = System.nanoTime();
  }

  void done(String what) {
    done++;
    print(what);
  }

  int done() {
    return done;
  }

  /**
   * @param due how many lines there should be by now
   */
  void failed(int due, String what) {
    done = due;
    print("FAILED " + what);
  }

  private void print(String what) {
    Duration elapsed = Duration.ofNanos(System.nanoTime() - begin);
    Duration left = elapsed.multipliedBy(total - done).dividedBy(Math.max(1, done));
    System.out.println(
        String.format(Locale.ROOT, "[%s %d/%d, %s left] %s", part, done, total, text(left), what));
    System.out.flush();
  }

  private static String text(Duration duration) {
    return String.format(
        Locale.ROOT,
        "%d:%02d:%02d",
        duration.toHours(),
        duration.toMinutesPart(),
        duration.toSecondsPart());
  }
}
