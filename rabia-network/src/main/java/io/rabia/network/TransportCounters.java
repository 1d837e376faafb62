package io.rabia.network;

import io.rabia.core.transport.TransportStatistics;

/** The mutable side of {@link TransportStatistics}; owned by one thread. */
final class TransportCounters {
  long framesSent;
  long framesReceived;
  long bytesSent;
  long bytesReceived;
  long connects;
  long disconnects;
  long refused;
  long corrupted;
  long cutOff;

  TransportStatistics snapshot() {
    return new TransportStatistics(
        framesSent,
        framesReceived,
        bytesSent,
        bytesReceived,
        connects,
        disconnects,
        refused,
        corrupted,
        cutOff);
  }
}
