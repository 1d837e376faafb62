package io.rabia.testing.sim;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Members that come back with an older copy of their disk: {@link Fault#OLD_COPY}. It can be found
 * out only by who has seen more of that log and still runs, so it is tried while all others do, and
 * called off when one of them starts anew before. Until then nobody is connected with it, so nobody
 * has heard anything of it. One thread.
 */
final class OldCopies {
  private static final double PUT_BACK = 0.5;

  /** What was durable then, so many groups. */
  private record Copy(Storage disk, long position, long at) {}

  private final Simulation world;
  private final @Nullable Copy[] copies;

  /** How much each process has seen of each log under its present token. */
  private final long[][] seen;

  OldCopies(Simulation world, int n) {
    this.world = world;
    copies = new Copy[n];
    seen = new long[n][n];
  }

  /** A process hears how much of another one's log is durable. */
  void sees(int by, int of, long position) {
    seen[by][of] = Math.max(seen[by][of], position);
  }

  /** A process begins: it has seen nothing. */
  void starts(SimNode node) {
    Arrays.fill(seen[node.index()], 0);
    nodes().filter(other -> other != node && other.isOutdated()).forEach(this::callOff);
  }

  private void callOff(SimNode node) {
    world
        .trace()
        .line("faults", () -> "OLD_COPY: node " + (node.index() + 1) + " has its own disk");
    node.takeBack();
    world.restartLater(node);
  }

  /** It has other votes from now on. */
  void loses(SimNode node) {
    copies[node.index()] = null;
    for (long[] of : seen) {
      of[node.index()] = 0;
    }
  }

  /** Now and then puts a copy back, else takes one for later of who has none. */
  void strike(SimRandom random) {
    List<SimNode> old = nodes().filter(this::mayComeBack).toList();
    List<SimNode> fresh =
        nodes()
            .filter(node -> node.isServing() && !node.isGhost() && copies[node.index()] == null)
            .toList();
    if (!old.isEmpty() && random.chance(PUT_BACK) && isNext(world.faults())) {
      putBack(old.get(random.below(old.size())));
    } else if (!fresh.isEmpty()) {
      SimNode node = fresh.get(random.below(fresh.size()));
      long now = world.clock().now();
      copies[node.index()] = new Copy(node.storage().copy(), node.logPosition(), now);
    }
  }

  /** Where disks are lost as well, which needs everybody to be there, too, that has its turn. */
  private static boolean isNext(Faults faults) {
    return !faults.has(Fault.WIPE) || faults.count(Fault.OLD_COPY) <= faults.count(Fault.WIPE);
  }

  private boolean mayComeBack(SimNode node) {
    Copy copy = copies[node.index()];
    return copy != null
        && !node.isOut()
        && !node.isGhost()
        && !node.isAbsent()
        && world.mayLeave()
        && nodes()
            .filter(other -> other != node && !other.isOut())
            .allMatch(
                other ->
                    other.isAlive()
                        && !other.isGhost()
                        && seen[other.index()][node.index()] > copy.position());
  }

  private void putBack(SimNode node) {
    int index = node.index();
    Copy copy = Objects.requireNonNull(copies[index]);
    copies[index] = null;
    world
        .trace()
        .line(
            "faults",
            () ->
                "OLD_COPY: node "
                    + (index + 1)
                    + " finds its disk as it was "
                    + (world.clock().now() - copy.at()) / SimClock.MILLI
                    + " ms ago, with "
                    + copy.position()
                    + " groups");
    node.putBack(copy.disk());
    world.restartLater(node);
  }

  private Stream<SimNode> nodes() {
    return IntStream.range(0, world.size()).mapToObj(world::node);
  }
}
