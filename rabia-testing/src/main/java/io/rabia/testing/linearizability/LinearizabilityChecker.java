package io.rabia.testing.linearizability;

import io.rabia.testing.linearizability.Verdict.Bound;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a history is linearizable: whether every operation can be given one moment
 * between its invocation and its return so that the model, executing them in the order of those
 * moments, answers what the clients got. Operations of unknown outcome may take effect at any time
 * after their invocation, or never. Keys are checked one by one. The problem is NP-complete: what
 * makes it hard is many concurrent operations on one key, so there are {@link Bounds}. Stateless.
 */
public final class LinearizabilityChecker {

  private LinearizabilityChecker() {}

  /** Checks within {@link Bounds#defaults}. */
  public static <I, O, S> Verdict check(Model<I, O, S> model, List<Operation<I, O>> history) {
    return check(model, history, Bounds.defaults());
  }

  public static <I, O, S> Verdict check(
      Model<I, O, S> model, List<Operation<I, O>> history, Bounds bounds) {
    Map<Object, List<Operation<I, O>>> keys = new LinkedHashMap<>();
    for (Operation<I, O> operation : history) {
      keys.computeIfAbsent(model.key(operation.input()), key -> new ArrayList<>()).add(operation);
    }
    long steps = 0;
    Verdict undecided = null;
    for (Map.Entry<Object, List<Operation<I, O>>> key : keys.entrySet()) {
      KeySearch<I, O, S> search = new KeySearch<>(model, key.getValue());
      KeySearch.End end =
          search.run(bounds.memoryBytes(), bounds.steps() - steps, Integer.MAX_VALUE);
      steps += search.steps();
      switch (end) {
        case ORDER_FOUND -> {}
        case NO_ORDER -> {
          return explain(model, key.getKey(), key.getValue(), search.furthest());
        }
        case OUT_OF_MEMORY ->
            undecided =
                first(undecided, new Verdict.OutOfBounds(key.getKey(), Bound.MEMORY, steps));
        case OUT_OF_STEPS -> {
          return new Verdict.OutOfBounds(key.getKey(), Bound.STEPS, steps);
        }
      }
    }
    return undecided != null
        ? undecided
        : new Verdict.Linearizable(history.size(), keys.size(), steps);
  }

  /** Another key may still show that there is no order. */
  private static Verdict first(@Nullable Verdict before, Verdict now) {
    return before == null ? now : before;
  }

  /** Searches again, the same way, as far as the search came. */
  private static <I, O, S> Verdict explain(
      Model<I, O, S> model, Object key, List<Operation<I, O>> operations, int furthest) {
    KeySearch<I, O, S> search = new KeySearch<>(model, operations);
    search.run(Long.MAX_VALUE, Long.MAX_VALUE, furthest);
    return new Verdict.NotLinearizable(
        key,
        List.copyOf(search.order()),
        search.state(),
        search.misfit(),
        Explanation.of(model, key, operations.size(), search));
  }
}
