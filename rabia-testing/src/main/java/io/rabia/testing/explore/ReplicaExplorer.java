package io.rabia.testing.explore;

import io.rabia.core.CommonCoin;
import io.rabia.core.InvariantViolation;
import io.rabia.testing.explore.ReplicaNode.Frame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Bounded search over whole production replicas: three of them, with logs, two of them with a
 * command and one with a read. The plain run always does what has waited longest. The search tries
 * every run that departs from it a bounded number of times, at any step, by any other thing that
 * can happen: another delivery first, a crash with or without the records that are not durable, a
 * broken connection, a restart, time that passes, another read. Each run goes on until everything
 * is settled, and is replayed from its start: nothing is copied. Deterministic; one thread, one
 * use.
 */
public final class ReplicaExplorer {

  /**
   * What was tried.
   *
   * @param paths runs
   * @param steps steps of all runs
   */
  public record Result(long paths, long steps) {}

  private enum Move {
    FORCE,
    FLUSH,
    DELIVER,
    RESTART,
    TICK,
    CRASH_BUT_KEEP_ALL,
    CRASH,
    READ,
    RECONNECT
  }

  private record Option(long age, Move move, int a, int b) {}

  private static final int MAX_STEPS = 600;
  private static final long TICK = 6_000_000;
  private static final long NEVER = Long.MAX_VALUE;

  private final int departures;
  private final int horizon;
  private final CommonCoin coin;
  private final ArrayDeque<int[]> open = new ArrayDeque<>();
  private long steps;

  /**
   * @param departures how often a run departs from the plain one
   * @param horizon only in the first so many steps
   */
  public ReplicaExplorer(int departures, int horizon, CommonCoin coin) {
    this.departures = departures;
    this.horizon = horizon;
    this.coin = coin;
  }

  /** Tries everything; an {@link InvariantViolation} tells the run that broke a rule. */
  public Result explore() {
    long paths = 0;
    open.addLast(new int[0]);
    while (!open.isEmpty()) {
      run(open.removeLast(), false);
      paths++;
    }
    return new Result(paths, steps);
  }

  /** A run: pairs of a step and the option taken there; the first option everywhere else. */
  private void run(int[] path, boolean traced) {
    ReplicaCluster cluster = new ReplicaCluster(3, coin, traced);
    try {
      cluster.node(0).submit("a", cluster.now());
      cluster.node(1).submit("b", cluster.now());
      cluster.node(2).read(cluster.now());
      int last = path.length == 0 ? -1 : path[path.length - 2];
      int used = 0;
      for (int step = 0; !cluster.settled(); step++) {
        InvariantViolation.check(step < MAX_STEPS, "does not settle");
        List<Option> options = options(cluster);
        int choice = 0;
        if (used < path.length && path[used] == step) {
          choice = path[used + 1];
          used += 2;
        } else if (step > last && step < horizon && path.length < 2 * departures) {
          depart(path, step, options.size());
        }
        apply(cluster, options.get(choice));
        steps++;
      }
    } catch (InvariantViolation violation) {
      if (!traced) {
        run(path, true);
      }
      throw new InvariantViolation(
          violation.getMessage()
              + " in "
              + Arrays.toString(path)
              + "\n  "
              + String.join("\n  ", cluster.trace().take()),
          violation);
    }
  }

  private void depart(int[] path, int step, int options) {
    for (int choice = 1; choice < options; choice++) {
      int[] longer = Arrays.copyOf(path, path.length + 2);
      longer[path.length] = step;
      longer[path.length + 1] = choice;
      open.addLast(longer);
    }
  }

  /** What can happen, the oldest first; what is never due comes last. */
  private static List<Option> options(ReplicaCluster cluster) {
    List<Option> options = new ArrayList<>();
    boolean allUp = true;
    for (int a = 0; a < cluster.size(); a++) {
      ReplicaNode node = cluster.node(a);
      allUp &= node.up();
      if (node.up()) {
        alone(cluster, node, options);
      } else {
        options.add(new Option(NEVER - 1, Move.RESTART, a, a));
      }
      for (int b = 0; b < cluster.size(); b++) {
        Frame frame = cluster.next(a, b);
        if (frame != null) {
          options.add(new Option(frame.number(), Move.DELIVER, a, b));
        }
        if (a < b && cluster.connected(a, b)) {
          options.add(new Option(NEVER, Move.RECONNECT, a, b));
        }
      }
    }
    options.add(new Option(allUp ? NEVER - 1 : NEVER, Move.TICK, 0, 0));
    options.sort(Comparator.comparingLong(Option::age));
    return options;
  }

  private static void alone(ReplicaCluster cluster, ReplicaNode node, List<Option> options) {
    if (node.waitsForForce()) {
      options.add(new Option(0, Move.FORCE, node.index, node.index));
      options.add(new Option(NEVER, Move.CRASH_BUT_KEEP_ALL, node.index, node.index));
    }
    if (node.waitsForCompany()) {
      options.add(new Option(cluster.frames(), Move.FLUSH, node.index, node.index));
    }
    options.add(new Option(NEVER, Move.CRASH, node.index, node.index));
    options.add(new Option(NEVER, Move.READ, node.index, node.index));
  }

  private static void apply(ReplicaCluster cluster, Option option) {
    ReplicaNode node = cluster.node(option.a());
    switch (option.move()) {
      case FORCE -> node.force(cluster.now());
      case FLUSH -> node.flush();
      case DELIVER -> cluster.deliver(option.a(), option.b());
      case RESTART -> cluster.restart(option.a());
      case TICK -> cluster.tick(TICK);
      case CRASH_BUT_KEEP_ALL -> cluster.crash(option.a(), node.groups());
      case CRASH -> cluster.crash(option.a(), node.durableGroups());
      case READ -> node.read(cluster.now());
      case RECONNECT -> {
        cluster.disconnect(option.a(), option.b());
        cluster.connect(option.a(), option.b());
      }
    }
  }
}
