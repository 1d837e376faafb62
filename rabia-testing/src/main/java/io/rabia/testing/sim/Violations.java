package io.rabia.testing.sim;

import org.jspecify.annotations.Nullable;

/** Remembers the first broken promise of a run. One thread. */
final class Violations {
  private final SimClock clock;
  private final Trace trace;
  private @Nullable String first;

  Violations(SimClock clock, Trace trace) {
    this.clock = clock;
    this.trace = trace;
  }

  void add(String what) {
    trace.line("BROKEN", () -> what);
    if (first == null) {
      first = "at " + clock.text().strip() + " s: " + what;
    }
  }

  void check(boolean holds, String what) {
    if (!holds) {
      add(what);
    }
  }

  @Nullable String first() {
    return first;
  }
}
