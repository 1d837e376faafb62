package io.rabia.testing.sim;

import org.jspecify.annotations.Nullable;

/**
 * Remembers the first broken promise of a run: where, what was expected, what happened. One thread.
 */
final class Violations {
  static final long NO_SLOT = -1;
  private static final int NO_NODE = -1;

  private final SimClock clock;
  private final Trace trace;
  private @Nullable String first;
  private long slot = NO_SLOT;
  private int running = NO_NODE;

  Violations(SimClock clock, Trace trace) {
    this.clock = clock;
    this.trace = trace;
  }

  /** What is added from now on was seen while this node ran. */
  void runs(int node) {
    running = node;
  }

  /** The node has come to rest. */
  void rests() {
    running = NO_NODE;
  }

  void add(String what) {
    add(NO_SLOT, what);
  }

  void add(long inSlot, String what) {
    add(inSlot, running, what);
  }

  void add(long inSlot, int node, String what) {
    String where =
        (inSlot == NO_SLOT ? "" : "slot " + inSlot + ", ")
            + (node == NO_NODE ? "" : "node " + (node + 1) + ", ");
    String text = where.isEmpty() ? what : where.substring(0, where.length() - 2) + ": " + what;
    broken(inSlot, node, text);
  }

  /** A node broke a promise about no slot in particular when it had applied this many. */
  void addNear(long applied, int node, String what) {
    broken(applied, node, "node " + (node + 1) + ", " + applied + " slots applied: " + what);
  }

  private void broken(long inSlot, int node, String text) {
    trace.broken(inSlot, node, text);
    if (first == null) {
      first = "at " + clock.text().strip() + " s: " + text;
      slot = inSlot;
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

  /** Of the first violation, or {@link #NO_SLOT}. */
  long slot() {
    return slot;
  }
}
