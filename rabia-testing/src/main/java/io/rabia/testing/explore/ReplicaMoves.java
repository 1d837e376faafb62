package io.rabia.testing.explore;

import io.rabia.testing.explore.ReplicaNode.Frame;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What can happen next in a cluster that a {@link Scenario} has brought into a situation. What the
 * scenario blocked or made slow comes last of all that happens in no time; who was down stays down.
 * Who is asleep hears nothing, unless it wakes for once; what it sent is still on its way. One
 * thread.
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
  private static final int LEAST_TO_RECOVER = 3;

  private final Scenario scenario;
  private final ReplicaCluster cluster;
  private final Set<ReplicaExplorer.Also> also;
  private final Set<ReplicaNode> dead = new HashSet<>();
  private final List<ReplicaNode> alive = new ArrayList<>();
  private final List<Move> moves = new ArrayList<>();

  ReplicaMoves(Scenario scenario, Set<ReplicaExplorer.Also> also) {
    this.scenario = scenario;
    this.also = also;
    cluster = scenario.cluster();
    cluster.nodes().stream().filter(node -> !node.up()).forEach(dead::add);
  }

  /** Those that take part. */
  List<ReplicaNode> alive() {
    alive.clear();
    for (ReplicaNode node : cluster.nodes()) {
      if (!node.asleep() && !dead.contains(node)) {
        alive.add(node);
      }
    }
    return alive;
  }

  /** Nothing is under way, everyone who takes part is up and has applied the same. */
  boolean settled() {
    return cluster.quiet() && ReplicaCluster.settled(alive());
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
    if (also.contains(ReplicaExplorer.Also.OLD_FRAMES)) {
      collectRepeats();
    }
    if (also.contains(ReplicaExplorer.Also.LOST_VOTES)) {
      collectLosses();
    }
    moves.sort(Comparator.comparingLong(Move::age));
    return moves;
  }

  private void collect() {
    moves.clear();
    boolean complete = true;
    for (ReplicaNode node : alive()) {
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
    for (ReplicaNode node : cluster.nodes()) {
      if (node.asleep() && node.up()) {
        ofSleeper(node);
      }
    }
    collectReturns();
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
    delivery(a, b);
    if (a < b && cluster.connected(a, b)) {
      add(NEVER, () -> reconnect(a, b));
    } else if (a < b && node.up() && peer.up() && !node.id.equals(peer.id)) {
      add(WHEN_QUIET, () -> cluster.connect(a, b));
    }
  }

  private void delivery(int from, int to) {
    Frame frame = cluster.next(from, to);
    if (frame != null) {
      add(scenario.isBlocked(frame) ? SLOW : frame.number(), () -> cluster.deliver(from, to));
    }
  }

  private void reconnect(int a, int b) {
    cluster.disconnect(a, b);
    cluster.connect(a, b);
  }

  private void ofSleeper(ReplicaNode sleeper) {
    boolean called = false;
    for (ReplicaNode peer : alive) {
      delivery(sleeper.index, peer.index);
      called |= cluster.next(peer.index, sleeper.index) != null;
    }
    if (sleeper.waitsForForce()) {
      add(0, () -> sleeper.force(cluster.now()));
    }
    if (called) {
      add(NEVER, () -> cluster.deliverAllAtOnce(sleeper.index));
    }
  }

  /** The first member proposes it as soon as nothing else happens, the others may as well. */
  private void collectReturns() {
    long age = WHEN_QUIET;
    for (ReplicaNode life : alive) {
      for (ReplicaNode member : alive) {
        if (life.up() && member.up() && cluster.mayGiveBack(member, life)) {
          add(age, () -> cluster.giveBack(member, life));
          age = NEVER;
        }
      }
    }
  }

  private void collectRepeats() {
    for (Frame frame : cluster.delivered()) {
      if (cluster.node(frame.to()).up()) {
        add(NEVER, () -> cluster.deliverAgain(frame));
      }
    }
  }

  /** Never more than one that lacks its votes or is down for good. */
  private void collectLosses() {
    if (!dead.isEmpty() || cluster.size() == ReplicaCluster.MOST) {
      return;
    }
    for (ReplicaNode node : alive) {
      if (!node.up() || node.index >= cluster.founders().size() && !votes(node)) {
        return;
      }
    }
    for (ReplicaNode node : alive) {
      if (votes(node) && node.replica().governing().size() >= LEAST_TO_RECOVER) {
        add(NEVER, () -> cluster.lose(node.index));
      }
    }
  }

  private static boolean votes(ReplicaNode node) {
    return node.replica().governing().indexOf(node.token) >= 0;
  }

  private void add(long age, Runnable effect) {
    moves.add(new Move(age, effect));
  }
}
