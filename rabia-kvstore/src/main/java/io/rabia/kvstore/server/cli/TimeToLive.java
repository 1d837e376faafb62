package io.rabia.kvstore.server.cli;

import java.time.Duration;

/** Times to live as people write them: in seconds. Stateless. */
final class TimeToLive {
  private static final double NANOS = 1e9;

  private TimeToLive() {}

  static Duration of(double seconds) {
    return Duration.ofNanos((long) (seconds * NANOS));
  }

  static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }
}
