package io.rabia.testing.sim;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Lets the drawn faults strike at random times, for random times, until it is stopped. One thread.
 */
final class FaultDriver {
  private static final Set<Fault> BY_THEMSELVES =
      EnumSet.of(
          Fault.FORMATION,
          Fault.DRIFT,
          Fault.EXPIRY,
          Fault.LONG_PAUSE,
          Fault.THROW,
          Fault.COIN,
          Fault.SLOW_MEMBERS,
          Fault.DIFFER);
  private static final long LONG_CUT = 2 * SimClock.SECOND;
  private static final Set<Fault> OVER_AND_OVER =
      EnumSet.of(Fault.ORPHAN, Fault.PROPOSER, Fault.SPLIT, Fault.AWAY, Fault.OLD_COPY);

  private final Simulation world;
  private final SimRandom random;
  private final Faults faults;
  private final SimNetwork network;
  private final int n;
  private boolean stopped;
  private final Orphaning orphaning;
  private final Splitting splitting;
  private final MemberFaults members;
  private final DiskFaults disks;
  private final Absence absence;

  FaultDriver(Simulation world, SimRandom random) {
    this.world = world;
    this.random = random;
    faults = world.faults();
    network = world.network();
    n = world.size();
    orphaning = new Orphaning(world, random.fork());
    splitting = new Splitting(world);
    boolean changes = faults.has(Fault.MEMBERS) || faults.has(Fault.WIPE);
    members = new MemberFaults(world, changes ? random.fork() : random);
    absence = new Absence(world, new SimRandom(world.seed()));
    disks = new DiskFaults(world, random);
  }

  void start() {
    long quiet = 2 * SimClock.SECOND;
    if (faults.has(Fault.FORMATION)) {
      quiet = 0;
      world.clock().at(random.between(0, 200 * SimClock.MILLI), this::crashEarly);
    }
    if (faults.has(Fault.LONG_PAUSE)) {
      world.clock().at(world.nearEnd(), this::longPause);
    }
    if (faults.has(Fault.SLOW_MEMBERS)) {
      world.clock().at(quiet, this::slowMembers);
    }
    if (faults.has(Fault.DIFFER)) {
      world.clock().at(quiet + random.between(0, SimClock.SECOND), () -> differ(anyNode()));
    }
    for (Fault fault : faults.drawn()) {
      if (!BY_THEMSELVES.contains(fault)) {
        world.clock().at(quiet + random.between(0, SimClock.SECOND), () -> strikeAgain(fault));
      }
    }
  }

  void stop() {
    stopped = true;
    orphaning.stop();
    absence.stop();
    splitting.stop();
    members.stop();
  }

  Splitting splitting() {
    return splitting;
  }

  Orphaning orphaning() {
    return orphaning;
  }

  private void crashEarly() {
    SimNode victim = anyNode();
    if (victim.isAlive()) {
      faults.fired(Fault.FORMATION);
      crash(victim);
    } else {
      world.clock().after(10 * SimClock.MILLI, this::crashEarly);
    }
  }

  private void strikeAgain(Fault fault) {
    if (stopped) {
      return;
    }
    long lasts = random.magnitude(20 * SimClock.MILLI, 3 * SimClock.SECOND);
    strike(fault, lasts);
    world.clock().after(calm(fault, lasts), () -> strikeAgain(fault));
  }

  private long calm(Fault fault, long lasts) {
    if (OVER_AND_OVER.contains(fault)) {
      return random.magnitude(50 * SimClock.MILLI, SimClock.SECOND);
    }
    if (fault == Fault.JUMP) {
      return random.between(2 * SimClock.SECOND, 5 * SimClock.SECOND);
    }
    return lasts
        + (fault == Fault.POWER_CUT
            ? random.magnitude(SimClock.SECOND, 20 * SimClock.SECOND)
            : random.magnitude(200 * SimClock.MILLI, 5 * SimClock.SECOND));
  }

