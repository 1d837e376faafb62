package io.rabia.benchmarks.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;

/** What the parts of a run share: what is asked for, what came of it so far. One thread. */
final class Bench {

  /** A piece of a part. */
  interface Step {
    void run() throws IOException;
  }

  final BenchOptions options;
  final Results results = new Results();
  final Progress progress = new Progress();
  private final Report report;

  /** Nothing of an earlier run to the same place is left. */
  Bench(BenchOptions options, Environment environment) throws IOException {
    this.options = options;
    report = new Report(options, environment, results);
    report.begin();
  }

  /**
   * Takes a step. When it fails, that is a result as well; what is known afterwards is written down
   * in any case.
   *
   * @param lines how many lines of progress are due for it
   */
  void attempt(String what, int lines, Step step) {
    int due = progress.done() + lines;
    try {
      step.run();
    } catch (RuntimeException | IOException e) {
      if (Leftovers.isEnding()) {
        throw new IllegalStateException("ended during " + what, e);
      }
      results.failed(what + ": " + e.getMessage());
      progress.failed(due, what + ": " + e.getMessage());
    }
    write();
  }

  private void write() {
    try {
      report.write();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
