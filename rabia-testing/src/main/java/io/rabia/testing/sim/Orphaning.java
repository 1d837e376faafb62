package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes batches that lost their slots and whose owners are gone: {@link Fault#ORPHAN}. One thread.
 */
final class Orphaning {
  private static final int NOBODY = -1;

  private final Simulation world;
  private final SimRandom random;
  private int owner = NOBODY;
  private long batch = BatchId.NONE;
  private boolean stopped;

  Orphaning(Simulation world, SimRandom random) {
    this.world = world;
    this.random = random;
  }

  /** What this member sends arrives late for so long, or until it dies. */
  void begin(int member, long lasts) {
    if (owner != NOBODY || !world.mayLeave()) {
      return;
    }
    owner = member;
    batch = BatchId.NONE;
    long lag = random.between(5, 200) * SimClock.MILLI;
    List<SimNetwork.Way> ways = new ArrayList<>();
    for (int to = 0; to < world.size(); to++) {
      if (to != member) {
        ways.add(world.network().way(member, to));
      }
    }
    ways.forEach(way -> way.lag = lag);
    world.trace().line("faults", () -> "ORPHAN: node " + (member + 1) + " speaks late");
    world
        .clock()
        .after(
            lasts,
            () -> {
              ways.forEach(way -> way.end(Fault.ORPHAN));
              owner = NOBODY;
            });
  }

  void stop() {
    stopped = true;
  }

  /** A slot was decided for the first time. */
  void decided(long slot, long id) {
    if (owner == NOBODY || slot % world.size() != owner) {
      return;
    }
    long proposal = world.watch().proposal(slot, owner);
    if (BatchId.isBatch(proposal) && proposal != id) {
      batch = proposal;
    }
  }

  /** Another member received this from the owner. */
  void arrived(int from, Frame frame) {
    if (from == owner && batch != BatchId.NONE && frame.carries(batch)) {
      SimNode dying = world.node(owner);
      long orphan = batch;
      batch = BatchId.NONE;
      world.clock().after(0, () -> kill(dying, orphan));
    }
  }

  private void kill(SimNode dying, long orphan) {
    if (stopped || !dying.isAlive() || dying.isAbsent() || !world.mayLeave()) {
      return;
    }
    world.faults().fired(Fault.ORPHAN);
    world.trace().line("faults", () -> "ORPHAN: " + FrameText.id(orphan) + " has lost its slot");
    dying.crash(random.chance(0.5));
    if (world.clock().now() > world.nearEnd()) {
      dying.leave();
    } else {
      world.restartLater(dying);
    }
  }
}