  private void strike(Fault fault, long lasts) {
    switch (fault) {
      case DROP -> spread(fault, lasts, way -> way.drop = random.magnitude(10, 400) / 1000.0);
      case BREAK -> {
        breakOne();
        spread(fault, lasts, way -> way.breakAt = random.magnitude(1, 30) / 1000.0);
      }
      case DUPLICATE -> spread(fault, lasts, way -> way.duplicate = random.unit() / 2);
      case REORDER -> spread(fault, lasts, way -> way.reorder = random.unit() / 2);
      case DELAY ->
          spread(
              fault,
              lasts,
              way -> way.extraDelay = random.magnitude(SimClock.MILLI, 100 * SimClock.MILLI));
      case CLOG -> clog(lasts + random.between(0, 2 * SimClock.SECOND));
      case PARTITION -> partition(lasts);
      case ONE_WAY -> oneWay(lasts);
      case BRIDGE -> {
        int a = random.below(n);
        cut(Fault.BRIDGE, List.of(a), List.of(another(a)), lasts);
      }
      case RING -> ring(lasts);
      case CRASH -> {
        SimNode victim = anyNode();
        if (victim.isAlive()) {
          faults.fired(fault);
          crash(victim);
        }
      }
      case CRASH_MID_CYCLE -> anyNode().doom().crashSoon(1 + random.below(40));
      case CRASH_ALL -> {
        faults.fired(fault);
        say(() -> "CRASH_ALL");
        IntStream.range(0, n).mapToObj(world::node).forEach(this::crash);
      }
      case POWER_AFTER_DEATH, TORN_WRITE, FSYNC_FAILURE, DISK_FULL, BIT_FLIP ->
          disks.strike(fault, anyNode(), lasts);
      case POWER_CUT -> disks.cutPower();
      case REBOOT -> disks.reboot();
      case SLOW_DISK -> disks.slow(anyNode(), lasts);
      case ORPHAN -> orphaning.begin(random.below(n), lasts);
      case PROPOSER -> {
        if (world.isComplete()) {
          anyNode().doom().dieProposing();
        }
      }
      case STOP -> stop(anyNode());
      case PAUSE -> pause(anyNode(), lasts);
      case JUMP -> jump(anyNode(), random.magnitude(10 * SimClock.MILLI, 100 * SimClock.SECOND));
      case SPLIT -> splitting.begin(lasts);
      case MEMBERS -> members.change();
      case WIPE -> members.wipe();
      case OLD_COPY -> world.oldCopies().strike(random);
      case AWAY -> absence.begin(anyNode());
      case DRIFT, EXPIRY, FORMATION, LONG_PAUSE, THROW, COIN, SLOW_MEMBERS, DIFFER ->
          throw new IllegalStateException("strikes by itself: " + fault);
    }
  }

  private void say(Supplier<String> text) {
    world.trace().line("faults", text);
  }

  static String forMillis(long nanos) {
    return " for " + nanos / SimClock.MILLI + " ms";
  }

  // ---- nodes

  private SimNode anyNode() {
    return world.node(random.below(n));
  }

  private void crash(SimNode node) {
    if (node.isAlive()) {
      node.crash(random.chance(0.5));
      world.restartLater(node);
    }
  }

  private void stop(SimNode node) {
    if (node.isAlive()) {
      faults.fired(Fault.STOP);
      node.stop();
      world.restartLater(node);
    }
  }

  private void pause(SimNode node, long lasts) {
    if (node.isAlive()) {
      faults.fired(Fault.PAUSE);
      world
          .trace()
          .lasts(
              node.index(), lasts, () -> "PAUSE of node " + (node.index() + 1) + forMillis(lasts));
      node.pause(lasts);
    }
  }

  private void jump(SimNode node, long nanos) {
    faults.fired(Fault.JUMP);
    say(
        () ->
            "JUMP of the clock of node "
                + (node.index() + 1)
                + " by "
                + nanos / SimClock.MILLI
                + " ms");
    world.logTimes().jumped(nanos);
    node.jump(nanos);
  }

  /** Once; not when too many would be away then. */
  private void longPause() {
    SimNode victim = anyNode();
    if (stopped) {
      return;
    }
    if (world.mayLeave() && victim.isAlive()) {
      faults.fired(Fault.LONG_PAUSE);
      long lasts = random.magnitude(SimClock.SECOND, 600 * SimClock.SECOND);
      say(() -> "LONG_PAUSE of node " + (victim.index() + 1) + forMillis(lasts));
      victim.pause(lasts);
      victim.leave();
    } else {
      world.clock().after(50 * SimClock.MILLI, this::longPause);
    }
  }

