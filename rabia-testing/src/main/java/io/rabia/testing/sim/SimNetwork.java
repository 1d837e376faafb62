package io.rabia.testing.sim;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The network between simulated nodes: one connection per pair at most, FIFO with random delays,
 * everything in flight lost when it breaks; and what the faults do to it, per direction. Members
 * are known here by index. One thread.
 */
final class SimNetwork {
  private static final long QUEUE_BOUND = 8 << 20;

  /** What the faults do to frames from one member to another. */
  static final class Way {
    double drop;
    double duplicate;
    double reorder;
    double breakAt;
    boolean cut;
    long clogUntil;
    long extraDelay;
  }

  private final SimClock clock;
  private final Trace trace;
  private final SimRandom random;
  private final Faults faults;
  private final int n;
  private final Way[][] ways;
  private final @Nullable SimTransport[] transports;
  private final List<SimConnection> open = new ArrayList<>();
  private long minDelay = 50 * SimClock.MICRO;
  private long maxDelay = 500 * SimClock.MICRO;
  private long frames;

  SimNetwork(SimClock clock, Trace trace, SimRandom random, Faults faults, int n) {
    this.clock = clock;
    this.trace = trace;
    this.random = random;
    this.faults = faults;
    this.n = n;
    ways = new Way[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        ways[i][j] = new Way();
      }
    }
    transports = new SimTransport[n];
  }

  void delays(long min, long max) {
    minDelay = min;
    maxDelay = max;
  }

  Way way(int from, int to) {
    return ways[from][to];
  }

  /** Ends all faults; what they broke stays broken until it is made again. */
  void heal() {
    for (Way[] row : ways) {
      for (int to = 0; to < n; to++) {
        row[to] = new Way();
      }
    }
  }

  /** Frames accepted so far, heartbeats included. */
  long frames() {
    return frames;
  }

  void attach(SimTransport transport) {
    transports[transport.self()] = transport;
    for (int peer = 0; peer < n; peer++) {
      if (peer != transport.self()) {
        dialLater(Math.min(peer, transport.self()), Math.max(peer, transport.self()));
      }
    }
  }

  /** The process is gone; its peers notice sooner or later. */
  void detach(SimTransport transport) {
    if (transports[transport.self()] == transport) {
      transports[transport.self()] = null;
    }
    for (SimConnection connection : List.copyOf(open)) {
      if (connection.joins(transport)) {
        sever(connection, "peer is gone");
      }
    }
  }

  // ---- connections: the lower index dials

  private void dialLater(int dialer, int acceptor) {
    clock.after(random.between(SimClock.MILLI, 60 * SimClock.MILLI), () -> dial(dialer, acceptor));
  }

  private void dial(int dialer, int acceptor) {
    SimTransport from = transports[dialer];
    SimTransport to = transports[acceptor];
    if (from == null || from.connection(acceptor) != null) {
      return;
    }
    if (to == null || ways[dialer][acceptor].cut || ways[acceptor][dialer].cut) {
      dialLater(dialer, acceptor);
      return;
    }
    SimConnection connection = new SimConnection(from, to);
    open.add(connection);
    from.opened(acceptor, connection);
    from.deliver(new SimTransport.Dialing(connection));
  }

  boolean isCut(SimTransport from, SimTransport to) {
    return ways[from.self()][to.self()].cut;
  }

  /** Breaks the connection between two members, if there is one. */
  boolean sever(int a, int b) {
    for (SimConnection connection : List.copyOf(open)) {
      if (connection.joins(a, b)) {
        sever(connection, "broken");
        return true;
      }
    }
    return false;
  }

  /** Everything in flight is lost; each end hears of it after a time of its own. */
  void sever(SimConnection connection, String reason) {
    if (connection.broken) {
      return;
    }
    connection.broken = true;
    open.remove(connection);
    for (SimTransport end : List.of(connection.dialer, connection.acceptor)) {
      long notice =
          random.chance(0.9)
              ? random.between(0, 3 * SimClock.MILLI)
              : random.between(0, SimClock.SECOND);
      clock.after(notice, () -> end.deliver(new SimTransport.Broken(connection, reason)));
    }
  }

  /** An end has dropped the connection and may make or take another one. */
  void noticed(SimTransport end, SimConnection connection) {
    if (end == connection.dialer && transports[end.self()] == end) {
      dialLater(end.self(), connection.acceptor.self());
    }
  }

  /** Takes a frame on its way; false when it found the connection broken or cut it off. */
  boolean carry(SimConnection connection, SimTransport from, byte[] frame) {
    if (connection.broken) {
      return true;
    }
    SimTransport to = connection.other(from);
    Way way = ways[from.self()][to.self()];
    frames++;
    if (connection.queued(from) > QUEUE_BOUND) {
      sever(connection, "queue is over its bound");
      return false;
    }
    if (way.breakAt > 0 && random.chance(way.breakAt)) {
      faults.fired(Fault.BREAK);
      sever(connection, "broken");
      return true;
    }
    if (way.cut || way.drop > 0 && random.chance(way.drop)) {
      faults.fired(way.cut ? Fault.PARTITION : Fault.DROP);
      return true;
    }
    boolean reordered = way.reorder > 0 && random.chance(way.reorder);
    long arrival = clock.now() + delay(way);
    if (reordered) {
      faults.fired(Fault.REORDER);
      arrival += random.between(0, 4 * maxDelay);
    } else {
      arrival = Math.max(Math.max(arrival, way.clogUntil), connection.lastArrival(from));
      connection.lastArrival(from, arrival);
    }
    send(connection, from, frame, arrival);
    if (way.duplicate > 0 && random.chance(way.duplicate)) {
      faults.fired(Fault.DUPLICATE);
      send(connection, from, frame, arrival + random.magnitude(MICROS, 5 * SimClock.SECOND));
    }
    return true;
  }

  private static final long MICROS = SimClock.MICRO;

  private long delay(Way way) {
    long extra = way.extraDelay == 0 ? 0 : random.between(0, way.extraDelay);
    return random.between(minDelay, maxDelay) + extra;
  }

  private void send(SimConnection connection, SimTransport from, byte[] frame, long arrival) {
    SimTransport to = connection.other(from);
    connection.queue(from, frame.length);
    clock.at(
        arrival,
        () -> {
          connection.queue(from, -frame.length);
          if (!connection.broken) {
            trace.mix(clock.now() * 31 + to.self());
            trace.mix(java.util.Arrays.hashCode(frame));
            to.deliver(new SimTransport.Arrived(connection, frame));
          }
        });
  }

  /** A handshake travels like a frame, but nothing drops it alone. */
  void handshake(SimConnection connection, SimTransport from, Runnable arrives) {
    SimTransport to = connection.other(from);
    Way way = ways[from.self()][to.self()];
    long arrival = Math.max(clock.now() + delay(way), way.clogUntil);
    connection.lastArrival(from, arrival);
    clock.at(
        arrival,
        () -> {
          if (way(from.self(), to.self()).cut) {
            sever(connection, "handshake lost");
          } else if (!connection.broken) {
            arrives.run();
          }
        });
  }
}
