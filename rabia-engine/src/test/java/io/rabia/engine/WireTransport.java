package io.rabia.engine;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import io.rabia.core.transport.TransportStatistics;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A member's end of the {@link Wires}; never waits, sends when it is flushed. One thread. */
final class WireTransport implements Transport {
  private static final class End {
    final WireTransport peer;
    final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    boolean up;
    boolean broken;

    End(WireTransport peer) {
      this.peer = peer;
    }
  }

  private final Wires wires;
  private final NodeId id;
  private final Map<NodeId, End> ends = new HashMap<>();
  private final ArrayDeque<Runnable> arrivals = new ArrayDeque<>();
  private final ArrayDeque<Runnable> queued = new ArrayDeque<>();

  /** They come again and again, so that they are no work. */
  private final Map<NodeId, String> refusals = new HashMap<>();

  private @Nullable TransportListener listener;

  /** Whom the node wants to be connected to. */
  List<Integer> wanted = List.of();

  /** Whether it is the one that connects, whomever. */
  boolean dialsAll;

  private long waited;
  private int handled;
  private long framesSent;

  WireTransport(Wires wires, NodeId id) {
    this.wires = wires;
    this.id = id;
  }

  NodeId id() {
    return id;
  }

  TransportListener listener() {
    return Objects.requireNonNull(listener);
  }

  boolean knows(NodeId peer) {
    return ends.containsKey(peer);
  }

  /** How long the engine was ready to wait at its last poll. */
  long waited() {
    return waited;
  }

  void connect(WireTransport peer, Handshake handshake) {
    End end = new End(peer);
    ends.put(peer.id, end);
    arrivals.add(
        () -> {
          if (!end.broken) {
            end.up = true;
            listener().onConnected(handshake);
          }
        });
  }

  void refused(NodeId by, String reason) {
    refusals.put(by, reason);
  }

  private void arrive(NodeId from, byte[] bytes) {
    End end = ends.get(from);
    if (end == null) {
      return;
    }
    if (wires.holds(from, id) || !end.waiting.isEmpty()) {
      end.waiting.add(bytes);
    } else {
      deliver(end, bytes);
    }
  }

  private void deliver(End end, byte[] bytes) {
    arrivals.add(
        () -> {
          if (end.up && !end.broken) {
            listener().onFrame(end.peer.id, ByteBuffer.wrap(bytes).asReadOnlyBuffer());
          }
        });
  }

  void releaseFrom(NodeId from) {
    End end = ends.get(from);
    if (end != null) {
      end.waiting.forEach(bytes -> deliver(end, bytes));
      end.waiting.clear();
    }
  }

  void loseFrom(NodeId from) {
    End end = ends.get(from);
    if (end != null) {
      end.waiting.clear();
    }
  }

  @Override
  public void start(TransportListener listener) {
    this.listener = listener;
    wires.attach(this);
  }

  @Override
  public int poll(long maxWaitNanos) {
    waited = maxWaitNanos;
    int before = handled;
    wires.connect();
    for (Runnable next = arrivals.poll(); next != null; next = arrivals.poll()) {
      handled++;
      next.run();
    }
    Map<NodeId, String> refused = Map.copyOf(refusals);
    refusals.clear();
    refused.forEach(listener()::onRefused);
    return handled - before;
  }

  @Override
  public void wakeup() {}

  @Override
  public boolean send(NodeId peer, ByteBuffer body) {
    End end = ends.get(peer);
    if (end == null || !end.up) {
      return false;
    }
    byte[] bytes = new byte[body.remaining()];
    body.duplicate().get(bytes);
    framesSent++;
    queued.add(
        () -> {
          if (!end.broken) {
            wires.frame(id, peer, bytes);
            end.peer.arrive(id, bytes);
          }
        });
    return true;
  }

  @Override
  public void flush() {
    for (Runnable frame = queued.poll(); frame != null; frame = queued.poll()) {
      frame.run();
    }
  }

  @Override
  public void disconnect(NodeId peer, String reason) {
    End end = ends.get(peer);
    if (end != null) {
      lose(peer, reason);
      end.peer.lose(id, reason);
    }
  }

  private void lose(NodeId peer, String reason) {
    End end = ends.remove(peer);
    if (end != null) {
      end.broken = true;
      if (end.up) {
        arrivals.add(() -> listener().onDisconnected(peer, reason));
      }
    }
  }

  @Override
  public void members(List<ClusterConfig.Member> members, boolean joins) {
    dialsAll = joins;
    wanted = members.stream().map(member -> member.id().value()).toList(); // all who are there are
  }

  @Override
  public long queuedBytes(NodeId peer) {
    return 0;
  }

  @Override
  public TransportStatistics statistics() {
    return new TransportStatistics(framesSent, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Override
  public void close() {
    wires.detach(this);
  }
}
