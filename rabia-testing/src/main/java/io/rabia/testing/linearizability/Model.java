package io.rabia.testing.linearizability;

import org.jspecify.annotations.Nullable;

/**
 * What the object would do if its operations came one at a time. Deterministic, without side
 * effects.
 *
 * @param <I> what is asked; equal inputs do the same
 * @param <O> what is answered
 * @param <S> immutable, with equals and hashCode
 */
public interface Model<I, O, S> {

  /** The state, of each key, before the first operation. */
  S initial();

  /**
   * Executes an operation.
   *
   * @param output null when it is unknown: any output will do
   * @return the state afterwards, or null when the object would not have answered so
   */
  @Nullable S step(S state, I input, @Nullable O output);

  /**
   * Names the part of the object that the operation is about. Parts are checked one by one, which
   * is much faster; operations of one must not depend on another's state.
   */
  default Object key(I input) {
    return "the object";
  }

  /**
   * The operation, answered so, leaves every state as it is in which it is possible. Makes long
   * histories of one key much faster to check; {@code false} is always right.
   */
  default boolean isRead(I input, O output) {
    return false;
  }

  /** The operation in words for people. */
  default String describe(I input, @Nullable O output) {
    return input + " -> " + (output == null ? "?" : output);
  }

  /** About how much memory a state takes that the checker remembers. */
  default long bytes(S state) {
    return 64;
  }
}
