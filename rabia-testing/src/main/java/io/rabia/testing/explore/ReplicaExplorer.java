package io.rabia.testing.explore;

import io.rabia.core.InvariantViolation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Bounded search over whole production replicas with logs, from a {@link Situation}. The plain run
 * always does what has waited longest. The search tries every run that departs from it a bounded
 * number of times, at any step, by any other thing that can happen: another delivery first, a crash
 * with or without the records that are not durable, a broken connection, a restart, time that
 * passes, another read. A coin that is tossed shows either side, if the situation leaves that open.
 * Each run goes on until everything is settled and whatever is held is applied, and is replayed
 * from its start: nothing is copied, so all cores search. The runs with fewest departures come
 * first. Which ones there are is deterministic.
 */
public final class ReplicaExplorer {

  /** What a departure may be, or a run have, too. */
  public enum Also {
    /** A frame that was delivered comes once more, at any time. */
    OLD_FRAMES,
    /** A member loses its votes, and comes back under another token; its old process may wake. */
    LOST_VOTES,
    /**
     * Batches are sent ahead of the Proposes that wait for a force, whatever the situation says.
     */
    OFFERS
  }

  /**
   * What was tried.
   *
   * @param paths runs
   * @param steps steps of all runs
   * @param offers that left in any of them
   */
  public record Result(long paths, long steps, long offers) {}

  private record Toss(long slot, int phase) {}

  private static final int MAX_STEPS = 1_200;

  /** So often at most the coin shows the other side, in a run. */
  private static final int MOST_TURNS = 2;

  /** How many more commands each member gets before a batch that is not applied counts as lost. */
  private static final int MORE_COMMANDS = 2;

  private final Situation situation;
  private final int departures;
  private final int horizon;
  private final Set<Also> also;
  private volatile boolean violated;

  /**
   * @param departures how often a run departs from the plain one
   * @param horizon only in the first so many steps
   */
  public ReplicaExplorer(Situation situation, int departures, int horizon, Also... also) {
    this.situation = situation;
    this.departures = departures;
    this.horizon = horizon;
    this.also = Set.of(also);
  }

  /** Tries everything; an {@link InvariantViolation} tells a run that broke a rule. */
  public Result explore() {
    long paths = 0;
    long steps = 0;
    long offers = 0;
    List<int[]> next = List.of(new int[0]);
    while (!next.isEmpty()) {
      List<Run> done =
          next.parallelStream()
              .filter(path -> !violated)
              .map(path -> new Run(path).toItsEnd(false))
              .toList();
      paths += done.size();
      steps += done.stream().mapToLong(run -> run.steps).sum();
      offers += done.stream().mapToLong(run -> run.offers).sum();
      next = done.stream().flatMap(run -> run.longer.stream()).toList();
    }
    return new Result(paths, steps, offers);
  }

  /** One run, from the situation to its end. */
  private final class Run {
    /**
     * Pairs of a step and the move made there, or, negative, the toss in it whose other side is
     * shown; the oldest move everywhere else.
     */
    private final int[] path;

    private final int last;
    private final int turns;

    /** The same choices and one more, later. */
    private final List<int[]> longer = new ArrayList<>();

    private final Map<Toss, Boolean> tosses = new HashMap<>();
    private int used;
    private int step;
    private int tossesInStep;
    private boolean departing;
    private long steps;
    private long offers;

    Run(int[] path) {
      this.path = path;
      last = path.length == 0 ? -1 : path[path.length - 2];
      int negative = 0;
      for (int i = 1; i < path.length; i += 2) {
        negative += path[i] < 0 ? 1 : 0;
      }
      turns = negative;
    }

    Run toItsEnd(boolean traced) {
      Scenario scenario =
          new Scenario(
              traced,
              also.contains(Also.OFFERS),
              (epoch, slot, phase) -> toss(new Toss(slot, phase)));
      try {
        scenario.play(situation.commands());
        ReplicaMoves moves = new ReplicaMoves(scenario, also);
        depart(moves);
        complete(scenario.cluster(), moves);
        offers = scenario.cluster().oracle().offers();
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
      departing = true;
      for (step = 0; !moves.settled(); step++) {
        InvariantViolation.check(step < MAX_STEPS, "does not settle");
        tossesInStep = 0;
        if (used < path.length && path[used] == step && path[used + 1] >= 0) {
          used += 2;
          moves.all().get(path[used - 1]).effect().run();
        } else if (step > last && step < horizon && path.length / 2 - turns < departures) {
          List<ReplicaMoves.Move> all = moves.all();
          for (int choice = 1; choice < all.size(); choice++) {
            branch(choice);
          }
          all.get(0).effect().run();
        } else {
          moves.oldest().effect().run();
        }
        steps++;
      }
      departing = false;
    }

    private void branch(int choice) {
      int[] departed = Arrays.copyOf(path, path.length + 2);
      departed[path.length] = step;
      departed[path.length + 1] = choice;
      longer.add(departed);
    }

    /** V1 first, the same for all; in another run V0. */
    private boolean toss(Toss toss) {
      Boolean shown = tosses.get(toss);
      if (shown == null) {
        shown = !departing || showsV1();
        tosses.put(toss, shown);
      }
      return shown;
    }

    private boolean showsV1() {
      int choice = - ++tossesInStep;
      if (used < path.length && path[used] == step && path[used + 1] == choice) {
        used += 2;
        return false;
      }
      if (used == path.length && turns < MOST_TURNS) {
        branch(choice);
      }
      return true;
    }

    /** Whatever is held must be decided when there is more to do. */
    private void complete(ReplicaCluster cluster, ReplicaMoves moves) {
      for (int more = 0; more < MORE_COMMANDS && !cluster.outstanding().isEmpty(); more++) {
        for (ReplicaNode node : List.copyOf(moves.alive())) {
          if (node.isMember()) {
            node.submit("more", cluster.now());
            settle(moves);
          }
        }
      }
      InvariantViolation.check(
          cluster.outstanding().isEmpty(), "a batch that is held is never decided");
    }

    private void settle(ReplicaMoves moves) {
      for (int further = 0; !moves.settled(); further++) {
        InvariantViolation.check(further < MAX_STEPS, "does not settle");
        moves.oldest().effect().run();
        steps++;
      }
    }
  }
}
