package io.rabia.network.server;

import io.rabia.core.RabiaException;
import io.rabia.core.batching.BatchConfig;
import java.time.Duration;

/**
 * The bounds of a port. Immutable.
 *
 * @param maxConnections open at once; more are refused
 * @param maxInFlight requests of one connection that are not answered yet; more are refused as
 *     Overload
 * @param maxFrame bytes of a request
 * @param maxOutboundBytes answers that a connection has not read; over it, it is cut off
 * @param maxBytes what requests in flight and their answers may need, in all; more wait. And what
 *     all connections may hold, of requests in part or waiting and of answers not read; over it,
 *     the one that holds most is cut off
 * @param frameTimeout from the first byte of a request, or of the hello, to its last
 * @param slowReaderTimeout how long a connection may take no answers while some wait for it
 * @param idleTimeout how long a connection may be silent
 */
public record PortLimits(
    int maxConnections,
    int maxInFlight,
    int maxFrame,
    int maxOutboundBytes,
    long maxBytes,
    Duration frameTimeout,
    Duration slowReaderTimeout,
    Duration idleTimeout) {

  /** The idle, slow and half-done are looked for this often. */
  static final Duration SWEEP = Duration.ofMillis(200);

  private static final int MIN_OUTBOUND = 64 << 20;

  public PortLimits {
    if (maxConnections < 1
        || maxInFlight < 1
        || maxFrame < 64
        || maxOutboundBytes < 1024
        || maxBytes < maxFrame) {
      throw new RabiaException.Validation(
          "limits of a port: connections "
              + maxConnections
              + ", in flight "
              + maxInFlight
              + ", frame "
              + maxFrame
              + ", outbound "
              + maxOutboundBytes
              + ", bytes "
              + maxBytes);
    }
  }

  /**
   * 2,000 connections with 2,048 requests each, commands as large as a batch may be by default, an
   * eighth of the memory there is, 10 s for a request and for a reader, 10 minutes of silence.
   */
  public static PortLimits defaults() {
    int frame = BatchConfig.defaults().maxBatchBytes();
    return new PortLimits(
        2000,
        2048,
        frame,
        Math.max(MIN_OUTBOUND, 2 * frame),
        Math.max(4L * frame, Runtime.getRuntime().maxMemory() / 8),
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        Duration.ofMinutes(10));
  }
}
