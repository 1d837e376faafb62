package io.rabia.testing.linearizability;

import java.time.Duration;

/**
 * What a check may cost; past it there is no verdict, which is a failure. Immutable.
 *
 * @param memoryBytes for what is remembered of one key, as estimated from the number of places in
 *     the history and {@link Model#bytes}. Default 512 MiB
 * @param time of the whole check. Default 60 s
 */
public record Bounds(long memoryBytes, Duration time) {

  public Bounds {
    if (memoryBytes < 1 || time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException("bounds must be positive");
    }
  }

  public static Bounds defaults() {
    return new Bounds(512L << 20, Duration.ofSeconds(60));
  }
}
