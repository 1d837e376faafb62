package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * One outcome per slot, one state per number of applied slots, at all nodes in all their lives. One
 * thread.
 */
final class Outcomes {
  private final Violations violations;
  private final FrameWatch watch;
  private final Trace trace;
  private final Map<Long, Long> outcomes = new HashMap<>();
  private final Map<Long, Long> states = new HashMap<>();
  private long forfeits;

  Outcomes(Violations violations, FrameWatch watch, Trace trace) {
    this.violations = violations;
    this.watch = watch;
    this.trace = trace;
  }

  /** True when nobody had decided the slot before. */
  boolean decided(int node, long slot, long id) {
    trace.decided(node, slot, id);
    Long before = outcomes.putIfAbsent(slot, id);
    if (before == null) {
      trace.node(node, () -> "decides first " + slot + "=" + FrameText.id(id));
      trace.mix(slot * 31 + id);
      forfeits += id == BatchId.NONE ? 1 : 0;
      watch.applied(slot, id);
    } else if (before != id) {
      violations.add(
          slot,
          node,
          "disagreement: decides " + FrameText.id(id) + ", another node " + FrameText.id(before));
    }
    return before == null;
  }

  void state(int node, long applied, long hash) {
    Long before = states.putIfAbsent(applied, hash);
    if (before != null && before != hash) {
      violations.add(applied - 1, node, "has another state after this slot than another node had");
    }
  }

  /** The outcomes of the slots from {@code first} to below {@code end}. */
  String text(long first, long end) {
    return LongStream.range(first, end)
        .mapToObj(slot -> " " + slot + "=" + FrameText.id(outcomes.get(slot)))
        .collect(Collectors.joining());
  }

  /** How many different batches the first {@code applied} slots hold. */
  long batches(long applied) {
    return outcomes.entrySet().stream()
        .filter(outcome -> outcome.getKey() < applied && BatchId.isBatch(outcome.getValue()))
        .map(Map.Entry::getValue)
        .distinct()
        .count();
  }

  /**
   * The first of those slots whose batch an earlier one had decided, or {@link Violations#NO_SLOT}.
   */
  long repeated(long applied) {
    Set<Long> seen = new HashSet<>();
    return LongStream.range(0, applied)
        .filter(slot -> BatchId.isBatch(outcomes.get(slot)) && !seen.add(outcomes.get(slot)))
        .findFirst()
        .orElse(Violations.NO_SLOT);
  }

  long slots() {
    return outcomes.size();
  }

  long forfeits() {
    return forfeits;
  }
}
