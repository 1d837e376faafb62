package io.rabia.testing.sim;

import io.rabia.core.Quorum;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The network between simulated nodes: one connection per pair at most, FIFO with random delays,
 * everything in flight lost when it breaks; and what the faults do to it, per direction. Members
 * are known here by index. One thread.
 */
final class SimNetwork {
  private static final long QUEUE_BOUND = 8 << 20;
  private static final long HELD = 2 * SimClock.MILLI;
  private static final long FAR = 10;

  /** What the faults do to frames from one member to another. */
  static final class Way {
    private final int from;
    private final int to;
    private final Set<Fault> cuts = EnumSet.noneOf(Fault.class);
    double drop;
    double duplicate;
    double reorder;
    double breakAt;
    long clogUntil;
    long extraDelay;
    long lag;

    Way(int from, int to) {
      this.from = from;
      this.to = to;
    }

    void cut(Fault by) {
      cuts.add(by);
    }

    /** The fault is over. */
    void end(Fault fault) {
      switch (fault) {
        case DROP -> drop = 0;
        case DUPLICATE -> duplicate = 0;
        case REORDER -> reorder = 0;
        case BREAK -> breakAt = 0;
        case DELAY -> extraDelay = 0;
        case ORPHAN -> lag = 0;
        default -> cuts.remove(fault);
      }
    }

    @Override
    public String toString() {
      return (from + 1) + " to " + (to + 1);
    }
  }

  private final SimClock clock;
  private final Trace trace;
  private final SimRandom random;
  private final Faults faults;
  private final int n;
  private Scheduler scheduler = (from, to, frame) -> false;
  private final Way[][] ways;
  private final @Nullable SimTransport[] transports;
  private final List<SimConnection> open = new ArrayList<>();
  private long minDelay = 50 * SimClock.MICRO;
  private long maxDelay = 500 * SimClock.MICRO;
  private int far = -1;
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
        ways[i][j] = new Way(i, j);
      }
    }
    transports = new SimTransport[n];
  }

  /** Decides when frames arrive that could. */
  @FunctionalInterface
  interface Scheduler {
    /** Must this frame wait? It is asked again soon. */
    boolean holds(int from, int to, Frame frame);
  }

  void scheduler(Scheduler one) {
    scheduler = one;
  }

  void delays(long min, long max) {
    minDelay = min;
    maxDelay = max;
  }

  /** Makes the ways to and from a member {@value #FAR} times as long. */
  void far(int member) {
    far = member;
  }

  Way way(int from, int to) {
    return ways[from][to];
  }

  /** Ends all faults; what they broke stays broken until it is made again. */
  void heal() {
    for (int from = 0; from < n; from++) {
      for (int to = 0; to < n; to++) {
        ways[from][to] = new Way(from, to);
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
    if (to != null && from.id().equals(to.id())) {
      clock.after(SimClock.SECOND, () -> dial(dialer, acceptor));
      return;
    }
    if (to == null || strikes(ways[dialer][acceptor]) || strikes(ways[acceptor][dialer])) {
      dialLater(dialer, acceptor);
      return;
    }
    SimConnection connection = new SimConnection(from, to);
    open.add(connection);
    from.opened(acceptor, connection);
    from.deliver(new SimTransport.Dialing(connection));
  }

  /** Does nothing pass this way? */
  private boolean strikes(Way way) {
    way.cuts.forEach(faults::fired);
    return !way.cuts.isEmpty();
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
    trace.line("network", () -> connection + " break: " + reason);
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
  boolean carry(SimConnection connection, SimTransport from, Frame frame) {
    SimTransport to = connection.other(from);
    if (connection.broken) {
      trace.lost(from.self(), to.self(), frame, "lost on a broken connection");
      return true;
    }
    Way way = ways[from.self()][to.self()];
    frames++;
    if (connection.queued(from) > QUEUE_BOUND) {
      sever(connection, "queue is over its bound");
      return false;
    }
    if (way.breakAt > 0 && random.chance(way.breakAt)) {
      faults.fired(Fault.BREAK);
      trace.lost(from.self(), to.self(), frame, "lost with its connection");
      sever(connection, "broken");
      return true;
    }
    if (strikes(way)) {
      trace.lost(from.self(), to.self(), frame, "cut");
      return true;
    }
    if (way.drop > 0 && random.chance(way.drop)) {
      faults.fired(Fault.DROP);
      trace.lost(from.self(), to.self(), frame, "dropped");
      return true;
    }
    boolean reordered = way.reorder > 0 && random.chance(way.reorder);
    long arrival = clock.now() + delay(way);
    if (reordered) {
      faults.fired(Fault.REORDER);
      arrival += random.between(0, 4 * maxDelay);
    } else {
      if (way.clogUntil > arrival) {
        faults.fired(Fault.CLOG);
        arrival = way.clogUntil;
      }
      arrival = Math.max(arrival, connection.lastArrival(from));
      connection.lastArrival(from, arrival);
    }
    send(connection, from, frame, arrival);
    if (way.duplicate > 0 && random.chance(way.duplicate)) {
      faults.fired(Fault.DUPLICATE);
      send(
          connection, from, frame, arrival + random.magnitude(SimClock.MICRO, 5 * SimClock.SECOND));
    }
    return true;
  }

  /** A frame arrived and is not read, as its receiver or the connection is gone. */
  void unread(int from, int to, Frame frame) {
    trace.lost(from, to, frame, "arrived and was not read");
  }

  /** Is there a quorum whose members all reach each other? */
  boolean joinsQuorum() {
    for (int set = 0; set < 1 << n; set++) {
      if (Integer.bitCount(set) == Quorum.size(n) && joins(set)) {
        return true;
      }
    }
    return false;
  }

  private boolean joins(int set) {
    for (int from = 0; from < n; from++) {
      for (int to = 0; to < n; to++) {
        boolean both = (set >>> from & set >>> to & 1) != 0;
        if (both && !ways[from][to].cuts.isEmpty()) {
          return false;
        }
      }
    }
    return true;
  }

  private long delay(Way way) {
    long distance = way.from == far || way.to == far ? FAR : 1;
    long delay = distance * random.between(minDelay, maxDelay) + way.lag;
    if (way.extraDelay == 0) {
      return delay;
    }
    faults.fired(Fault.DELAY);
    return delay + random.between(0, way.extraDelay);
  }

  private void send(SimConnection connection, SimTransport from, Frame frame, long arrival) {
    connection.queue(from, frame.length());
    clock.at(arrival, () -> arrive(connection, from, frame));
  }

  private void arrive(SimConnection connection, SimTransport from, Frame frame) {
    SimTransport to = connection.other(from);
    if (!connection.broken && scheduler.holds(from.self(), to.self(), frame)) {
      clock.after(HELD, () -> arrive(connection, from, frame));
      return;
    }
    connection.queue(from, -frame.length());
    if (connection.broken) {
      trace.lost(from.self(), to.self(), frame, "lost with its connection");
    } else {
      trace.mix(clock.now() * 31 + to.self());
      trace.mix(frame.fingerprint());
      to.deliver(new SimTransport.Arrived(connection, frame));
    }
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
          if (strikes(way(from.self(), to.self()))) {
            sever(connection, "handshake lost");
          } else if (!connection.broken) {
            arrives.run();
          }
        });
  }
}
