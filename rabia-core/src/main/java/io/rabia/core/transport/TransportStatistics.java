package io.rabia.core.transport;

/**
 * What a transport counted since its start.
 *
 * @param refused connections whose handshake was refused
 * @param corrupted connections closed for frames that were malformed, oversized or failed their
 *     checksum
 * @param cutOff connections closed because the peer did not drain its queue
 */
public record TransportStatistics(
    long framesSent,
    long framesReceived,
    long bytesSent,
    long bytesReceived,
    long connects,
    long disconnects,
    long refused,
    long corrupted,
    long cutOff) {

  /** Of a transport that has not started. */
  public static final TransportStatistics NONE = new TransportStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0);
}
