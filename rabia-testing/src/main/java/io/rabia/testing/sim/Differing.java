package io.rabia.testing.sim;

import io.rabia.core.RabiaException;
import java.util.BitSet;

/**
 * What is demanded once the state machine of one member goes another way: that member stops, names
 * the slot and comes back without its state, and every other one names it. One thread.
 */
final class Differing {
  private static final int NOBODY = -1;

  private final Violations violations;
  private final Faults faults;
  private final int n;
  private final BitSet told = new BitSet();
  private int node = NOBODY;
  private long from;
  private boolean stopped;

  Differing(Violations violations, Faults faults, int n) {
    this.violations = violations;
    this.faults = faults;
    this.n = n;
  }

  /** From this slot on its state is another one. */
  void begins(int differs, long slot) {
    node = differs;
    from = slot;
  }

  /** Has it a state of its own after this slot? Not once it is back without it. */
  boolean goesOn(int index, long slot) {
    return is(index, slot) && !stopped;
  }

  private boolean is(int index, long slot) {
    return index == node && slot >= from;
  }

  /** A member says whose state differs after a slot; settled: it must stop. */
  void told(int by, int member, long slot, boolean settled) {
    if (settled) {
      if (!is(member, slot)) {
        violations.add(slot, by, "takes the state of node " + (member + 1) + " for a wrong one");
      }
      told.set(by);
    }
  }

  /** A member stops; true when it had to. */
  boolean stops(int index, RuntimeException why) {
    boolean must =
        index == node && !stopped && told.get(index) && why instanceof RabiaException.Checksum;
    stopped |= must;
    return must;
  }

  /** At the end. */
  void require() {
    if (node == NOBODY) {
      return;
    }
    if (!stopped) {
      violations.add(from, node, "has another state from this slot on and did not stop");
    } else if (told.cardinality() < n) {
      violations.add(from, node, "its state differs; only " + told.cardinality() + " noticed");
    } else {
      faults.fired(Fault.DIFFER);
    }
  }
}
