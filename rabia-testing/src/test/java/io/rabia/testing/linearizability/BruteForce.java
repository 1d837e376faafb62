package io.rabia.testing.linearizability;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Linearizability by its definition, key by key: tries every order that keeps real time, with and
 * without each operation of unknown outcome. For a handful of operations.
 */
final class BruteForce {
  private BruteForce() {}

  static <I, O, S> boolean linearizable(Model<I, O, S> model, List<Operation<I, O>> history) {
    return history.stream()
        .collect(Collectors.groupingBy(operation -> model.key(operation.input())))
        .values()
        .stream()
        .allMatch(ofKey -> anyOrder(model, model.initial(), ofKey));
  }

  private static <I, O, S> boolean anyOrder(
      Model<I, O, S> model, S state, List<Operation<I, O>> left) {
    if (left.stream().allMatch(Operation::isUnknown)) {
      return true;
    }
    for (int i = 0; i < left.size(); i++) {
      Operation<I, O> next = left.get(i);
      S after = model.step(state, next.input(), next.output());
      if (after != null && left.stream().noneMatch(o -> o.returned() < next.invoked())) {
        List<Operation<I, O>> rest = new ArrayList<>(left);
        rest.remove(i);
        if (anyOrder(model, after, rest)) {
          return true;
        }
      }
    }
    return false;
  }
}
