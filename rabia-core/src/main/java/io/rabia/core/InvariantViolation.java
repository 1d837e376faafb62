package io.rabia.core;

/**
 * A bug, here or in a peer: an invariant of the protocol does not hold. The node that finds it
 * stops for good; going on could lose or contradict what was answered.
 */
public final class InvariantViolation extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  public InvariantViolation(String message) {
    super(message);
  }

  public InvariantViolation(String message, Throwable cause) {
    super(message, cause);
  }

  /** Throws unless {@code holds}; callers on the hot path pass a constant message. */
  public static void check(boolean holds, String message) {
    if (!holds) {
      throw new InvariantViolation(message);
    }
  }
}
