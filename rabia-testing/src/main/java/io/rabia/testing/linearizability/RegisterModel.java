package io.rabia.testing.linearizability;

import org.jspecify.annotations.Nullable;

/**
 * Registers that hold one value each, checked one by one. Stateless.
 *
 * @param <V> values; the output of each operation, too
 */
public record RegisterModel<V>(V initial) implements Model<RegisterModel.Input<V>, V, V> {

  /** What is asked of a register. */
  public sealed interface Input<V> {
    Object register();
  }

  /** Answered with the value. */
  public record Read<V>(Object register) implements Input<V> {}

  /** Any answer will do. */
  public record Write<V>(Object register, V value) implements Input<V> {}

  /** A write that is answered with the value before. */
  public record Swap<V>(Object register, V value) implements Input<V> {}

  @Override
  public @Nullable V step(V state, Input<V> input, @Nullable V output) {
    if (input instanceof Write<V> write) {
      return write.value();
    }
    if (output != null && !output.equals(state)) {
      return null;
    }
    return input instanceof Swap<V> swap ? swap.value() : state;
  }

  @Override
  public boolean isRead(Input<V> input, V output) {
    return input instanceof Read<V>;
  }

  @Override
  public Object key(Input<V> input) {
    return input.register();
  }
}
