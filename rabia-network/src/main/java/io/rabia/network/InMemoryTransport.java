package io.rabia.network;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import io.rabia.core.transport.TransportStatistics;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A member's end of an {@link InMemoryNetwork}; used by one thread, woken by any. */
final class InMemoryTransport implements Transport {
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long NEVER_NANOS = TimeUnit.DAYS.toNanos(1);

  private static final class Peer {
    final NodeId id;
    @Nullable InMemoryLink link;
    boolean answered;
    boolean up;
    boolean unflushed;
    long retryAt;

    Peer(NodeId id, long now) {
      this.id = id;
      retryAt = now;
    }
  }

  private final InMemoryNetwork network;
  private final NodeId id;
  private final int queueBytes;
  private final TransportCounters counters = new TransportCounters();
  private final Map<NodeId, Peer> peers = new HashMap<>();
  private final List<Peer> peerList = new ArrayList<>();
  private final Queue<InMemoryLink> incoming = new ConcurrentLinkedQueue<>();
  private ByteBuffer drained = ByteBuffer.allocate(1024);
  private @Nullable TransportListener listener;
  private boolean closed;
  private int handled;
  private int changesSeen = -1;
  private long retryAt;
  private volatile @Nullable Thread owner;
  private volatile boolean wakeup;

  InMemoryTransport(InMemoryNetwork network, NodeId id, int queueBytes) {
    this.network = network;
    this.id = id;
    this.queueBytes = queueBytes;
  }

  NodeId id() {
    return id;
  }

  /** From the dialer's thread. */
  void incoming(InMemoryLink link) {
    incoming.add(link);
  }

  // ---- Transport

  @Override
  public void start(TransportListener listener) {
    if (closed || this.listener != null) {
      throw new RabiaException.Closed("a transport starts once");
    }
    network.register(this);
    this.listener = listener;
    owner = Thread.currentThread();
    retryAt = System.nanoTime();
  }

  @Override
  public int poll(long maxWaitNanos) {
    if (closed || listener == null) {
      throw new RabiaException.Closed("the transport is not started, or closed");
    }
    int before = handled;
    long start = System.nanoTime();
    work(start);
    boolean mayWait = handled == before && maxWaitNanos > 0;
    while (mayWait) {
      long left = maxWaitNanos - (System.nanoTime() - start);
      if (left > 0 && !wakeup) {
        LockSupport.parkNanos(this, Math.min(left, retryAt - System.nanoTime()));
      }
      mayWait = left > 0 && !Thread.currentThread().isInterrupted();
      if (wakeup) {
        wakeup = false;
        mayWait = false;
      }
      work(System.nanoTime());
      mayWait &= handled == before;
    }
    return handled - before;
  }

  @Override
  public void wakeup() {
    wakeup = true;
    LockSupport.unpark(owner);
  }

  @Override
  public boolean send(NodeId to, ByteBuffer body) {
    if (!body.hasRemaining()) {
      throw new RabiaException.Validation("a frame has at least one byte");
    }
    Peer peer = peers.get(to);
    if (peer == null || !peer.up || peer.link.closeReason() != null) {
      return false;
    }
    if (!peer.link.offer(this, body, queueBytes)) {
      counters.cutOff++;
      close(peer.link, "cut off: " + peer.link.queued(this) + " bytes queued");
      return false;
    }
    peer.unflushed = true;
    counters.framesSent++;
    counters.bytesSent += body.remaining();
    return true;
  }

  @Override
  public void flush() {
    for (int i = 0; i < peerList.size(); i++) {
      Peer peer = peerList.get(i);
      if (peer.unflushed) {
        peer.unflushed = false;
        wake(peer);
      }
    }
  }

  @Override
  public void disconnect(NodeId to, String reason) {
    Peer peer = peers.get(to);
    if (peer != null && peer.up) {
      close(peer.link, reason);
    }
  }

  @Override
  public void members(List<ClusterConfig.Member> members, boolean joins) {
    // The network connects whoever is there.
  }

  @Override
  public long queuedBytes(NodeId to) {
    Peer peer = peers.get(to);
    return peer == null || !peer.up ? 0 : peer.link.queued(this);
  }

  @Override
  public TransportStatistics statistics() {
    return counters.snapshot();
  }

  /** The listener is not called any more. */
  @Override
  public void close() {
    closed = true;
    network.unregister(this);
  }

  // ---- the work of a poll

