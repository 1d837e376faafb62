package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * One outcome per slot, one state per number of applied slots, at all nodes in all their lives. One
 * thread.
 */
final class Outcomes {
  private static final int MOST_TOLD = 20;
  private static final String OTHER = "has another state after this slot than ";

  /** What a slot was decided to be, by whom first, and when. */
  private record Outcome(long id, int node, long at) {
    @Override
    public String toString() {
      return "node "
          + (node + 1)
          + " decided "
          + FrameText.id(id)
          + " at "
          + SimClock.text(at).strip()
          + " s";
    }
  }

  /** Two members with different states, one for each. */
  private record Undecided(long slot, int node, int other) {}

  private final Violations violations;
  private final FrameWatch watch;
  private final Trace trace;
  private final SimClock clock;
  private final Map<Long, Outcome> outcomes = new HashMap<>();
  private final Map<Long, long[]> states = new HashMap<>();
  private final int n;
  private @Nullable Undecided undecided;
  private long forfeits;

  Outcomes(Violations violations, FrameWatch watch, Trace trace, SimClock clock, int n) {
    this.n = n;
    this.clock = clock;
    this.violations = violations;
    this.watch = watch;
    this.trace = trace;
  }

  /** True when nobody had decided the slot before. */
  boolean decided(int node, long slot, long id, Ledger.@Nullable Decision how) {
    trace.decided(node, slot, id, how);
    Outcome before = outcomes.get(slot);
    if (before == null) {
      outcomes.put(slot, new Outcome(id, node, clock.now()));
      String why = how == null ? "" : " " + how;
      trace.node(node, () -> "decides first " + slot + "=" + FrameText.id(id) + why);
      trace.mix(slot * 31 + id);
      forfeits += id == BatchId.NONE ? 1 : 0;
      watch.applied(node, slot, id);
    } else if (before.id != id) {
      violations.add(
          slot, node, "disagreement: decides " + FrameText.id(id) + ", before that " + before);
    }
    return before == null;
  }

  /** Who decided a slot first, and when, in parentheses; empty when nobody has. */
  String known(long slot) {
    Outcome outcome = outcomes.get(slot);
    return outcome == null ? "" : " (" + outcome + ")";
  }

  /**
   * Names the member that is alone with its state; while there are as many for one state as for
   * another, nobody is named before {@link #requireOneState}.
   */
  void state(int node, long applied, long hash) {
    long[] hashes = states.computeIfAbsent(applied, fresh -> new long[n]);
    if (hashes[node] != 0 && hashes[node] != hash) {
      violations.add(applied - 1, node, OTHER + "it had in a life before");
    }
    hashes[node] = hash;
    int with = 0;
    int against = 0;
    int last = node;
    for (int i = 0; i < n; i++) {
      with += hashes[i] == hash ? 1 : 0;
      if (hashes[i] != hash && hashes[i] != 0) {
        against++;
        last = i;
      }
    }
    if (against > 0 && with == against) {
      undecided = undecided == null ? new Undecided(applied - 1, node, last) : undecided;
    } else if (against > 0) {
      violations.add(applied - 1, with < against ? node : last, OTHER + "the others have");
    }
  }

  /** Somebody else runs on this machine from now on. */
  void forget(int node) {
    states.values().forEach(hashes -> hashes[node] = 0);
  }

  /** A difference of which nobody knows whose it is, is one, too. */
  void requireOneState() {
    if (undecided != null) {
      violations.add(
          undecided.slot(), undecided.node(), OTHER + "node " + (undecided.other() + 1) + " has");
    }
  }

  /** The outcomes of the slots from {@code first} to below {@code end}. */
  String text(long first, long end) {
    if (end - first > MOST_TOLD) {
      return " " + first + " to" + text(end - 1, end);
    }
    return LongStream.range(first, end)
        .filter(outcomes::containsKey)
        .mapToObj(slot -> " " + slot + "=" + FrameText.id(outcomes.get(slot).id))
        .collect(Collectors.joining());
  }

  /** How many different batches the first {@code applied} slots hold. */
  long batches(long applied) {
    return outcomes.entrySet().stream()
        .filter(outcome -> outcome.getKey() < applied && BatchId.isBatch(outcome.getValue().id))
        .map(outcome -> outcome.getValue().id)
        .distinct()
        .count();
  }

  /**
   * The first of those slots whose batch an earlier one had decided, or {@link Violations#NO_SLOT}.
   */
  long repeated(long applied) {
    Set<Long> seen = new HashSet<>();
    return LongStream.range(0, applied)
        .filter(outcomes::containsKey)
        .filter(slot -> BatchId.isBatch(outcomes.get(slot).id) && !seen.add(outcomes.get(slot).id))
        .findFirst()
        .orElse(Violations.NO_SLOT);
  }

  /** Which batch the slot decided, and which slot had decided that first. */
  String earlier(long slot) {
    Outcome again = outcomes.get(slot);
    return again == null
        ? "a batch"
        : "batch "
            + FrameText.id(again.id)
            + ", which had been decided in slot "
            + LongStream.range(0, slot).filter(s -> is(s, again.id)).findFirst().orElse(slot);
  }

  private boolean is(long slot, long id) {
    Outcome outcome = outcomes.get(slot);
    return outcome != null && outcome.id == id;
  }

  long slots() {
    return outcomes.size();
  }

  long forfeits() {
    return forfeits;
  }
}
