package io.rabia.testing.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * Lets the drawn faults strike at random times, for random times, until it is stopped. One thread.
 */
final class FaultDriver {
  private final Simulation world;
  private final SimRandom random;
  private final Faults faults;
  private final SimNetwork network;
  private final int n;
  private boolean stopped;

  FaultDriver(Simulation world, SimRandom random) {
    this.world = world;
    this.random = random;
    faults = world.faults();
    network = world.network();
    n = world.size();
  }

  void start() {
    long quiet = faults.has(Fault.FORMATION) ? 0 : 2 * SimClock.SECOND;
    if (faults.has(Fault.FORMATION)) {
      long early = random.between(0, 200 * SimClock.MILLI);
      world
          .clock()
          .at(
              early,
              () -> {
                faults.fired(Fault.FORMATION);
                crash(random.below(n));
              });
    }
    for (Fault fault : faults.drawn()) {
      if (fault != Fault.FORMATION && fault != Fault.DRIFT && fault != Fault.EXPIRY) {
        world.clock().at(quiet + random.between(0, SimClock.SECOND), () -> strikeAgain(fault));
      }
    }
  }

  void stop() {
    stopped = true;
  }

  private void strikeAgain(Fault fault) {
    if (stopped) {
      return;
    }
    long lasts = random.magnitude(20 * SimClock.MILLI, 3 * SimClock.SECOND);
    strike(fault, lasts);
    world
        .clock()
        .after(
            lasts + random.magnitude(200 * SimClock.MILLI, 5 * SimClock.SECOND),
            () -> strikeAgain(fault));
  }

  private void strike(Fault fault, long lasts) {
    world.trace().line(() -> "fault " + fault + " for " + lasts / SimClock.MILLI + " ms");
    switch (fault) {
      case DROP ->
          spread(lasts, way -> way.drop = random.magnitude(10, 400) / 1000.0, way -> way.drop = 0);
      case BREAK -> {
        spread(
            lasts, way -> way.breakAt = random.magnitude(1, 30) / 1000.0, way -> way.breakAt = 0);
        if (n > 1 && network.sever(0, 1 + random.below(n - 1))) {
          faults.fired(Fault.BREAK);
        }
      }
      case DUPLICATE ->
          spread(lasts, way -> way.duplicate = random.unit() / 2, way -> way.duplicate = 0);
      case REORDER -> spread(lasts, way -> way.reorder = random.unit() / 2, way -> way.reorder = 0);
      case DELAY -> {
        faults.fired(fault);
        spread(
            lasts,
            way -> way.extraDelay = random.magnitude(SimClock.MILLI, 100 * SimClock.MILLI),
            way -> way.extraDelay = 0);
      }
      case CLOG -> {
        faults.fired(fault);
        long until = world.clock().now() + lasts + random.between(0, 2 * SimClock.SECOND);
        anyWay().clogUntil = until;
      }
      case PARTITION -> partition(lasts);
      case ONE_WAY -> oneWay(lasts);
      case BRIDGE -> {
        faults.fired(fault);
        int a = random.below(n);
        int b = (a + 1 + random.below(n - 1)) % n;
        cut(List.of(a), List.of(b), lasts);
      }
      case CRASH -> {
        faults.fired(fault);
        crash(random.below(n));
      }
      case CRASH_MID_CYCLE -> world.node(random.below(n)).crashSoon(1 + random.below(40));
      case CRASH_ALL -> {
        faults.fired(fault);
        for (int i = 0; i < n; i++) {
          crash(i);
        }
      }
      case PAUSE -> {
        faults.fired(fault);
        world.node(random.below(n)).pause(lasts);
      }
      case SLOW_DISK -> {
        faults.fired(fault);
        SimNode node = world.node(random.below(n));
        node.slowDisk(random.magnitude(SimClock.MILLI, SimClock.SECOND));
        world.clock().after(lasts, () -> node.slowDisk(0));
      }
      case DRIFT, EXPIRY, FORMATION ->
          throw new IllegalStateException("strikes by itself: " + fault);
    }
  }

  private interface Change {
    void on(SimNetwork.Way way);
  }

  private SimNetwork.Way anyWay() {
    int from = random.below(n);
    return network.way(from, (from + 1 + random.below(Math.max(1, n - 1))) % n);
  }

  /** On one link, those of one member, or all. */
  private void spread(long lasts, Change begin, Change end) {
    List<SimNetwork.Way> struck = new ArrayList<>();
    int kind = random.below(3);
    int member = random.below(n);
    int other = random.below(n);
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
    struck.forEach(begin::on);
    world.clock().after(lasts, () -> struck.forEach(end::on));
  }

  private void partition(long lasts) {
    List<Integer> left = new ArrayList<>();
    List<Integer> right = new ArrayList<>();
    int alone = random.below(n);
    for (int i = 0; i < n; i++) {
      (i == alone || random.chance(0.2) ? left : right).add(i);
    }
    faults.fired(Fault.PARTITION);
    cut(left, right, lasts);
  }

  private void cut(List<Integer> left, List<Integer> right, long lasts) {
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
    world.trace().line(() -> "cut " + left + " from " + right + (noticed ? ", noticed" : ""));
    struck.forEach(way -> way.cut = true);
    world.clock().after(lasts, () -> struck.forEach(way -> way.cut = false));
  }

  private void oneWay(long lasts) {
    SimNetwork.Way way = anyWay();
    faults.fired(Fault.ONE_WAY);
    way.cut = true;
    world.clock().after(lasts, () -> way.cut = false);
  }

  private void crash(int index) {
    SimNode node = world.node(index);
    if (node.isAlive()) {
      node.crash(random.chance(0.5));
      world.restartLater(node);
    }
  }
}
