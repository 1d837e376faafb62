package io.rabia.testing.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * Keeps a member away, dead, cut off or paused, until the others have gone on so far that they have
 * let go of what it lacks: {@link Fault#AWAY}. One thread.
 */
final class Absence {
  private static final long LOOK = 50 * SimClock.MILLI;
  private static final long LONGEST = 50 * SimClock.SECOND;

  private final Simulation world;
  private final SimRandom random;
  private boolean away;
  private boolean stopped;

  Absence(Simulation world, SimRandom random) {
    this.world = world;
    this.random = random;
  }

  void stop() {
    stopped = true;
  }

  void begin(SimNode node) {
    if (away || !node.isAlive() || !world.mayLeave()) {
      return;
    }
    away = true;
    int how = random.below(3);
    long slots = random.between(350, 450);
    world
        .trace()
        .line(
            "faults",
            () ->
                "AWAY: node "
                    + (node.index() + 1)
                    + List.of(" dies", " is cut off", " stands still").get(how)
                    + " for "
                    + slots
                    + " slots");
    List<SimNetwork.Way> ways = how == 1 ? waysOf(node) : List.of();
    ways.forEach(way -> way.cut(Fault.PARTITION));
    if (how == 0) {
      node.crash(random.chance(0.5));
      node.leave();
    } else if (how == 2) {
      node.pause(LONGEST);
      node.leave();
    }
    look(node, ways, world.highestApplied() + slots, world.clock().now() + LONGEST);
  }

  private List<SimNetwork.Way> waysOf(SimNode node) {
    List<SimNetwork.Way> ways = new ArrayList<>();
    for (int other = 0; other < world.size(); other++) {
      if (other != node.index()) {
        ways.add(world.network().way(node.index(), other));
        ways.add(world.network().way(other, node.index()));
      }
    }
    return ways;
  }

  private void look(SimNode node, List<SimNetwork.Way> ways, long slots, long latest) {
    world
        .clock()
        .after(
            LOOK,
            () -> {
              if (stopped) {
                return; // it comes back when all else has healed
              }
              if (world.highestApplied() < slots && world.clock().now() < latest) {
                look(node, ways, slots, latest);
                return;
              }
              away = false;
              ways.forEach(way -> way.end(Fault.PARTITION));
              if (node.isAbsent()) {
                node.comeBack();
                node.resume();
              }
            });
  }
}
