package io.rabia.benchmarks;

import static io.rabia.benchmarks.Checks.check;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import io.rabia.network.NettyTransport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One TCP transport that sends frames and others that answer, all polled by the thread that made
 * it: what frames cost, without the time that threads take to wake up.
 */
final class TransportHub implements AutoCloseable {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

  private final ClusterConfig cluster;
  private final List<Transport> transports = new ArrayList<>();
  private final List<NodeId> peers = new ArrayList<>();
  private final ByteBuffer answer = ByteBuffer.allocate(1 << 20);
  private boolean echo;
  private int connections;
  private long framesBack;
  private long bytesBack;

  TransportHub(int peerCount) {
    cluster = EmbeddedCluster.cluster(FreePorts.take(peerCount + 1));
    for (ClusterConfig.Member member : cluster.members()) {
      Transport transport = NettyTransport.builder(member.id(), cluster).build();
      transports.add(transport);
      transport.start(transports.size() == 1 ? new Sender() : new Answerer(member.id(), transport));
      if (transports.size() > 1) {
        peers.add(member.id());
      }
    }
    long deadline = System.nanoTime() + PATIENCE;
    // The answerers are connected among each other as well: n (n - 1) ends.
    while (connections < transports.size() * (transports.size() - 1)) {
      check(System.nanoTime() - deadline < 0, "all are connected");
      poll();
    }
  }

  /** Sends a frame to the first peer, which sends it back. */
  void roundTrip(ByteBuffer frame) {
    echo = true;
    long bytes = bytesBack + frame.remaining();
    exchange(peers.subList(0, 1), frame);
    check(bytesBack == bytes, "the whole frame came back");
  }

  /** Sends a frame to every peer; each sends a short one back. */
  void broadcast(ByteBuffer frame) {
    echo = false;
    exchange(peers, frame);
  }

  private void exchange(List<NodeId> to, ByteBuffer frame) {
    long due = framesBack + to.size();
    Transport sender = transports.get(0);
    for (NodeId peer : to) {
      check(sender.send(peer, frame.duplicate()), "a frame is taken");
    }
    sender.flush();
    long deadline = System.nanoTime() + PATIENCE;
    while (framesBack < due) {
      check(System.nanoTime() - deadline < 0, "every frame is answered");
      poll();
    }
  }

  private void poll() {
    for (Transport transport : transports) {
      transport.poll(0);
      transport.flush();
    }
  }

  long framesReceivedByPeers() {
    return transports.stream().skip(1).mapToLong(t -> t.statistics().framesReceived()).sum();
  }

  @Override
  public void close() {
    transports.forEach(Transport::close);
  }

  /** Accepts everybody. */
  private abstract class Open implements TransportListener {
    private final NodeId self;

    Open(NodeId self) {
      this.self = self;
    }

    @Override
    public Handshake handshakeFor(NodeId peer) {
      Token token = new Token(1, self.value());
      return new Handshake(
          cluster.name(), ClusterId.NONE, self, token, 0, cluster.alpha(), 0, 0, 0, Token.NONE);
    }

    @Override
    public @Nullable String refuse(Handshake peer) {
      return null;
    }

    @Override
    public void onConnected(Handshake peer) {
      connections++;
    }

    @Override
    public void onDisconnected(NodeId peer, String reason) {
      connections--;
    }
  }

  private final class Sender extends Open {
    Sender() {
      super(NodeId.of(1));
    }

    @Override
    public void onFrame(NodeId peer, ByteBuffer body) {
      framesBack++;
      bytesBack += body.remaining();
    }
  }

  private final class Answerer extends Open {
    private final Transport transport;

    Answerer(NodeId self, Transport transport) {
      super(self);
      this.transport = transport;
    }

    @Override
    public void onFrame(NodeId peer, ByteBuffer body) {
      if (echo) {
        transport.send(peer, answer.clear().put(body).flip());
      } else {
        transport.send(peer, answer.clear().putInt(body.remaining()).flip());
      }
    }
  }
}