  private void work(long now) {
    int changes = network.changes();
    if (changes != changesSeen || now - retryAt >= 0) {
      changesSeen = changes;
      dialAll(now);
    }
    InMemoryLink offered;
    while ((offered = incoming.poll()) != null) {
      takeIn(offered);
    }
    for (int i = 0; i < peerList.size(); i++) {
      Peer peer = peerList.get(i);
      if (peer.link != null) {
        step(peer, peer.link);
      }
    }
  }

  private void dialAll(long now) {
    retryAt = now + NEVER_NANOS;
    for (NodeId other : network.startedAbove(id)) {
      Peer peer = peer(other);
      if (peer.link == null && now - peer.retryAt >= 0) {
        dial(peer, now);
      } else if (peer.link == null) {
        retryAt = Math.min(retryAt, peer.retryAt);
      }
    }
  }

  private void dial(Peer peer, long now) {
    Handshake hello = listener.handshakeFor(peer.id);
    InMemoryLink link = network.dial(this, peer.id);
    if (link == null) {
      peer.retryAt = now + RETRY_NANOS; // when it is back, or the cut healed, the network wakes us
      return;
    }
    link.sayHello(this, hello);
    peer.link = link;
    peer.answered = true;
    wake(peer);
  }

  private void takeIn(InMemoryLink link) {
    Peer peer = peer(link.peerOf(this).id());
    if (peer.link != null) {
      close(peer.link, "replaced by a newer connection");
      ended(peer, peer.link);
    }
    peer.link = link;
    peer.answered = false;
  }

  private Peer peer(NodeId other) {
    Peer peer = peers.get(other);
    if (peer == null) {
      peer = new Peer(other, System.nanoTime());
      peers.put(other, peer);
      peerList.add(peer);
    }
    return peer;
  }

  private void step(Peer peer, InMemoryLink link) {
    if (link.closeReason() == null && !peer.up) {
      shakeHands(peer, link);
    }
    if (link.closeReason() == null && peer.up) {
      receive(peer, link);
    }
    if (link.closeReason() != null) {
      ended(peer, link);
    }
  }

  private void shakeHands(Peer peer, InMemoryLink link) {
    Handshake hello = link.helloOfPeer(this);
    if (hello == null) {
      return;
    }
    boolean dialer = link.dialedBy(this);
    if (dialer || !peer.answered) {
      String reason = listener.refuse(hello);
      if (reason != null) {
        link.refuse(this, reason);
        wake(peer);
        return;
      }
    }
    if (dialer) {
      link.accept(this);
      up(peer, hello);
      wake(peer);
    } else if (!peer.answered) {
      peer.answered = true;
      link.sayHello(this, listener.handshakeFor(peer.id));
      wake(peer);
    } else if (link.acceptedByPeer(this)) {
      up(peer, hello);
    }
  }

  private void up(Peer peer, Handshake hello) {
    peer.up = true;
    counters.connects++;
    handled++;
    listener.onConnected(hello);
  }

  private void receive(Peer peer, InMemoryLink link) {
    ByteBuffer arrived = link.take(this, drained);
    if (arrived == null) {
      return;
    }
    try {
      int end = arrived.limit();
      while (arrived.position() < end && link.closeReason() == null) {
        int next = InMemoryLink.nextFrame(arrived);
        counters.framesReceived++;
        counters.bytesReceived += arrived.remaining();
        handled++;
        listener.onFrame(peer.id, arrived);
        arrived.order(ByteOrder.BIG_ENDIAN).limit(end).position(next);
      }
    } catch (RabiaException.Serialization e) {
      counters.corrupted++;
      close(link, String.valueOf(e.getMessage()));
    } finally {
      drained = arrived;
    }
  }

  private void ended(Peer peer, InMemoryLink link) {
    boolean wasUp = peer.up;
    peer.link = null;
    peer.up = false;
    peer.unflushed = false;
    peer.retryAt = System.nanoTime() + RETRY_NANOS;
    retryAt = Math.min(retryAt, peer.retryAt);
    if (link.refused()) {
      counters.refused++;
    }
    String refusal = link.refusalOfPeer(this);
    if (refusal != null) {
      listener.onRefused(peer.id, refusal);
    }
    if (wasUp) {
      counters.disconnects++;
      handled++;
      listener.onDisconnected(peer.id, String.valueOf(link.closeReason()));
    }
  }

  private void close(InMemoryLink link, String reason) {
    link.close(reason);
    link.peerOf(this).wakeup();
  }

  private void wake(Peer peer) {
    if (peer.link != null) {
      peer.link.peerOf(this).wakeup();
    }
  }
}
