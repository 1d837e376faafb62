package io.rabia.testing.linearizability;

import java.util.List;

/** What a check found. Immutable. */
public sealed interface Verdict {

  /**
   * There is an order.
   *
   * @param steps of the model that it took to find it
   */
  record Linearizable(long operations, int keys, long steps) implements Verdict {}

  /**
   * There is no order.
   *
   * @param key the part of the object that went wrong
   * @param fitting an order of everything that returned before the misfit did, as far as that was
   *     possible
   * @param state after those
   * @param misfit the operation that had no place anywhere when it returned
   * @param explanation all of it for people
   */
  record NotLinearizable(
      Object key,
      List<Operation<?, ?>> fitting,
      Object state,
      Operation<?, ?> misfit,
      String explanation)
      implements Verdict {

    public NotLinearizable {
      fitting = List.copyOf(fitting);
    }

    @Override
    public String toString() {
      return explanation;
    }
  }

  /** A bound of a check. */
  enum Bound {
    MEMORY,
    STEPS
  }

  /**
   * Nobody knows: a bound was reached before the search had ended.
   *
   * @param key at which it was reached
   * @param steps of the model so far
   */
  record OutOfBounds(Object key, Bound bound, long steps) implements Verdict {}

  default boolean linearizable() {
    return this instanceof Linearizable;
  }

  /**
   * Fails a test unless there is an order.
   *
   * @throws AssertionError that says what was found instead
   */
  default void require() {
    if (!linearizable()) {
      throw new AssertionError(toString());
    }
  }
}