  private void slowMembers() {
    long nanos = random.magnitude(SimClock.MILLI, SimClock.SECOND);
    faults.fired(Fault.SLOW_MEMBERS);
    world.slowMembers().begin(nanos);
    for (int i = 0; i < world.slowMembers().count(); i++) {
      world.node(i).storage().slow(nanos);
    }
  }

  private void differ(SimNode node) {
    say(() -> "DIFFER: node " + (node.index() + 1));
    node.differ();
  }

  // ---- links

  private int another(int member) {
    return (member + 1 + random.below(n - 1)) % n;
  }

  private void breakOne() {
    int a = random.below(n);
    if (network.sever(a, another(a))) {
      faults.fired(Fault.BREAK);
    }
  }

  /** On one link, those of one member, or all. */
  private void spread(Fault fault, long lasts, Consumer<SimNetwork.Way> begin) {
    List<SimNetwork.Way> struck = new ArrayList<>();
    int kind = random.below(3);
    int member = random.below(n);
    int other = another(member);
    for (int from = 0; from < n; from++) {
      for (int to = 0; to < n; to++) {
        boolean hit =
            kind == 0
                || (kind == 1 ? from == member || to == member : from == member && to == other);
        if (from != to && hit) {
          struck.add(network.way(from, to));
        }
      }
    }
    say(() -> fault + " from " + ends(struck) + forMillis(lasts));
    struck.forEach(begin);
    world.clock().after(lasts, () -> struck.forEach(way -> way.end(fault)));
  }

  private String ends(List<SimNetwork.Way> ways) {
    if (ways.size() == n * (n - 1)) {
      return "all to all";
    }
    return ways.stream().map(SimNetwork.Way::toString).collect(Collectors.joining(", "));
  }

  private void clog(long lasts) {
    int from = random.below(n);
    SimNetwork.Way way = network.way(from, another(from));
    say(() -> "CLOG from " + way + forMillis(lasts));
    way.clogUntil = world.clock().now() + lasts;
  }

  private void partition(long lasts) {
    List<Integer> left = new ArrayList<>();
    List<Integer> right = new ArrayList<>();
    int alone = random.below(n);
    int other = another(alone);
    for (int i = 0; i < n; i++) {
      (i == alone || i != other && random.chance(0.2) ? left : right).add(i);
    }
    cut(Fault.PARTITION, left, right, lasts);
  }

  private void cut(Fault fault, List<Integer> left, List<Integer> right, long lasts) {
    boolean noticed = random.chance(0.5);
    List<SimNetwork.Way> struck = new ArrayList<>();
    for (int a : left) {
      for (int b : right) {
        struck.add(network.way(a, b));
        struck.add(network.way(b, a));
        if (noticed) {
          network.sever(a, b);
        }
      }
    }
    cut(fault, struck, lasts);
  }

  /** With no other fault, a quorum whose members all reach each other goes on. */
  private void requireProgress(Fault fault, long within) {
    long before = world.highestApplied();
    if (stopped) {
      return;
    }
    world
        .clock()
        .after(
            within - 1,
            () -> {
              if (!stopped && world.highestApplied() == before) {
                world.violations().add("nothing was applied under " + fault + " by those with Q");
              }
            });
  }

  private void ring(long lasts) {
    List<SimNetwork.Way> struck = new ArrayList<>();
    for (int from = 0; from < n; from++) {
      for (int to = 0; to < n; to++) {
        int apart = Math.abs(from - to);
        if (apart > 1 && apart < n - 1) {
          struck.add(network.way(from, to));
        }
      }
    }
    cut(Fault.RING, struck, lasts);
  }

  private void oneWay(long lasts) {
    int from = random.below(n);
    cut(Fault.ONE_WAY, List.of(network.way(from, another(from))), lasts);
  }

  private void cut(Fault fault, List<SimNetwork.Way> ways, long lasts) {
    world
        .trace()
        .lasts(
            SlotStory.NO_NODE,
            lasts,
            () -> fault + ", nothing passes from " + ends(ways) + forMillis(lasts));
    ways.forEach(way -> way.cut(fault));
    if (faults.drawn().size() == 1 && lasts >= LONG_CUT && network.joinsQuorum()) {
      world.clock().after(lasts / 2, () -> requireProgress(fault, lasts / 2));
    }
    world.clock().after(lasts, () -> ways.forEach(way -> way.end(fault)));
  }
}
