package io.rabia.testing.sim;

import java.util.List;
import java.util.function.Supplier;

/** What happens to disks, and to the power of their machines. One thread. */
final class DiskFaults {
  private final Simulation world;
  private final SimRandom random;
  private final Faults faults;

  DiskFaults(Simulation world, SimRandom random) {
    this.world = world;
    this.random = random;
    faults = world.faults();
  }

  private void say(Supplier<String> text) {
    world.trace().line("faults", text);
  }

  // ---- logs in files that are forced

  /** Passes over a node whose log is not. */
  void strike(Fault fault, SimNode victim, long lasts) {
    if (!victim.storage().hasPageCache()) {
      return;
    }
    switch (fault) {
      case POWER_AFTER_DEATH -> victim.doom().losePowerAfterDeath();
      case TORN_WRITE -> victim.doom().tearWrite();
      case FSYNC_FAILURE -> victim.doom().failForce();
      case DISK_FULL -> fill(victim, lasts);
      case BIT_FLIP -> flipBit(victim);
      default -> throw new IllegalStateException("no fault of such a log: " + fault);
    }
  }

  private void fill(SimNode node, long lasts) {
    say(() -> "DISK_FULL at node " + (node.index() + 1) + FaultDriver.forMillis(lasts));
    node.doom().fillDisk(true);
    world.clock().after(lasts, () -> node.doom().fillDisk(false));
  }

  /** Of up to f members, which must not come back by themselves. */
  private void flipBit(SimNode victim) {
    if (!world.isFormed() || !world.mayLeave() || victim.isLost()) {
      return;
    }
    boolean comesBack = !victim.isAlive();
    if (victim.isAlive()) {
      victim.crash(false);
    }
    if (victim.flipBit()) {
      faults.fired(Fault.BIT_FLIP);
    }
    if (!comesBack) {
      world.restartLater(victim);
    }
  }

  // ---- power

  /** Of all machines at once, also of those on which no process runs just now. */
  void cutPower() {
    say(() -> "POWER_CUT");
    faults.fired(Fault.POWER_CUT);
    for (int i = 0; i < world.size(); i++) {
      SimNode node = world.node(i);
      boolean comesBack = !node.isAlive();
      node.losePower();
      if (!comesBack) {
        world.restartLater(node);
      }
    }
  }

  /**
   * Up to f members whose logs are not forced lose what they wrote, or had closed them in order
   * before. Not during the first start, which needs all.
   */
  void reboot() {
    List<SimNode> victims = world.rebootable();
    if (victims.isEmpty() || !world.isFormed() || !world.mayLeave()) {
      return;
    }
    SimNode victim = victims.get(random.below(victims.size()));
    boolean comesBack = !victim.isAlive();
    if (victim.isAlive() && random.chance(0.5)) {
      victim.stop();
    }
    faults.fired(Fault.REBOOT);
    victim.reboot();
    if (!comesBack) {
      world.restartLater(victim);
    }
  }

  // ---- pace

  void slow(SimNode node, long lasts) {
    long nanos = random.magnitude(SimClock.MILLI, SimClock.SECOND);
    if (!node.storage().slow(nanos)) {
      return;
    }
    faults.fired(Fault.SLOW_DISK);
    say(
        () ->
            "SLOW_DISK of node "
                + (node.index() + 1)
                + FaultDriver.forMillis(lasts)
                + ", by "
                + nanos / SimClock.MILLI
                + " ms");
    world.clock().after(lasts, () -> node.storage().slow(0));
  }
}
