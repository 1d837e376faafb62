package io.rabia.testing.linearizability;

/**
 * What a check may cost; past it there is no verdict, which is a failure. Neither depends on the
 * machine: the same history ends at the same bound everywhere. Immutable.
 *
 * @param memoryBytes for what is remembered of one key, as estimated from the number of places in
 *     the history and {@link Model#bytes}. Default 512 MiB
 * @param steps of the model in the whole check. Default 200 million, about a minute
 */
public record Bounds(long memoryBytes, long steps) {

  public Bounds {
    if (memoryBytes < 1 || steps < 1) {
      throw new IllegalArgumentException("bounds must be positive");
    }
  }

  public static Bounds defaults() {
    return new Bounds(512L << 20, 200_000_000);
  }
}
