package io.rabia.testing.sim;

/** A connection between two living processes: what is in flight in each direction. One thread. */
final class SimConnection {
  final SimTransport dialer;
  final SimTransport acceptor;
  boolean broken;
  private final long[] lastArrival = new long[2];
  private final long[] queued = new long[2];

  SimConnection(SimTransport dialer, SimTransport acceptor) {
    this.dialer = dialer;
    this.acceptor = acceptor;
  }

  SimTransport other(SimTransport end) {
    return end == dialer ? acceptor : dialer;
  }

  boolean joins(SimTransport end) {
    return end == dialer || end == acceptor;
  }

  boolean joins(int a, int b) {
    return dialer.self() == Math.min(a, b) && acceptor.self() == Math.max(a, b);
  }

  private int side(SimTransport end) {
    return end == dialer ? 0 : 1;
  }

  @Override
  public String toString() {
    return "nodes " + (dialer.self() + 1) + " and " + (acceptor.self() + 1);
  }

  long lastArrival(SimTransport from) {
    return lastArrival[side(from)];
  }

  void lastArrival(SimTransport from, long at) {
    lastArrival[side(from)] = at;
  }

  long queued(SimTransport from) {
    return queued[side(from)];
  }

  void queue(SimTransport from, long bytes) {
    queued[side(from)] += bytes;
  }
}
