package io.rabia.testing.sim;

import io.rabia.engine.Member;
import java.util.List;
import java.util.Set;

/**
 * The end of a run: all faults end, all who are there come to rest with all that they were asked
 * for done, and what must hold then is checked. One thread.
 */
final class Healing {
  private static final long LIMIT = 30 * SimClock.SECOND;

  private final Simulation world;
  private final List<SimNode> nodes;
  private final List<SimClient> clients;
  private final Violations violations;

  Healing(Simulation world, List<SimNode> nodes, List<SimClient> clients) {
    this.world = world;
    this.nodes = nodes;
    this.clients = clients;
    violations = world.violations();
  }

  void run() {
    world.network().heal();
    for (SimNode node : nodes) {
      if (node.isGhost()) {
        node.retire();
      }
      node.resume();
      node.storage().slow(0);
      node.doom().spare();
      node.start();
    }
    clients.forEach(client -> client.finish(3));
    world.hosting().finish();
    List<SimNode> absent = nodes.stream().filter(SimNode::isAbsent).toList();
    rest();
    for (SimNode node : absent) {
      world.run(node.pausedUntil());
      node.comeBack();
    }
    if (!absent.isEmpty()) {
      rest();
    }
    if (violations.first() == null) {
      requireEverything();
    }
  }

  private void rest() {
    long limit = world.clock().now() + LIMIT;
    long next = world.clock().now();
    while (violations.first() == null && !quiescent()) {
      next += 10 * SimClock.MILLI;
      if (next > limit) {
        violations.add(
            nodes.stream().mapToLong(SimNode::applied).filter(a -> a >= 0).min().orElse(0),
            "not at rest 30 s after the last fault: "
                + nodes.stream().map(SimNode::describe).toList()
                + clients);
        return;
      }
      world.run(next);
    }
  }

  /**
   * What only such hold as have no vote nobody proposes; it goes with the table of its origin. So
   * nothing may be held by who has one.
   */
  private boolean quiescent() {
    List<SimNode> present =
        nodes.stream().filter(node -> !node.isOut() && !node.isAbsent()).toList();
    long applied = present.stream().mapToLong(SimNode::applied).max().orElse(0);
    for (SimNode node : present) {
      Member member = node.member();
      if (member == null
          || node.applied() != applied
          || node.isLost() && node.view().has(node.nodeId())
          || member.replica().busy()
          || member.replica().held() > 0 && !node.isLost()) {
        return false;
      }
    }
    return clients.stream().allMatch(SimClient::isDone);
  }

  private void requireEverything() {
    Outcomes outcomes = world.outcomes();
    outcomes.requireOneState();
    world.differing().require();
    requireFewForfeits();
    world.latencies().require(violations);
    world.slowMembers().require();
    world.hosting().require();
    for (SimNode node : nodes) {
      if (node.isOut()) {
        continue;
      }
      world.history().requireAnswered(node.index());
      Member member = node.member();
      if (member != null
          && member.replica().statistics().batches() > outcomes.batches(node.applied())) {
        long slot = outcomes.repeated(node.applied());
        violations.add(slot, node.index(), "applied again " + outcomes.earlier(slot));
      }
    }
  }

  /** At most a round a death, when proposers die and nothing else happens. */
  private void requireFewForfeits() {
    Faults faults = world.faults();
    long deaths = faults.count(Fault.PROPOSER);
    long forfeits = world.outcomes().forfeits();
    if (faults.drawn().equals(Set.of(Fault.PROPOSER)) && forfeits > nodes.size() * (deaths + 1)) {
      violations.add(forfeits + " slots were forfeited by " + deaths + " deaths");
    }
  }
}
