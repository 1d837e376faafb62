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

  private record Option(long age, String text, Runnable action) {}

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
      run(open.removeLast());
      paths++;
    }
    return new Result(paths, steps);
  }

  /** A run: pairs of a step and the option taken there; the first option everywhere else. */
  private void run(int[] path) {
    ReplicaCluster cluster = new ReplicaCluster(3, coin, false);
    List<String> done = new ArrayList<>();
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
        say(done, options.get(choice).text());
        options.get(choice).action().run();
        steps++;
      }
    } catch (InvariantViolation violation) {
      throw new InvariantViolation(
          violation.getMessage()
              + " in "
              + Arrays.toString(path)
              + "\n  "
              + String.join("\n  ", done),
          violation);
    }
  }

  private static void say(List<String> done, String what) {
    if (done.isEmpty() || !done.get(done.size() - 1).startsWith(what)) {
      done.add(what);
    } else if (!done.get(done.size() - 1).endsWith("...")) {
      done.set(done.size() - 1, what + " ...");
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
  private List<Option> options(ReplicaCluster cluster) {
    List<Option> options = new ArrayList<>();
    boolean allUp = true;
    for (int a = 0; a < cluster.size(); a++) {
      ReplicaNode node = cluster.node(a);
      allUp &= node.up();
      if (node.up()) {
        alone(cluster, node, options);
      } else {
        options.add(
            new Option(NEVER - 1, node.name() + " restarts", () -> cluster.restart(node.index)));
      }
      for (int b = 0; b < cluster.size(); b++) {
        between(cluster, a, b, options);
      }
    }
    options.add(new Option(allUp ? NEVER - 1 : NEVER, "time passes", () -> cluster.tick(TICK)));
    options.sort(Comparator.comparingLong(Option::age));
    return options;
  }

  private static void alone(ReplicaCluster cluster, ReplicaNode node, List<Option> options) {
    char name = node.name();
    if (node.waitsForForce()) {
      options.add(new Option(0, name + " forces", () -> node.force(cluster.now())));
      options.add(
          new Option(
              NEVER,
              name + " crashes and keeps " + node.groups() + " groups",
              () -> cluster.crash(node.index, node.groups())));
    }
    if (node.waitsForCompany()) {
      options.add(new Option(cluster.frames(), name + " flushes", node::flush));
    }
    options.add(
        new Option(
            NEVER,
            name + " crashes and keeps " + node.durableGroups() + " groups",
            () -> cluster.crash(node.index, node.durableGroups())));
    options.add(new Option(NEVER, name + " is read", () -> node.read(cluster.now())));
  }

  private static void between(ReplicaCluster cluster, int a, int b, List<Option> options) {
    String names = cluster.node(a).name() + ">" + cluster.node(b).name();
    Frame frame = cluster.next(a, b);
    if (frame != null) {
      options.add(
          new Option(
              frame.number(),
              names + " " + Trace.describe(frame.messages()),
              () -> cluster.deliver(a, b)));
    }
    if (a < b && cluster.connected(a, b)) {
      options.add(
          new Option(
              NEVER,
              names + " breaks and is made again",
              () -> {
                cluster.disconnect(a, b);
                cluster.connect(a, b);
              }));
    }
  }
}
