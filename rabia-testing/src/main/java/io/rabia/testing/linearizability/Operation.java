package io.rabia.testing.linearizability;

import org.jspecify.annotations.Nullable;

/**
 * What one client asked and got, and when. Immutable. Times are of one clock, in any unit;
 * operations that touch at one instant count as concurrent.
 *
 * @param client who asked, for people
 * @param output null when nobody knows it: the operation may take effect at any time after its
 *     invocation, or never
 * @param returned {@link #NEVER} when the output is unknown
 */
public record Operation<I, O>(
    int client, I input, @Nullable O output, long invoked, long returned) {

  /** The return of an operation whose outcome is unknown. */
  public static final long NEVER = Long.MAX_VALUE;

  public Operation {
    if ((output == null) != (returned == NEVER)) {
      throw new IllegalArgumentException("an output is known from its return on, and only then");
    }
    if (returned < invoked) {
      throw new IllegalArgumentException("returned at " + returned + ", invoked at " + invoked);
    }
  }

  public static <I, O> Operation<I, O> completed(
      int client, I input, O output, long invoked, long returned) {
    return new Operation<>(client, input, output, invoked, returned);
  }

  public static <I, O> Operation<I, O> unknown(int client, I input, long invoked) {
    return new Operation<>(client, input, null, invoked, NEVER);
  }

  public boolean isUnknown() {
    return output == null;
  }
}
