package io.rabia.testing.sim;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import io.rabia.core.transport.TransportStatistics;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The transport of one simulated process. {@link #poll} never waits: it hands over what has arrived
 * and remembers how long the engine would have waited. One thread.
 */
final class SimTransport implements Transport {

  /** What waits to be handed to the listener. */
  sealed interface Arrival {}

  record Dialing(SimConnection connection) implements Arrival {}

  record Greeted(SimConnection connection, Handshake peer) implements Arrival {}

  record Refused(NodeId by, String reason) implements Arrival {}

  record Broken(SimConnection connection, String reason) implements Arrival {}

  record Arrived(SimConnection connection, Frame frame) implements Arrival {}

  private final SimNetwork network;
  private final SimNode node;
  private final int self;
  private final NodeId id;
  private final @Nullable SimConnection[] connections;
  private final boolean[] up;
  private final ArrayDeque<Arrival> arrivals = new ArrayDeque<>();
  private @Nullable TransportListener listener;
  private long wait;
  private int handled;
  private boolean closed;
  private @Nullable Frame lastSent;

  SimTransport(SimNetwork network, SimNode node, int members) {
    this.network = network;
    this.node = node;
    this.self = node.index();
    id = node.nodeId();
    connections = new SimConnection[members];
    up = new boolean[members];
  }

  int self() {
    return self;
  }

  /** Whose process this is. */
  NodeId id() {
    return id;
  }

  /** The connection to this member: the accepted one, if there is one. */
  private @Nullable SimConnection to(NodeId peer) {
    SimConnection found = null;
    for (int other = 0; other < connections.length; other++) {
      SimConnection connection = connections[other];
      if (connection != null && id(connection).equals(peer) && (found == null || up[other])) {
        found = connection;
      }
    }
    return found;
  }

  /** How long the engine was ready to wait at its last poll, in its own time. */
  long idleNanos() {
    return wait;
  }

  @Nullable SimConnection connection(int peer) {
    return connections[peer];
  }

  void opened(int peer, SimConnection connection) {
    connections[peer] = connection;
    up[peer] = false;
  }

  void deliver(Arrival arrival) {
    if (!closed) {
      arrivals.add(arrival);
      node.wake();
    }
  }

  @Override
  public void start(TransportListener started) {
    listener = started;
    network.attach(this);
  }

  @Override
  public int poll(long maxWaitNanos) {
    wait = maxWaitNanos;
    int before = handled;
    Arrival next = arrivals.poll();
    while (next != null) {
      handle(next);
      next = arrivals.poll();
    }
    return handled - before;
  }

  private void handle(Arrival arrival) {
    TransportListener heard = java.util.Objects.requireNonNull(listener);
    if (arrival instanceof Dialing dialing) {
      SimConnection connection = dialing.connection();
      Handshake own = heard.handshakeFor(id(connection));
      SimTransport peer = connection.other(this);
      network.handshake(connection, this, () -> peer.deliver(new Greeted(connection, own)));
    } else if (arrival instanceof Greeted greeted) {
      greeted(heard, greeted.connection(), greeted.peer());
    } else if (arrival instanceof Refused refused) {
      heard.onRefused(refused.by(), refused.reason());
    } else if (arrival instanceof Broken broken) {
      lost(heard, broken.connection(), broken.reason());
    } else if (arrival instanceof Arrived arrived) {
      frame(heard, arrived);
    }
  }

  private NodeId id(SimConnection connection) {
    return connection.other(this).id();
  }

  private void greeted(TransportListener heard, SimConnection connection, Handshake peer) {
    if (connection.broken) {
      return;
    }
    String reason = heard.refuse(peer);
    if (reason != null) {
      node.refused(reason);
      connection.other(this).deliver(new Refused(id, reason));
      network.sever(connection, reason);
      return;
    }
    int other = connection.other(this).self();
    if (connection.acceptor == this) {
      SimConnection old = connections[other];
      if (old != null) {
        lost(heard, old, "replaced");
      }
      connections[other] = connection;
      Handshake own = heard.handshakeFor(id(connection));
      network.handshake(
          connection, this, () -> connection.dialer.deliver(new Greeted(connection, own)));
    } else if (connections[other] != connection) {
      return;
    }
    replaceOthers(heard, other, id(connection));
    up[other] = true;
    node.tell(() -> "is connected to node " + (other + 1));
    handled++;
    heard.onConnected(peer);
  }

  /** Another process of the same member was connected. */
  private void replaceOthers(TransportListener heard, int newest, NodeId member) {
    for (int other = 0; other < connections.length; other++) {
      SimConnection connection = connections[other];
      if (other != newest && connection != null && up[other] && id(connection).equals(member)) {
        lost(heard, connection, "replaced");
      }
    }
  }

  private void lost(TransportListener heard, SimConnection connection, String reason) {
    int other = connection.other(this).self();
    network.sever(connection, reason);
    if (connections[other] == connection) {
      connections[other] = null;
      network.noticed(this, connection);
      if (up[other]) {
        up[other] = false;
        node.tell(() -> "has lost its connection to node " + (other + 1) + ": " + reason);
        handled++;
        heard.onDisconnected(id(connection), reason);
      }
    }
  }

  private void frame(TransportListener heard, Arrived arrived) {
    SimConnection connection = arrived.connection();
    int other = connection.other(this).self();
    if (connections[other] != connection || !up[other]) {
      network.unread(other, self, arrived.frame());
      return;
    }
    handled++;
    node.received(other, arrived.frame());
    try {
      heard.onFrame(id(connection), arrived.frame().body());
    } catch (RabiaException.Serialization e) {
      node.violated("refused a frame that was never altered: " + e.getMessage());
      lost(heard, connection, "malformed frame");
    }
  }

  @Override
  public void wakeup() {
    node.wake();
  }

  @Override
  public boolean send(NodeId peer, ByteBuffer body) {
    node.doom().beforeAction();
    SimConnection connection = to(peer);
    if (connection == null || !up[connection.other(this).self()]) {
      return false;
    }
    int to = connection.other(this).self();
    Frame frame = lastSent != null && lastSent.holds(body) ? lastSent : Frame.copyOf(body);
    node.sent(to, frame, frame == lastSent);
    lastSent = frame;
    return network.carry(connection, this, frame);
  }

  @Override
  public void flush() {}

  @Override
  public void disconnect(NodeId peer, String reason) {
    SimConnection connection = to(peer);
    if (connection != null) {
      network.sever(connection, reason);
    }
  }

  @Override
  public void members(List<ClusterConfig.Member> members, boolean joins) {
    // The network connects whoever is there.
  }

  @Override
  public long queuedBytes(NodeId peer) {
    SimConnection connection = to(peer);
    return connection == null ? 0 : connection.queued(this);
  }

  @Override
  public TransportStatistics statistics() {
    return new TransportStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Override
  public void close() {
    closed = true;
    for (Arrival arrival : arrivals) {
      if (arrival instanceof Arrived arrived) {
        network.unread(arrived.connection().other(this).self(), self, arrived.frame());
      }
    }
    arrivals.clear();
    network.detach(this);
  }
}
