package io.rabia.testing;

import java.time.Duration;

/**
 * What a {@link TcpProxy} does to the bytes that go one way. Immutable.
 *
 * @param delay how long each byte is on its way. At most {@link #MAX_HELD} bytes of a connection
 *     are, so a long delay limits how much passes. Default 0
 * @param bandwidth bytes a second of each connection, 0 for no limit. Default 0
 * @param corruption share of bytes that arrive as another, 0 to 1. Default 0
 * @param silence what is sent vanishes, and so does the end of a connection: nobody is told. A
 *     connection that has lost something so stays silent that way when the silence ends. Default
 *     false
 */
public record StreamConditions(Duration delay, long bandwidth, double corruption, boolean silence) {

  /** Bytes of a connection that are on their way at most, each way. */
  public static final int MAX_HELD = 1 << 20;

  public StreamConditions {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("delay " + delay);
    }
    if (bandwidth < 0) {
      throw new IllegalArgumentException("bandwidth " + bandwidth);
    }
    if (!(corruption >= 0 && corruption <= 1)) {
      throw new IllegalArgumentException("corruption must be 0 to 1: " + corruption);
    }
  }

  /** Everything arrives, at once. */
  public static StreamConditions perfect() {
    return new StreamConditions(Duration.ZERO, 0, 0, false);
  }

  public StreamConditions withDelay(Duration delay) {
    return new StreamConditions(delay, bandwidth, corruption, silence);
  }

  public StreamConditions withBandwidth(long bytesPerSecond) {
    return new StreamConditions(delay, bytesPerSecond, corruption, silence);
  }

  public StreamConditions withCorruption(double share) {
    return new StreamConditions(delay, bandwidth, share, silence);
  }

  public StreamConditions withSilence() {
    return new StreamConditions(delay, bandwidth, corruption, true);
  }
}
