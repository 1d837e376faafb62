package io.rabia.testing.linearizability;

import java.util.List;

/** Says to people why there is no order. */
final class Explanation {
  private static final int LAST = 12;

  private Explanation() {}

  static <I, O, S> String of(
      Model<I, O, S> model, Object key, int operations, KeySearch<I, O, S> stopped) {
    List<Operation<I, O>> order = stopped.order();
    StringBuilder text = new StringBuilder();
    text.append("not linearizable: ").append(key).append('\n');
    text.append(order.size()).append(" of ").append(operations).append(" operations fit");
    text.append(" and end in the state ").append(stopped.state());
    text.append("; then this one fits nowhere:\n");
    line(text, model, stopped.misfit());
    int from = Math.max(0, order.size() - LAST);
    if (!order.isEmpty()) {
      text.append(from == 0 ? "the order that fits:\n" : "the end of the order that fits:\n");
      order.subList(from, order.size()).forEach(operation -> line(text, model, operation));
    }
    List<Operation<I, O>> open = stopped.concurrentWithMisfit();
    if (!open.isEmpty()) {
      text.append("open at the same time, without a place yet:\n");
      open.stream().limit(LAST).forEach(operation -> line(text, model, operation));
      if (open.size() > LAST) {
        text.append("  and ").append(open.size() - LAST).append(" more\n");
      }
    }
    return text.toString();
  }

  private static <I, O, S> void line(
      StringBuilder text, Model<I, O, S> model, Operation<I, O> operation) {
    text.append("  client ").append(operation.client()).append(": ");
    text.append(model.describe(operation.input(), operation.output()));
    text.append("  [").append(operation.invoked()).append(", ");
    text.append(operation.isUnknown() ? "..." : Long.toString(operation.returned())).append("]\n");
  }
}
