package io.rabia.network;

import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.transport.Transport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The network of members that live in one process. Every started transport connects to every other
 * one, with the handshake, the bounds and the losses of TCP. Thread-safe.
 */
public final class InMemoryNetwork {
  /** 64 MiB, as the TCP transport has it. */
  public static final int DEFAULT_QUEUE_BYTES = 64 * 1024 * 1024;

  private record Pair(NodeId low, NodeId high) {
    static Pair of(NodeId a, NodeId b) {
      return a.compareTo(b) < 0 ? new Pair(a, b) : new Pair(b, a);
    }

    boolean has(NodeId id) {
      return low.equals(id) || high.equals(id);
    }
  }

  private final int queueBytes;
  private final TreeMap<NodeId, InMemoryTransport> started = new TreeMap<>();
  private final Map<Pair, InMemoryLink> links = new HashMap<>();
  private final Set<Pair> cuts = new HashSet<>();
  private volatile int changes;

  public InMemoryNetwork() {
    this(DEFAULT_QUEUE_BYTES);
  }

  /**
   * @param queueBytes queued from one member to another before their connection is cut off; 1 KiB
   *     to 1 GiB
   */
  public InMemoryNetwork(int queueBytes) {
    if (queueBytes < 1024 || queueBytes > 1024 * 1024 * 1024) {
      throw new RabiaException.Validation("queueBytes: 1 KiB to 1 GiB");
    }
    this.queueBytes = queueBytes;
  }

  /**
   * A new transport for a member, to be started once; a closed one may be followed by another for
   * the same member.
   */
  public Transport transport(NodeId id) {
    return new InMemoryTransport(this, id, queueBytes);
  }

  /** Breaks the connection between two members and lets them make none until {@link #heal}. */
  public synchronized void cut(NodeId a, NodeId b) {
    Pair pair = Pair.of(a, b);
    cuts.add(pair);
    InMemoryLink link = links.remove(pair);
    if (link != null) {
      link.close("cut");
    }
    changed();
  }

  /** Lets two members connect again. */
  public synchronized void heal(NodeId a, NodeId b) {
    cuts.remove(Pair.of(a, b));
    changed();
  }

  synchronized void register(InMemoryTransport transport) {
    if (started.putIfAbsent(transport.id(), transport) != null) {
      throw new RabiaException.Network(
          "member " + transport.id() + " is started already",
          new IllegalStateException("one transport at a time for a member"));
    }
    changed();
  }

  synchronized void unregister(InMemoryTransport transport) {
    if (started.remove(transport.id(), transport)) {
      links.forEach((pair, link) -> closeIf(pair.has(transport.id()), link));
      links.keySet().removeIf(pair -> pair.has(transport.id()));
      changed();
    }
  }

  private static void closeIf(boolean concerned, InMemoryLink link) {
    if (concerned) {
      link.close("the peer closed");
    }
  }

  private void changed() {
    changes++;
    started.values().forEach(InMemoryTransport::wakeup);
  }

  /** Another number whenever members come or go, or links are cut or healed. */
  int changes() {
    return changes;
  }

  /** Whom the transport dials: of two members the one with the lower id. */
  synchronized List<NodeId> startedAbove(NodeId from) {
    return new ArrayList<>(started.tailMap(from, false).keySet());
  }

  /** A new link that the other side has been told of, or null when there is no way to it. */
  synchronized @Nullable InMemoryLink dial(InMemoryTransport from, NodeId to) {
    InMemoryTransport acceptor = started.get(to);
    Pair pair = Pair.of(from.id(), to);
    if (acceptor == null || cuts.contains(pair)) {
      return null;
    }
    InMemoryLink link = new InMemoryLink(from, acceptor);
    InMemoryLink old = links.put(pair, link);
    if (old != null) {
      old.close("replaced by a newer connection");
    }
    acceptor.incoming(link);
    return link;
  }
}
