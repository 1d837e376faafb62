package io.rabia.testing.sim;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

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

  /** A node executed a write. */
  void executed(int node, long slot, long logTime, long operation, int register, long previous) {
    Execution before = log.get(operation);
    if (!executed[node].add(operation)) {
      violations.add("node " + (node + 1) + " executed operation " + operation + " twice");
    }
    long index = executed[node].size();
    if (before == null) {
      log.put(operation, new Execution(order(slot, index), register, previous));
      logTimes.put(operation, logTime);
    } else if (before.order() != order(slot, index)
        || before.previous() != previous
        || logTimes.get(operation) != logTime) {
      violations.add(
          "node "
              + (node + 1)
              + " executed operation "
              + operation
              + " elsewhere: slot "
              + slot
              + ", log time "
              + logTime
              + "; before "
              + slotOf(before.order())
              + ", "
              + logTimes.get(operation));
    }
    long order = order(slot, index);
    if (slotOf(order) < slotOf(lastOrder[node])) {
      violations.add("node " + (node + 1) + " went back to slot " + slot);
    }
    lastOrder[node] = order;
  }

  /** What must be visible to an operation on this register that begins now. */
  long floor(int register) {
    return complete[register];
  }

  void wrote(long operation, int register, long floor, long result) {
    Execution execution = log.get(operation);
    if (execution == null) {
      violations.add("operation " + operation + " was answered and executed nowhere");
      return;
    }
    Long before = answered.put(operation, result);
    if (before != null && before != result || execution.previous() != result) {
      violations.add(
          "operation "
              + operation
              + " was answered "
              + result
              + ", its result is "
              + execution.previous());
    }
    if (execution.order() <= floor) {
      violations.add(
          "operation " + operation + " took effect before one that was complete when it began");
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

  void read(int register, long floor, long result) {
    Execution execution = log.get(result);
    if (result != 0 && (execution == null || execution.register() != register)) {
      violations.add(
          "register " + register + " was read as " + result + ", which was never written to it");
      return;
    }
    long order = execution == null ? 0 : execution.order();
    if (order < floor) {
      violations.add(
          "stale read of register "
              + register
              + ": operation "
              + result
              + " of slot "
              + slotOf(order)
              + ", slot "
              + slotOf(floor)
              + " was visible before");
    }
    complete[register] = Math.max(complete[register], order);
  }

  /** Everything answered is there, at a node that has caught up. */
  void requireAnswered(int node) {
    for (long operation : answered.keySet()) {
      if (!executed[node].contains(operation)) {
        violations.add(
            "operation " + operation + " was answered and is lost at node " + (node + 1));
        return;
      }
    }
  }

  /**
   * Every operation numbered so far that was not executed after all although its client was told so
   * or gave up.
   */
  boolean wasExecuted(long operation) {
    return log.containsKey(operation);
  }

  int answeredWrites() {
    return answered.size();
  }
}
