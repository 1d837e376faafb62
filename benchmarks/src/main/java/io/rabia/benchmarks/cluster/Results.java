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

  /** A load without regard to who bears it. {@code rate} is 0 for a closed loop. */
  record Work(Durability durability, Operation operation, int valueSize, int clients, double rate) {

    /** The same but for the number of clients. */
    Work family() {
      return new Work(durability, operation, valueSize, 0, rate);
    }

    @Override
    public String toString() {
      return durability.name().toLowerCase(Locale.ROOT)
          + " "
          + operation.name().toLowerCase(Locale.ROOT)
          + " "
          + valueSize
          + " B"
          + (rate > 0 ? String.format(Locale.ROOT, " at %,.0f/s", rate) : "");
    }
  }

  /** One load of one system. */
  record Run(Contender contender, Work work, int round, LoadResult result) {}

  /**
   * What happened when a member failed.
   *
   * @param leader whether it was the leader; false for a follower, and where there is no leader
   * @param at when, seconds into the timeline
   * @param pauseMillis longest time without an answer to clients of the others
   */
  record FaultRun(
      Contender contender,
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
          + ", "
          + durability.name().toLowerCase(Locale.ROOT);
    }
  }

  /** A single figure: a floor, or a throughput without clients. */
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
  private int failures;

  void add(Run run) {
    runs.add(run);
  }

  void add(FaultRun run) {
    faultRuns.add(run);
  }

  void add(Figure figure) {
    figures.add(figure);
  }

  /** A run that came to nothing. */
  void failed() {
    failures++;
  }

  int failures() {
    return failures;
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

  /** The loads, in the order in which they were first run. */
  Set<Work> works() {
    Set<Work> works = new LinkedHashSet<>();
    runs.forEach(run -> works.add(run.work()));
    return works;
  }

  List<Contender> contenders() {
    return List.of(Contender.values()).stream()
        .filter(c -> runs.stream().anyMatch(run -> run.contender() == c))
        .toList();
  }

  @Nullable Spread spread(Contender contender, Work work, ToDoubleFunction<LoadResult> figure) {
    List<Double> values =
        runs.stream()
            .filter(run -> run.contender() == contender && run.work().equals(work))
            .map(run -> figure.applyAsDouble(run.result()))
            .toList();
    return values.isEmpty() ? null : Spread.of(values);
  }

  long errors(Contender contender, Work work) {
    return runs.stream()
        .filter(run -> run.contender() == contender && run.work().equals(work))
        .mapToLong(run -> run.result().errors())
        .sum();
  }

  /** The highest median throughput in a closed loop, whatever the number of clients; 0 if none. */
  double highest(Contender contender, Work family) {
    return works().stream()
        .filter(work -> work.family().equals(family))
        .map(work -> spread(contender, work, LoadResult::opsPerSecond))
        .filter(spread -> spread != null)
        .mapToDouble(Spread::median)
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
}
