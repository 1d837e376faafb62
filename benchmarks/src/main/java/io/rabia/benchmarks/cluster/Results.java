package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.BenchOptions.Fault;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Everything that was measured. One thread. */
final class Results {

  /**
   * A load without regard to who bears it.
   *
   * @param ratedBy in an open loop, the system of whose highest throughput the rate is a share
   */
  record Work(
      int nodes,
      Durability durability,
      Operation operation,
      int valueSize,
      int clients,
      @Nullable Contender ratedBy) {

    /** A closed loop over three members. */
    static Work closed(Durability durability, Operation operation, int valueSize, int clients) {
      return new Work(3, durability, operation, valueSize, clients, null);
    }

    /** The same with so many clients. */
    Work with(int otherClients) {
      return new Work(nodes, durability, operation, valueSize, otherClients, ratedBy);
    }

    /** The same but for the number of clients. */
    Work family() {
      return with(0);
    }

    /** The same as an open loop. */
    Work open(int openClients, Contender rated) {
      return new Work(nodes, durability, operation, valueSize, openClients, rated);
    }

    @Override
    public String toString() {
      return nodes
          + " nodes, "
          + durability.name().toLowerCase(Locale.ROOT)
          + " "
          + operation.name().toLowerCase(Locale.ROOT)
          + " "
          + valueSize
          + " B"
          + (ratedBy == null ? "" : ", open loop at a share of " + ratedBy.id());
    }
  }

  /**
   * One load of one system.
   *
   * @param rate requests a second in an open loop, 0 in a closed one
   */
  record Run(Contender contender, Work work, int round, double rate, LoadResult result) {}

  /**
   * What happened when a member failed.
   *
   * @param leader whether it was the leader; false for a follower, and where there is no leader
   * @param at when, seconds into the timeline
   * @param pauseMillis longest time without an answer to clients of the others
   */
  record FaultRun(
      Contender contender,
      int nodes,
      Durability durability,
      Fault fault,
      boolean leader,
      int round,
      double at,
      double pauseMillis,
      LoadResult result) {

    String what() {
      String who = contender.isPeer() ? leader ? "leader" : "follower" : "any member";
      return fault.name().toLowerCase(Locale.ROOT)
          + " of "
          + who
          + " of "
          + nodes
          + ", "
          + durability.name().toLowerCase(Locale.ROOT);
    }
  }

  /** A single figure: a floor, or what is measured without clients. */
  record Figure(String name, String unit, double value, int round) {}

  /** Median and range over the rounds. */
  record Spread(double median, double low, double high) {
    static Spread of(List<Double> values) {
      List<Double> sorted = values.stream().sorted().toList();
      int middle = sorted.size() / 2;
      double median =
          sorted.size() % 2 == 1
              ? sorted.get(middle)
              : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
      return new Spread(median, sorted.get(0), sorted.get(sorted.size() - 1));
    }
  }

  private final List<Run> runs = new ArrayList<>();
  private final List<FaultRun> faultRuns = new ArrayList<>();
  private final List<Figure> figures = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();

  void add(Run run) {
    runs.add(run);
  }

  void add(FaultRun run) {
    faultRuns.add(run);
  }

  void add(Figure figure) {
    figures.add(figure);
  }

  /** Something that came to nothing. */
  void failed(String what) {
    failures.add(what);
  }

  List<String> failures() {
    return failures;
  }

  /** Whether nothing came to nothing and no request failed. */
  boolean isClean() {
    return failures.isEmpty()
        && runs.stream().allMatch(run -> run.result().errors() == 0)
        && faultRuns.stream().allMatch(run -> run.result().errors() == 0);
  }

  List<Run> runs() {
    return runs;
  }

  List<FaultRun> faultRuns() {
    return faultRuns;
  }

  List<Figure> figures() {
    return figures;
  }

  /** The loads, by family in the order in which they were first run, few clients first. */
  List<Work> works() {
    Map<Work, Set<Integer>> clients = new LinkedHashMap<>();
    for (Run run : runs) {
      Work family = run.work().family();
      clients.computeIfAbsent(family, f -> new LinkedHashSet<>()).add(run.work().clients());
    }
    List<Work> works = new ArrayList<>();
    clients.forEach(
        (family, counts) ->
            counts.stream().sorted().forEach(count -> works.add(family.with(count))));
    return works;
  }

  List<Work> families() {
    return works().stream().map(Work::family).distinct().toList();
  }

  List<Contender> contenders() {
    return List.of(Contender.values()).stream()
        .filter(c -> runs.stream().anyMatch(run -> run.contender() == c))
        .toList();
  }

  List<Run> runs(Contender contender, Work work) {
    return runs.stream()
        .filter(run -> run.contender() == contender && run.work().equals(work))
        .toList();
  }

  @Nullable Spread spread(Contender contender, Work work, ToDoubleFunction<LoadResult> figure) {
    List<Double> values =
        runs(contender, work).stream().map(run -> figure.applyAsDouble(run.result())).toList();
    return values.isEmpty() ? null : Spread.of(values);
  }

  long errors(Contender contender, Work work) {
    return runs(contender, work).stream().mapToLong(run -> run.result().errors()).sum();
  }

  /** Whether its figures may stand in a ratio: in no round an error, or nothing at all. */
  boolean isSound(Contender contender, Work work) {
    List<Run> rounds = runs(contender, work);
    return !rounds.isEmpty()
        && rounds.stream().allMatch(r -> r.result().errors() == 0 && r.result().completed() > 0);
  }

  /**
   * The highest throughput of a round in a closed loop of so many clients at most, without an
   * error; 0 if there is none.
   */
  double highest(Contender contender, Work family, int round, int clients) {
    return runs.stream()
        .filter(run -> run.contender() == contender && run.round() == round)
        .filter(run -> run.work().clients() <= clients)
        .filter(run -> run.work().family().equals(family) && run.result().errors() == 0)
        .mapToDouble(run -> run.result().opsPerSecond())
        .max()
        .orElse(0);
  }

  /** The runs with a failing member, by system and what failed. */
  Map<String, List<FaultRun>> faultsByKind() {
    Map<String, List<FaultRun>> kinds = new LinkedHashMap<>();
    for (FaultRun run : faultRuns) {
      kinds
          .computeIfAbsent(run.contender().id() + ": " + run.what(), kind -> new ArrayList<>())
          .add(run);
    }
    return kinds;
  }

  /** The figures by name. */
  Map<String, List<Figure>> figuresByName() {
    Map<String, List<Figure>> named = new LinkedHashMap<>();
    for (Figure figure : figures) {
      named.computeIfAbsent(figure.name(), name -> new ArrayList<>()).add(figure);
    }
    return named;
  }

  @Nullable Spread figure(String name) {
    List<Figure> found = figures.stream().filter(figure -> figure.name().equals(name)).toList();
    return found.isEmpty() ? null : Spread.of(found.stream().map(Figure::value).toList());
  }
}
