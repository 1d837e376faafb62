package io.rabia.testing.sim;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Which faults a run has, and how often each struck. One thread. */
final class Faults {
  private final Set<Fault> drawn;
  private final Map<Fault, Long> counts = new EnumMap<>(Fault.class);

  Faults(Set<Fault> drawn) {
    this.drawn = drawn.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(drawn);
  }

  boolean has(Fault fault) {
    return drawn.contains(fault);
  }

  Set<Fault> drawn() {
    return drawn;
  }

  void fired(Fault fault) {
    counts.merge(fault, 1L, Long::sum);
  }

  long count(Fault fault) {
    return counts.getOrDefault(fault, 0L);
  }

  /** Those that struck, drawn or not. */
  Set<Fault> fired() {
    Set<Fault> fired = EnumSet.noneOf(Fault.class);
    fired.addAll(counts.keySet());
    return fired;
  }

  long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Drawn faults that struck fewer times than that. */
  Set<Fault> fewerThan(long times) {
    Set<Fault> fewer = EnumSet.noneOf(Fault.class);
    drawn.stream().filter(fault -> count(fault) < times).forEach(fewer::add);
    return fewer;
  }

  @Override
  public String toString() {
    return counts.toString();
  }
}
