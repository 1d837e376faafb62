package io.rabia.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Which faults begin when. Immutable. */
record FaultPlan(List<Entry> entries) {

  record Entry(Duration after, FaultType fault) {}

  FaultPlan {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparing(Entry::after));
    entries = List.copyOf(sorted);
  }

  /** Injects each in its time, counted from now. */
  List<InjectedFault> carryOut(NetworkSimulator simulator) {
    long start = System.nanoTime();
    List<InjectedFault> injected = new ArrayList<>();
    for (Entry entry : entries) {
      Await.holds(
          entry.after().plusSeconds(1), () -> System.nanoTime() - start >= entry.after().toNanos());
      injected.add(simulator.injectFault(entry.fault()));
    }
    return injected;
  }

  /**
   * @throws AssertionError when one had no effect: the run tested less than it should have
   */
  static void requireFired(List<InjectedFault> injected) {
    for (InjectedFault fault : injected) {
      if (!fault.fired()) {
        throw new AssertionError("invalid run: no effect of " + fault.type());
      }
    }
  }
}
