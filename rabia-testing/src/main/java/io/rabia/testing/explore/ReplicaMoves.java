package io.rabia.testing.explore;

import io.rabia.testing.explore.ReplicaNode.Frame;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What can happen next in a cluster that a {@link Scenario} has brought into a situation. What the
 * scenario blocked or made slow comes last of all that happens in no time; who was down stays down.
 * One thread.
 */
final class ReplicaMoves {

  /**
   * A thing that can happen.
   *
   * @param age lowest for what has waited longest
   */
  record Move(long age, Runnable effect) {}

  private static final long TICK = 6_000_000;
  private static final long NEVER = Long.MAX_VALUE;
  private static final long WHEN_QUIET = NEVER - 1;
  private static final long SLOW = NEVER - 2;

  private final Scenario scenario;
  private final ReplicaCluster cluster;
  private final boolean repeats;
  private final List<ReplicaNode> alive = new ArrayList<>();
  private final List<Move> moves = new ArrayList<>();

  /**
   * @param repeats can every frame come again, at any time?
   */
  ReplicaMoves(Scenario scenario, boolean repeats) {
    this.scenario = scenario;
    this.repeats = repeats;
    cluster = scenario.cluster();
    for (int i = 0; i < cluster.size(); i++) {
      if (cluster.node(i).up()) {
        alive.add(cluster.node(i));
      }
    }
  }

  /** Those that take part. */
  List<ReplicaNode> alive() {
    return alive;
  }

  /** Nothing is under way, everyone who takes part is up and has applied the same. */
  boolean settled() {
    return cluster.quiet() && ReplicaCluster.settled(alive);
  }

  /** What has waited longest. */
  Move oldest() {
    collect();
    Move oldest = moves.get(0);
    for (Move move : moves) {
      oldest = move.age() < oldest.age() ? move : oldest;
    }
    return oldest;
  }

  /** What can happen, the oldest first; what is never due comes last. Valid until the next call. */
  List<Move> all() {
    collect();
    if (repeats) {
      collectRepeats();
    }
    moves.sort(Comparator.comparingLong(Move::age));
    return moves;
  }

  private void collect() {
    moves.clear();
    boolean complete = true;
    for (ReplicaNode node : alive) {
      complete &= node.up();
      if (node.up()) {
        alone(node);
      } else {
        add(WHEN_QUIET, () -> cluster.restart(node.index));
      }
      for (ReplicaNode peer : alive) {
        between(node, peer);
      }
    }
    add(complete ? WHEN_QUIET : NEVER, () -> cluster.tick(TICK));
  }

  private void alone(ReplicaNode node) {
    if (node.waitsForForce()) {
      add(scenario.isSlow(node.index) ? SLOW : 0, () -> node.force(cluster.now()));
      add(NEVER, () -> cluster.crash(node.index, node.groups()));
    }
    if (node.waitsForCompany()) {
      add(cluster.frames(), node::flush);
    }
    add(NEVER, () -> cluster.crash(node.index, node.durableGroups()));
    add(NEVER, () -> node.read(cluster.now()));
  }

  private void between(ReplicaNode node, ReplicaNode peer) {
    int a = node.index;
    int b = peer.index;
    Frame frame = cluster.next(a, b);
    if (frame != null) {
      add(scenario.isBlocked(frame) ? SLOW : frame.number(), () -> cluster.deliver(a, b));
    }
    if (a < b && cluster.connected(a, b)) {
      add(NEVER, () -> reconnect(a, b));
    } else if (a < b && node.up() && peer.up()) {
      add(WHEN_QUIET, () -> cluster.connect(a, b));
    }
  }

  private void reconnect(int a, int b) {
    cluster.disconnect(a, b);
    cluster.connect(a, b);
  }

  private void collectRepeats() {
    for (Frame frame : cluster.delivered()) {
      if (cluster.node(frame.to()).up()) {
        add(NEVER, () -> cluster.deliverAgain(frame));
      }
    }
  }

  private void add(long age, Runnable effect) {
    moves.add(new Move(age, effect));
  }
}
