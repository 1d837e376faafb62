package io.rabia.testing.sim;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

/**
 * Simulates a range of seeds on all cores, prints those that did not pass in the order of the
 * seeds, and how far it is now and then. One thread.
 */
final class Campaign {
  private static final long PROGRESS_NANOS = 10_000_000_000L;

  private final long first;
  private final long last;
  private final Firings firings;
  private final PrintStream out;
  private final PrintStream progress;
  private final long began = System.nanoTime();
  private long progressAt = began;

  private long passed;
  private long failed;
  private long invalid;
  private long operations;
  private long slots;
  private long faultEvents;

  /**
   * @param all faults, each of which many seeds draw
   */
  Campaign(long first, long last, Set<Fault> all, PrintStream out, PrintStream progress) {
    firings = new Firings(all);
    this.first = first;
    this.last = last;
    this.out = out;
    this.progress = progress;
  }

  /** True when all passed, and each fault struck that may have. */
  boolean run(LongFunction<SimOptions> options) {
    InOrder.run(
        LongStream.rangeClosed(first, last).iterator(),
        seed -> Simulation.run(options.apply(seed), null),
        this::add,
        this::progress);
    out.println(this);
    String lacks = firings.lacks();
    if (lacks != null) {
      out.println("campaign INVALID " + lacks);
    }
    return failed + invalid == 0 && lacks == null;
  }

  private void add(SimReport report) {
    passed += report.passed() ? 1 : 0;
    failed += report.violation() != null ? 1 : 0;
    invalid += report.violation() == null && report.invalid() != null ? 1 : 0;
    operations += report.operations();
    slots += report.slots();
    faultEvents += report.faultEvents();
    firings.add(report.drawn(), report.fired());
    if (!report.passed()) {
      out.println(report.verdict());
      out.println("  replay: " + report.options().arguments());
    }
    progress();
  }

  private void progress() {
    long now = System.nanoTime();
    if (now - progressAt >= PROGRESS_NANOS) {
      progressAt = now;
      long done = passed + failed + invalid;
      progress.printf(
          Locale.ROOT,
          "progress seeds=%d of %d passed=%d failed=%d invalid=%d seeds_per_s=%.1f%n",
          done,
          last - first + 1,
          passed,
          failed,
          invalid,
          done / ((now - began) / 1e9));
    }
  }

  @Override
  public String toString() {
    return "simulated seeds="
        + (last - first + 1)
        + " passed="
        + passed
        + " failed="
        + failed
        + " invalid="
        + invalid
        + " ops="
        + operations
        + " slots="
        + slots
        + " fault_events="
        + faultEvents;
  }
}
