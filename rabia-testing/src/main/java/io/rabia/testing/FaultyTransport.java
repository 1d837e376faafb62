package io.rabia.testing;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import io.rabia.core.transport.TransportStatistics;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what arrives on a transport back for as long as the network's conditions want, loses some
 * of it, and lets some arrive twice or late; holds its engine up at the {@link Gate}. What waits
 * from a peer is lost with its connection. One thread, but for {@link #wakeup} and {@link #die}.
 */
final class FaultyTransport implements Transport, TransportListener {
  private static final long SECOND = 1_000_000_000;
  private static final long LEAST_DETOUR = 1_000_000;

  /** A frame on its way. */
  private record Arrival(long at, long order, Way way, byte[] body) implements Comparable<Arrival> {
    @Override
    public int compareTo(Arrival other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  /** From one peer to here, as long as a connection lives. */
  private static final class Way {
    final NodeId from;
    final NetworkCounters counters;
    long busyUntil;
    long lastArrival;
    int waiting;
    long waitingBytes;
    boolean broken;

    Way(NodeId from, NetworkCounters counters) {
      this.from = from;
      this.counters = counters;
    }
  }

  private final NodeId self;
  private final Transport inner;
  private final NetworkSimulator network;
  private final Gate gate;
  private final Random random;
  private final long queueBytes;
  private final Map<NodeId, Way> ways = new HashMap<>();
  private final PriorityQueue<Arrival> arrivals = new PriorityQueue<>();
  private @Nullable TransportListener listener;
  private long scheduled;
  private long corrupted;
  private int handled;
  private volatile boolean dead;

  FaultyTransport(
      NodeId self, Transport inner, NetworkSimulator network, Gate gate, Random random) {
    this.self = self;
    this.inner = inner;
    this.network = network;
    this.gate = gate;
    this.random = random;
    queueBytes = network.queueBytes();
  }

  /** Nothing leaves any more. */
  void die() {
    dead = true;
  }

  // ---- Transport

  @Override
  public void start(TransportListener listener) {
    this.listener = listener;
    inner.start(this);
  }

  @Override
  public int poll(long maxWaitNanos) {
    gate.pass();
    int before = handled;
    long end = System.nanoTime() + maxWaitNanos;
    boolean woken = false;
    arrive();
    do {
      long now = System.nanoTime();
      long next = arrivals.isEmpty() ? end : Math.min(end, arrivals.peek().at());
      long wait = handled == before ? Math.max(0, next - now) : 0;
      woken = inner.poll(wait) == 0 && System.nanoTime() - next < 0;
      arrive();
    } while (handled == before && !woken && System.nanoTime() - end < 0);
    return handled - before;
  }

  @Override
  public void wakeup() {
    inner.wakeup();
  }

  @Override
  public boolean send(NodeId peer, ByteBuffer body) {
    return dead || inner.send(peer, body);
  }

  @Override
  public void flush() {
    inner.flush();
  }

  @Override
  public void disconnect(NodeId peer, String reason) {
    inner.disconnect(peer, reason);
  }

  @Override
  public void members(List<ClusterConfig.Member> members, boolean joins) {
    inner.members(members, joins);
  }

  @Override
  public long queuedBytes(NodeId peer) {
    return inner.queuedBytes(peer);
  }

  @Override
  public TransportStatistics statistics() {
    TransportStatistics s = inner.statistics();
    return new TransportStatistics(
        s.framesSent(),
        s.framesReceived(),
        s.bytesSent(),
        s.bytesReceived(),
        s.connects(),
        s.disconnects(),
        s.refused(),
        s.corrupted() + corrupted,
        s.cutOff());
  }

  @Override
  public void close() {
    inner.close();
  }

  // ---- what the transport below tells

  private TransportListener listener() {
    TransportListener started = listener;
    if (started == null) {
      throw new IllegalStateException("not started");
    }
    return started;
  }

  @Override
  public Handshake handshakeFor(NodeId peer) {
    return listener().handshakeFor(peer);
  }

  @Override
  public @Nullable String refuse(Handshake peer) {
    return listener().refuse(peer);
  }

  @Override
  public void onRefused(NodeId peer, String reason) {
    listener().onRefused(peer, reason);
  }

  @Override
  public boolean mayJoin(Handshake peer) {
    return listener().mayJoin(peer);
  }

  @Override
  public void onConnected(Handshake peer) {
    ways.put(peer.id(), new Way(peer.id(), network.counters()));
    handled++;
    listener().onConnected(peer);
  }

  @Override
  public void onDisconnected(NodeId peer, String reason) {
    Way way = ways.remove(peer);
    if (way != null) {
      way.broken = true;
    }
    handled++;
    listener().onDisconnected(peer, reason);
  }

  @Override
  public void onFrame(NodeId peer, ByteBuffer body) {
    Way way = ways.get(peer);
    if (way == null || way.broken) {
      return;
    }
    NetworkConditions conditions = network.inForce();
    way.counters.carried.increment();
    if (network.isBlocked(peer, self)) {
      way.counters.blocked.increment();
    } else if (strikes(conditions.packetLossRate())) {
      way.counters.lost.increment();
    } else {
      carry(way, conditions, body);
    }
  }

  private boolean strikes(double rate) {
    return rate > 0 && random.nextDouble() < rate;
  }

  private void carry(Way way, NetworkConditions conditions, ByteBuffer body) {
    long now = System.nanoTime();
    long at = Math.max(now, way.busyUntil);
    if (conditions.bandwidth() > 0) {
      at += body.remaining() * SECOND / conditions.bandwidth();
      way.busyUntil = at;
    }
    at += between(conditions.minLatency().toNanos(), conditions.maxLatency().toNanos());
    long detour = Math.max(LEAST_DETOUR, 4 * conditions.maxLatency().toNanos());
    boolean again = strikes(conditions.duplicationRate());
    boolean late = strikes(conditions.reorderingRate());
    if (late) {
      way.counters.reordered.increment();
      at += between(LEAST_DETOUR, detour);
    } else {
      at = Math.max(at, way.lastArrival);
      way.lastArrival = at;
    }
    if (again) {
      way.counters.duplicated.increment();
      schedule(way, at + between(0, detour), body);
    }
    if (at > now || !late && way.waiting > 0) {
      way.counters.delayed.increment();
      schedule(way, at, body);
    } else {
      handled++;
      listener().onFrame(way.from, body);
    }
  }

  private long between(long least, long most) {
    return least >= most ? least : least + (long) (random.nextDouble() * (most - least));
  }

  private void schedule(Way way, long at, ByteBuffer body) {
    byte[] copy = new byte[body.remaining()];
    body.get(body.position(), copy);
    way.waiting++;
    way.waitingBytes += copy.length;
    arrivals.add(new Arrival(at, scheduled++, way, copy));
    if (way.waitingBytes > queueBytes) {
      inner.disconnect(way.from, "more than " + queueBytes + " bytes are on their way");
    }
  }

  private void arrive() {
    long now = System.nanoTime();
    Arrival next = arrivals.peek();
    while (next != null && next.at() - now <= 0) {
      arrivals.remove();
      next.way().waiting--;
      next.way().waitingBytes -= next.body().length;
      if (!next.way().broken) {
        deliver(next.way(), next.body());
      }
      next = arrivals.peek();
    }
  }

  private void deliver(Way way, byte[] body) {
    handled++;
    try {
      listener().onFrame(way.from, ByteBuffer.wrap(body));
    } catch (RabiaException.Serialization e) {
      corrupted++;
      way.broken = true;
      inner.disconnect(way.from, String.valueOf(e.getMessage()));
    }
  }
}
