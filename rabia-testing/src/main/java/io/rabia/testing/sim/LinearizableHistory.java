package io.rabia.testing.sim;

import io.rabia.testing.linearizability.Bounds;
import io.rabia.testing.linearizability.LinearizabilityChecker;
import io.rabia.testing.linearizability.Operation;
import io.rabia.testing.linearizability.RegisterModel;
import io.rabia.testing.linearizability.RegisterModel.Input;
import io.rabia.testing.linearizability.RegisterModel.Read;
import io.rabia.testing.linearizability.RegisterModel.Swap;
import io.rabia.testing.linearizability.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the clients asked and were answered, and when; nothing else, so that the checker at the end
 * of a run judges it without knowing the log. Every write has a value of its own. One thread.
 */
final class LinearizableHistory {
  private static final Bounds BOUNDS = new Bounds(256L << 20, 200_000_000);

  private record Asked(int client, int register, long at) {}

  private final SimClock clock;
  private final Map<Long, Asked> unanswered = new HashMap<>();
  private final List<Operation<Input<Long>, Long>> completed = new ArrayList<>();
  private final Set<Long> seen = new HashSet<>();

  LinearizableHistory(SimClock clock) {
    this.clock = clock;
  }

  void writes(int client, long value, int register) {
    unanswered.put(value, new Asked(client, register, clock.now()));
  }

  /** Answered with the value before; later answers to the same write do not count. */
  void wrote(long value, long before) {
    Asked asked = unanswered.remove(value);
    if (asked != null) {
      add(asked.client(), new Swap<>(asked.register(), value), before, asked.at());
    }
  }

  void read(int client, int register, long began, long value) {
    add(client, new Read<>(register), value, began);
  }

  private void add(int client, Input<Long> input, long output, long began) {
    seen.add(output);
    completed.add(Operation.completed(client, input, output, began, clock.now()));
  }

  /**
   * Of the writes without an answer only those whose values were seen can matter: another one, had
   * it taken effect, would be followed by a write without an answer or by nothing, since whatever
   * is answered after it would have seen it; an order without it is an order, too.
   */
  Verdict verdict() {
    List<Operation<Input<Long>, Long>> history = new ArrayList<>(completed);
    unanswered.forEach(
        (value, asked) -> {
          if (seen.contains(value)) {
            history.add(
                Operation.unknown(asked.client(), new Swap<>(asked.register(), value), asked.at()));
          }
        });
    return LinearizabilityChecker.check(new RegisterModel<>(0L), history, BOUNDS);
  }
}
