package io.rabia.kvstore.server;

import io.rabia.core.RabiaException;
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
}
