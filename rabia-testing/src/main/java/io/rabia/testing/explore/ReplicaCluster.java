package io.rabia.testing.explore;

import io.rabia.core.CommonCoin;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.message.Message;
import io.rabia.engine.protocol.Change;
import io.rabia.engine.protocol.Configuration;
import io.rabia.testing.explore.ReplicaNode.Frame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
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
  /** Window of the clusters here when nothing is said, in slots. */
  static final int ALPHA = 8;

  /** So many lives at most. */
  static final int MOST = 8;

  private static final long START = 1_000_000_000_000L;

  private record Asked(int by, int run, int life, long epoch) {}

  private final Configuration founders;
  private final CommonCoin coin;
  private final boolean offers;
  private final List<ReplicaNode> nodes = new ArrayList<>();
  private final List<ArrayDeque<Frame>> links = new ArrayList<>();
  private final boolean[] linked = new boolean[MOST * MOST];
  private final List<Frame> delivered = new ArrayList<>();
  private final Set<Asked> asked = new HashSet<>();
  private final ClusterOracle oracle;
  private final Trace trace;
  private long now = START;
  private long frames;

  /**
   * @param offers whether batches are sent ahead of the Proposes that wait for a force
   */
  ReplicaCluster(int n, int alpha, CommonCoin coin, boolean offers, boolean traced) {
    this.coin = coin;
    this.offers = offers;
    trace = new Trace(traced);
    List<Configuration.Member> members = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      members.add(new Configuration.Member(NodeId.of(i + 1), token(i), i, "", 0));
    }
    founders = new Configuration(0, 0, alpha, members);
    oracle = new ClusterOracle(founders);
    for (int i = 0; i < MOST * MOST; i++) {
      links.add(new ArrayDeque<>(2));
    }
    for (int i = 0; i < n; i++) {
      nodes.add(new ReplicaNode(this, i, NodeId.of(i + 1), token(i)));
    }
    nodes.forEach(node -> node.start(now));
    for (int a = 0; a < n; a++) {
      for (int b = a + 1; b < n; b++) {
        connect(a, b);
      }
    }
  }

  private static Token token(int index) {
    return new Token(1, index + 1);
  }

  void send(ReplicaNode from, int to, long applied, List<Message> messages) {
    if (connected(from.index, to)) {
      messages.forEach(message -> oracle.sent(from, message));
      link(from.index, to).add(new Frame(++frames, from.index, to, applied, messages));
    }
  }

  private ArrayDeque<Frame> link(int from, int to) {
    return links.get(from * MOST + to);
  }

  int size() {
    return nodes.size();
  }

  ReplicaNode node(int index) {
    return nodes.get(index);
  }

  List<ReplicaNode> nodes() {
    return nodes;
  }

  Configuration founders() {
    return founders;
  }

  CommonCoin coin() {
    return coin;
  }

  /** Are batches sent ahead of the Proposes that wait for a force? */
  boolean offers() {
    return offers;
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

  /** Whose lives these are, in their order. */
  String names(Configuration configuration) {
    StringBuilder names = new StringBuilder();
    for (Configuration.Member member : configuration.members()) {
      nodes.stream()
          .filter(node -> node.token.equals(member.token()))
          .forEach(node -> names.append(node.name()));
    }
    return names.toString();
  }

  // ---- what can happen

  boolean connected(int a, int b) {
    return linked[a * MOST + b];
  }

  void connect(int a, int b) {
    ReplicaNode one = node(a);
    ReplicaNode other = node(b);
    if (connected(a, b) || one.id.equals(other.id) || !one.up() || !other.up()) {
      return;
    }
    linked[a * MOST + b] = true;
    linked[b * MOST + a] = true;
    one.connected(other, now);
    other.connected(one, now);
  }

  /** Breaks a connection: what is in flight is lost. */
  void disconnect(int a, int b) {
    if (!connected(a, b)) {
      return;
    }
    trace.add(node(a).name() + "-" + node(b).name() + " breaks");
    linked[a * MOST + b] = false;
    linked[b * MOST + a] = false;
    link(a, b).clear();
    link(b, a).clear();
    for (int end : new int[] {a, b}) {
      if (node(end).up()) {
        node(end).disconnected(node(end == a ? b : a), now);
      }
    }
  }

  void crash(int index, int keptGroups) {
    trace.add(node(index).name() + " crashes and keeps " + keptGroups + " groups");
    node(index).crash(keptGroups);
    for (int peer = 0; peer < size(); peer++) {
      disconnect(index, peer);
    }
  }

  void restart(int index) {
    trace.add(node(index).name() + " restarts");
    node(index).start(now);
    for (int peer = 0; peer < size(); peer++) {
      connect(index, peer);
    }
  }

  /** One who is no member listens: it may become one. */
  ReplicaNode join() {
    return begin(NodeId.of(size() + 1));
  }

  /**
   * A member's machine starts again with its id and nothing else, while its old process is asleep
   * with all its connections.
   */
  ReplicaNode lose(int index) {
    trace.add(node(index).name() + " loses its votes");
    node(index).fallAsleep();
    return begin(node(index).id);
  }

  private ReplicaNode begin(NodeId id) {
    ReplicaNode fresh = new ReplicaNode(this, size(), id, token(size()));
    nodes.add(fresh);
    restart(fresh.index);
    return fresh;
  }

  /** Has it the id of a member and not its votes, as far as it knows itself? */
  static boolean comesBack(ReplicaNode life) {
    Configuration newest = life.replica().configuration();
    return newest.indexOf(life.id) >= 0 && newest.indexOf(life.token) < 0;
  }

  /** May this member propose that this life gets its votes back, and did it not yet? */
  boolean mayGiveBack(ReplicaNode member, ReplicaNode life) {
    Configuration newest = member.replica().configuration();
    return newest.indexOf(member.token) >= 0
        && newest.indexOf(life.id) >= 0
        && newest.indexOf(life.token) < 0
        && member.replica().applied() >= newest.firstSlot()
        && !asked.contains(asked(member, life));
  }

  private static Asked asked(ReplicaNode member, ReplicaNode life) {
    long epoch = member.replica().configuration().epoch();
    return new Asked(member.index, member.runs(), life.index, epoch);
  }

  void giveBack(ReplicaNode member, ReplicaNode life) {
    asked.add(asked(member, life));
    trace.add(member.name() + " wants the votes of " + life.name() + " back");
    Configuration newest = member.replica().configuration();
    Token former = newest.members().get(newest.indexOf(life.id)).token();
    member.change(Change.reincarnation(newest, former, life.token), now);
  }

  /** The oldest frame from one to the other, or null. */
  @Nullable Frame next(int from, int to) {
    return link(from, to).peek();
  }

  /** What was delivered one frame at a time, in order. */
  List<Frame> delivered() {
    return delivered;
  }

  List<Frame> underWay(int from, int to) {
    return List.copyOf(link(from, to));
  }

  void deliver(int from, int to) {
    Frame frame = link(from, to).poll();
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
          node(frame.from()).name()
              + ">"
              + node(frame.to()).name()
              + " "
              + Trace.describe(frame.messages()));
    }
    node(frame.to()).receive(List.of(frame), now);
  }

  /** As to one that was paused: everything is received before anything is done about it. */
  void deliverAllAtOnce(int to) {
    List<Frame> waiting = new ArrayList<>();
    for (int from = 0; from < size(); from++) {
      waiting.addAll(link(from, to));
      link(from, to).clear();
    }
    waiting.sort(Comparator.comparingLong(Frame::number));
    node(to).receive(waiting, now);
  }

  /** Delivers the oldest frame once more, before itself. */
  void duplicate(int from, int to) {
    Frame frame = next(from, to);
    if (frame != null) {
      link(from, to).addFirst(frame);
    }
  }

  void drop(int from, int to) {
    link(from, to).poll();
  }

  /**
   * Lets time pass for everyone who is awake. Heartbeats are sent to those whom they can tell
   * something: who have applied less.
   */
  void tick(long nanos) {
    now += nanos;
    trace.add("time passes");
    for (ReplicaNode node : nodes) {
      if (node.up() && !node.asleep()) {
        node.flush();
        node.step(now);
        for (ReplicaNode peer : nodes) {
          if (peer.up() && !peer.asleep() && peer.replica().applied() < node.replica().applied()) {
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
          && !node(first.to()).asleep()
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

  /** Nothing is under way to anyone who is awake. */
  boolean quiet() {
    for (ArrayDeque<Frame> link : links) {
      Frame first = link.peek();
      if (first != null && !node(first.to()).asleep()) {
        return false;
      }
    }
    return true;
  }

  /** These have nothing to do, have applied the same and lack no votes. */
  static boolean settled(List<ReplicaNode> nodes) {
    for (ReplicaNode node : nodes) {
      if (!node.up()
          || !node.idle()
          || node.waitsForForce()
          || node.waitsForCompany()
          || comesBack(node)
          || node.replica().applied() != nodes.get(0).replica().applied()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Batches that someone who is awake holds, that nobody has applied, and whose origin is a member
   * and has not restarted since: they must be decided sometime.
   */
  Set<Long> outstanding() {
    Set<Long> ids = new TreeSet<>();
    for (ReplicaNode node : nodes) {
      if (node.up() && !node.asleep()) {
        ids.addAll(node.holds());
      }
    }
    ids.removeIf(id -> oracle.isApplied(id) || isGivenUp(oracle.madeBy(id)));
    return ids;
  }

  private boolean isGivenUp(ClusterOracle.Maker maker) {
    ReplicaNode node = node(maker.node());
    return node.runs() != maker.run() || node.asleep() || node.up() && !node.isMember();
  }
}
