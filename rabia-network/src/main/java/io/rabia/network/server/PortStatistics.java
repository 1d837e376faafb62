package io.rabia.network.server;

import java.util.concurrent.atomic.LongAdder;

/** What happened at a port since its start; counted on its event loop, read from any thread. */
public final class PortStatistics {

  /** What is counted. */
  public enum Event {
    /** Connections taken. */
    ACCEPTED,
    /** Connections refused: too many, another cluster, another version. */
    REFUSED,
    /** Connections closed for bytes that are no request. */
    MALFORMED,
    /** Connections closed for a half request or for silence. */
    TIMED_OUT,
    /** Connections closed because they did not read their answers. */
    CUT_OFF,
    /** Requests taken in. */
    REQUESTS,
    /** Requests refused because the connection had too many in flight. */
    OVERLOADED
  }

  private final LongAdder[] counters = new LongAdder[Event.values().length];

  PortStatistics() {
    for (int i = 0; i < counters.length; i++) {
      counters[i] = new LongAdder();
    }
  }

  void count(Event event) {
    counters[event.ordinal()].increment();
  }

  public long get(Event event) {
    return counters[event.ordinal()].sum();
  }
}
