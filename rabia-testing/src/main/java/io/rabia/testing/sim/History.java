package io.rabia.testing.sim;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the clients asked and got, and what each node executed. The log orders all writes, so a
 * history is linearizable when every write took place in that order after what was complete before
 * it began, and every read returned a write not older than what was complete before it began.
 * Operations are numbered from 1. One thread.
 */
final class History {
  /** A write's place in the log. */
  private record Execution(long order, int register, long previous) {}

  private final Violations violations;
  private final Map<Long, Execution> log = new HashMap<>();
  private final Map<Long, Long> logTimes = new HashMap<>();
  private final Map<Long, Long> answered = new LinkedHashMap<>();
  private final long[] complete = new long[RegisterMachine.REGISTERS];
  private final Set<Long>[] executed;
  private final long[] lastOrder;
  private long operations;

  @SuppressWarnings({"unchecked", "rawtypes"})
  History(Violations violations, int n) {
    this.violations = violations;
    executed = new Set[n];
    lastOrder = new long[n];
    Arrays.fill(lastOrder, -1);
    for (int i = 0; i < n; i++) {
      executed[i] = new HashSet<>();
    }
  }

  /** Slot first, then how many writes the node had executed by then. */
  private static long order(long slot, long index) {
    return (slot << 32) + index;
  }

  private static long slotOf(long order) {
    return order >> 32;
  }

  /** A number for a new operation. */
  long begin() {
    return ++operations;
  }

  /** A new process of this node begins with an empty state. */
  void restarted(int node) {
    executed[node].clear();
    lastOrder[node] = -1;
  }

  /** A new process of this node begins with the state after all writes up to a slot. */
  void restored(int node, long lastSlot) {
    log.forEach(
        (operation, execution) -> {
          if (slotOf(execution.order()) <= lastSlot) {
            executed[node].add(operation);
            lastOrder[node] = Math.max(lastOrder[node], execution.order());
          }
        });
  }

  /** A node executed a write. */
  void executed(int node, long slot, long logTime, long operation, int register, long previous) {
    if (operation < 1 || operation > operations) {
      violations.add(slot, node, "executed write " + operation + ", which no client has begun");
    }
    Execution before = log.get(operation);
    if (!executed[node].add(operation)) {
      violations.add(slot, node, "executed write " + operation + " again, " + where(before));
    }
    long index = executed[node].size();
    if (before == null) {
      log.put(operation, new Execution(order(slot, index), register, previous));
      logTimes.put(operation, logTime);
    } else if (before.order() != order(slot, index)
        || before.previous() != previous
        || logTimes.get(operation) != logTime) {
      violations.add(
          slot,
          node,
          "executed write "
              + operation
              + " as number "
              + index
              + " of its own writes on "
              + previous
              + " at log time "
              + logTime
              + ", "
              + where(before)
              + " at log time "
              + logTimes.get(operation));
    }
    long order = order(slot, index);
    if (slotOf(order) < slotOf(lastOrder[node])) {
      violations.add(slot, node, "applied this slot after slot " + slotOf(lastOrder[node]));
    }
    lastOrder[node] = order;
  }

  private static String where(@Nullable Execution before) {
    return before == null
        ? "executed nowhere before"
        : "first executed in slot "
            + slotOf(before.order())
            + " as number "
            + (int) before.order()
            + " on "
            + before.previous();
  }

  /** What must be visible to an operation on this register that begins now. */
  long floor(int register) {
    return complete[register];
  }

  void wrote(long operation, int register, long floor, long result) {
    Execution execution = log.get(operation);
    if (execution == null) {
      violations.add("write " + operation + " was answered and executed nowhere");
      return;
    }
    Long before = answered.put(operation, result);
    if (before != null && before != result || execution.previous() != result) {
      violations.add(
          slotOf(execution.order()),
          "write "
              + operation
              + " was answered "
              + result
              + ", it found "
              + execution.previous()
              + " when it was executed");
    }
    if (execution.order() <= floor) {
      violations.add(
          slotOf(execution.order()),
          "write "
              + operation
              + " took effect before one of slot "
              + slotOf(floor)
              + " that was complete when it began");
    }
    complete[register] = Math.max(complete[register], execution.order());
  }

  /** The client was told that the state machine threw. */
  void threw(long operation, String message) {
    Execution execution = log.get(operation);
    violations.check(
        execution != null && message.equals(RegisterMachine.failure(operation)),
        "operation " + operation + " was answered with another error: " + message);
    if (execution != null) {
      answered.put(operation, execution.previous());
    }
  }

  /**
   * @param began when the client first asked
   */
  void read(int register, long floor, long began, long result) {
    Execution execution = log.get(result);
    if (result != 0 && (execution == null || execution.register() != register)) {
      violations.add(
          "register " + register + " was read as write " + result + ", which never wrote it");
      return;
    }
    long order = execution == null ? 0 : execution.order();
    if (order < floor) {
      violations.add(
          slotOf(floor),
          "stale read: register "
              + register
              + " was read as write "
              + result
              + " of slot "
              + slotOf(order)
              + "; its write of slot "
              + slotOf(floor)
              + " was visible before the read began at "
              + SimClock.text(began).strip()
              + " s");
    }
    complete[register] = Math.max(complete[register], order);
  }

  /** Everything answered is there, at a node that has caught up. */
  void requireAnswered(int node) {
    for (long operation : answered.keySet()) {
      if (!executed[node].contains(operation)) {
        Execution execution = log.get(operation);
        violations.add(
            execution == null ? Violations.NO_SLOT : slotOf(execution.order()),
            node,
            "write " + operation + " was answered and is not among what it executed");
        return;
      }
    }
  }
}
