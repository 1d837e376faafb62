package io.rabia.testing.explore;

import io.rabia.core.InvariantViolation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Bounded search over whole production replicas with logs, from a {@link Situation}. The plain run
 * always does what has waited longest. The search tries every run that departs from it a bounded
 * number of times, at any step, by any other thing that can happen: another delivery first, a crash
 * with or without the records that are not durable, a broken connection, a restart, time that
 * passes, another read. Each run goes on until everything is settled and whatever is held is
 * applied, and is replayed from its start: nothing is copied, so all cores search. The runs with
 * fewest departures come first. Which ones there are is deterministic.
 */
public final class ReplicaExplorer {

  /**
   * What was tried.
   *
   * @param paths runs
   * @param steps steps of all runs
   */
  public record Result(long paths, long steps) {}

  private static final int MAX_STEPS = 600;

  /** How many more commands each member gets before a batch that is not applied counts as lost. */
  private static final int MORE_COMMANDS = 2;

  private final Situation situation;
  private final int departures;
  private final int horizon;
  private final boolean repeats;
  private volatile boolean violated;

  /**
   * @param departures how often a run departs from the plain one
   * @param horizon only in the first so many steps
   * @param repeats may a departure also be a frame that comes again?
   */
  public ReplicaExplorer(Situation situation, int departures, int horizon, boolean repeats) {
    this.situation = situation;
    this.departures = departures;
    this.horizon = horizon;
    this.repeats = repeats;
  }

  /** Tries everything; an {@link InvariantViolation} tells a run that broke a rule. */
  public Result explore() {
    long paths = 0;
    long steps = 0;
    List<int[]> next = List.of(new int[0]);
    while (!next.isEmpty()) {
      List<Run> done =
          next.parallelStream()
              .filter(path -> !violated)
              .map(path -> new Run(path).toItsEnd(false))
              .toList();
      paths += done.size();
      steps += done.stream().mapToLong(run -> run.steps).sum();
      next = done.stream().flatMap(run -> run.longer.stream()).toList();
    }
    return new Result(paths, steps);
  }

  /** One run, from the situation to its end. */
  private final class Run {
    /** Pairs of a step and the move made there; the oldest move everywhere else. */
    private final int[] path;

    /** The same departures and one more, later. */
    private final List<int[]> longer = new ArrayList<>();

    private long steps;

    Run(int[] path) {
      this.path = path;
    }

    Run toItsEnd(boolean traced) {
      Scenario scenario = new Scenario(traced);
      try {
        scenario.play(situation.commands());
        ReplicaMoves moves = new ReplicaMoves(scenario, repeats);
        depart(moves);
        complete(scenario.cluster(), moves);
        return this;
      } catch (InvariantViolation violation) {
        violated = true;
        if (!traced) {
          new Run(path).toItsEnd(true);
        }
        throw new InvariantViolation(
            violation.getMessage()
                + "\n  "
                + situation
                + " "
                + Arrays.toString(path)
                + "\n  "
                + String.join("\n  ", scenario.cluster().trace().take()),
            violation);
      }
    }

    private void depart(ReplicaMoves moves) {
      int last = path.length == 0 ? -1 : path[path.length - 2];
      int used = 0;
      for (int step = 0; !moves.settled(); step++) {
        InvariantViolation.check(step < MAX_STEPS, "does not settle");
        if (used < path.length && path[used] == step) {
          moves.all().get(path[used + 1]).effect().run();
          used += 2;
        } else if (step > last && step < horizon && path.length < 2 * departures) {
          List<ReplicaMoves.Move> all = moves.all();
          branch(step, all.size());
          all.get(0).effect().run();
        } else {
          moves.oldest().effect().run();
        }
        steps++;
      }
    }

    private void branch(int step, int moves) {
      for (int choice = 1; choice < moves; choice++) {
        int[] departed = Arrays.copyOf(path, path.length + 2);
        departed[path.length] = step;
        departed[path.length + 1] = choice;
        longer.add(departed);
      }
    }

    /** Whatever is held must be decided when there is more to do. */
    private void complete(ReplicaCluster cluster, ReplicaMoves moves) {
      for (int more = 0; more < MORE_COMMANDS && !cluster.outstanding().isEmpty(); more++) {
        for (ReplicaNode node : moves.alive()) {
          node.submit("more", cluster.now());
          for (int step = 0; !moves.settled(); step++) {
            InvariantViolation.check(step < MAX_STEPS, "does not settle");
            moves.oldest().effect().run();
            steps++;
          }
        }
      }
      InvariantViolation.check(
          cluster.outstanding().isEmpty(), "a batch that is held is never decided");
    }
  }
}
