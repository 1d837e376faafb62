package io.rabia.testing.linearizability;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A first-in first-out queue. The input is what is put in, or empty to take out; the output is what
 * was taken out, empty from an empty queue and for what is put in. Stateless.
 */
public final class QueueModel<V> implements Model<Optional<V>, Optional<V>, List<V>> {
  private static final int ELEMENT_BYTES = 32;

  @Override
  public List<V> initial() {
    return List.of();
  }

  @Override
  public @Nullable List<V> step(List<V> state, Optional<V> input, @Nullable Optional<V> output) {
    if (input.isPresent()) {
      List<V> longer = new ArrayList<>(state);
      longer.add(input.get());
      return List.copyOf(longer);
    }
    Optional<V> head = state.stream().findFirst();
    if (output != null && !output.equals(head)) {
      return null;
    }
    return state.isEmpty() ? state : List.copyOf(state.subList(1, state.size()));
  }

  @Override
  public boolean isRead(Optional<V> input, Optional<V> output) {
    return input.isEmpty() && output.isEmpty();
  }

  @Override
  public String describe(Optional<V> input, @Nullable Optional<V> output) {
    String out = output == null ? "?" : output.map(Object::toString).orElse("nothing");
    return input.map(value -> "put " + value).orElseGet(() -> "take -> " + out);
  }

  @Override
  public long bytes(List<V> state) {
    return 64 + (long) ELEMENT_BYTES * state.size();
  }
}
