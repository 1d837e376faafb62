package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import io.rabia.core.CommonCoin;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.message.Message;
import io.rabia.engine.protocol.Configuration;
import io.rabia.testing.explore.ReplicaNode.Frame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Several production {@link io.rabia.engine.protocol.Replica}s with model logs and links, moved by
 * hand: nothing happens but what is called for, time stands still but for {@link #tick}. A {@link
 * ClusterOracle} watches. One thread.
 */
final class ReplicaCluster {
  /** Window of the clusters here, in slots. */
  static final int ALPHA = 8;

  private static final long START = 1_000_000_000_000L;

  private final int n;
  private final ReplicaNode[] nodes;
  private final List<ArrayDeque<Frame>> links = new ArrayList<>();
  private final List<Frame> delivered = new ArrayList<>();
  private final boolean[] linked;
  private final ClusterOracle oracle;
  private final Trace trace;
  private long now = START;
  private long frames;

  ReplicaCluster(int n, CommonCoin coin, boolean traced) {
    this.n = n;
    trace = new Trace(traced);
    oracle = new ClusterOracle(n);
    List<Configuration.Member> members = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      members.add(new Configuration.Member(NodeId.of(i + 1), new Token(1, i + 1), i, "", 0));
    }
    Configuration configuration = new Configuration(0, 0, ALPHA, members);
    linked = new boolean[n * n];
    nodes = new ReplicaNode[n];
    for (int i = 0; i < n * n; i++) {
      links.add(new ArrayDeque<>());
    }
    for (int i = 0; i < n; i++) {
      nodes[i] = new ReplicaNode(i, configuration, coin, oracle, this::send, trace);
      nodes[i].start(now);
    }
    for (int a = 0; a < n; a++) {
      for (int b = a + 1; b < n; b++) {
        connect(a, b);
      }
    }
  }

  private void send(int from, int to, long applied, List<Message> messages) {
    if (linked[from * n + to]) {
      messages.forEach(message -> oracle.sent(from, message));
      links.get(from * n + to).add(new Frame(++frames, from, to, applied, messages));
    }
  }

  int size() {
    return n;
  }

  ReplicaNode node(int index) {
    return nodes[index];
  }

  ClusterOracle oracle() {
    return oracle;
  }

  Trace trace() {
    return trace;
  }

  long now() {
    return now;
  }

  /** Frames sent so far. */
  long frames() {
    return frames;
  }

  // ---- what can happen

  boolean connected(int a, int b) {
    return linked[a * n + b];
  }

  void connect(int a, int b) {
    if (a == b || connected(a, b) || !nodes[a].up() || !nodes[b].up()) {
      return;
    }
    linked[a * n + b] = true;
    linked[b * n + a] = true;
    nodes[a].connected(b, now);
    nodes[b].connected(a, now);
  }

  /** Breaks a connection: what is in flight is lost. */
  void disconnect(int a, int b) {
    if (!connected(a, b)) {
      return;
    }
    trace.add(nodes[a].name() + "-" + nodes[b].name() + " breaks");
    linked[a * n + b] = false;
    linked[b * n + a] = false;
    links.get(a * n + b).clear();
    links.get(b * n + a).clear();
    for (int end : new int[] {a, b}) {
      if (nodes[end].up()) {
        nodes[end].disconnected(end == a ? b : a, now);
      }
    }
  }

  void crash(int index, int keptGroups) {
    trace.add(nodes[index].name() + " crashes and keeps " + keptGroups + " groups");
    nodes[index].crash(keptGroups);
    for (int peer = 0; peer < n; peer++) {
      disconnect(index, peer);
    }
  }

  void restart(int index) {
    trace.add(nodes[index].name() + " restarts");
    nodes[index].start(now);
    for (int peer = 0; peer < n; peer++) {
      connect(index, peer);
    }
  }

  /** The oldest frame from one to the other, or null. */
  @Nullable Frame next(int from, int to) {
    return links.get(from * n + to).peek();
  }

  /** What was delivered one frame at a time, in order. */
  List<Frame> delivered() {
    return delivered;
  }

  List<Frame> underWay(int from, int to) {
    return List.copyOf(links.get(from * n + to));
  }

  void deliver(int from, int to) {
    Frame frame = links.get(from * n + to).poll();
    InvariantViolation.check(frame != null, "nothing to deliver");
    delivered.add(frame);
    receive(frame);
  }

  /** A frame that was delivered before comes once more, however late. */
  void deliverAgain(Frame frame) {
    trace.add("once more:");
    receive(frame);
  }

  private void receive(Frame frame) {
    if (trace.wanted()) {
      trace.add(
          nodes[frame.from()].name()
              + ">"
              + nodes[frame.to()].name()
              + " "
              + Trace.describe(frame.messages()));
    }
    nodes[frame.to()].receive(List.of(frame), now);
  }

  /** As to one that was paused: everything is received before anything is done about it. */
  void deliverAllAtOnce(int to) {
    List<Frame> frames = new ArrayList<>();
    for (int from = 0; from < n; from++) {
      frames.addAll(links.get(from * n + to));
      links.get(from * n + to).clear();
    }
    frames.sort(Comparator.comparingLong(Frame::number));
    nodes[to].receive(frames, now);
  }

  /** Delivers the oldest frame once more, before itself. */
  void duplicate(int from, int to) {
    Frame frame = next(from, to);
    if (frame != null) {
      links.get(from * n + to).addFirst(frame);
    }
  }

  void drop(int from, int to) {
    links.get(from * n + to).poll();
  }

  /**
   * Lets time pass for everyone. Heartbeats are sent to those whom they can tell something: who
   * have applied less.
   */
  void tick(long nanos) {
    now += nanos;
    trace.add("time passes");
    for (ReplicaNode node : nodes) {
      if (node.up()) {
        node.flush();
        node.step(now);
        for (ReplicaNode peer : nodes) {
          if (peer.up() && peer.replica().applied() < node.replica().applied()) {
            node.heartbeat(peer.index);
          }
        }
      }
    }
  }

  /** Forces and delivers what may be, oldest first, until nothing more happens in no time. */
  void run(Predicate<Frame> mayDeliver, Predicate<ReplicaNode> mayForce) {
    boolean more = true;
    for (int steps = 0; more; steps++) {
      InvariantViolation.check(steps < 100_000, "messages without end");
      more = forceAll(mayForce) || deliverOldest(mayDeliver);
    }
  }

  private boolean forceAll(Predicate<ReplicaNode> mayForce) {
    boolean any = false;
    for (ReplicaNode node : nodes) {
      if (node.waitsForForce() && mayForce.test(node)) {
        node.force(now);
        any = true;
      }
    }
    return any;
  }

  private boolean deliverOldest(Predicate<Frame> mayDeliver) {
    Frame oldest = null;
    for (ArrayDeque<Frame> link : links) {
      Frame first = link.peek();
      if (first != null
          && (oldest == null || first.number() < oldest.number())
          && mayDeliver.test(first)) {
        oldest = first;
      }
    }
    if (oldest != null) {
      deliver(oldest.from(), oldest.to());
    }
    return oldest != null;
  }

  /** Nothing is under way. */
  boolean quiet() {
    for (ArrayDeque<Frame> link : links) {
      if (!link.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** These have nothing to do and have applied the same. */
  static boolean settled(List<ReplicaNode> nodes) {
    for (ReplicaNode node : nodes) {
      if (!node.up()
          || !node.idle()
          || node.waitsForForce()
          || node.waitsForCompany()
          || node.replica().applied() != nodes.get(0).replica().applied()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Batches that someone who is up holds, that nobody has applied, and whose origin has not
   * restarted since: they must be decided sometime.
   */
  Set<Long> outstanding() {
    Set<Long> ids = new TreeSet<>();
    for (ReplicaNode node : nodes) {
      if (node.up()) {
        ids.addAll(node.holds());
      }
    }
    ids.removeIf(
        id -> oracle.isApplied(id) || nodes[BatchId.origin(id)].runs() != oracle.madeIn(id));
    return ids;
  }
}
