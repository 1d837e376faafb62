package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.Results.FaultRun;
import io.rabia.benchmarks.cluster.Results.Figure;
import io.rabia.benchmarks.cluster.Results.Run;
import io.rabia.benchmarks.cluster.Results.Spread;
import io.rabia.benchmarks.cluster.Results.Work;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** All results for people: medians of the rounds, with their range. */
final class TextTable {
  private final Environment environment;
  private final Results results;
  private final Formatter out = new Formatter(Locale.ROOT);

  TextTable(Environment environment, Results results) {
    this.environment = environment;
    this.results = results;
  }

  String text() {
    environment.facts().forEach((name, fact) -> out.format("%-12s %s%n", name, fact));
    out.format("%n");
    results
        .figuresByName()
        .forEach(
            (name, figures) -> {
              Spread spread = Spread.of(figures.stream().map(Figure::value).toList());
              out.format(
                  "%-60s %,12.2f %s (%,.2f to %,.2f)%n",
                  name, spread.median(), figures.get(0).unit(), spread.low(), spread.high());
            });
    results.families().forEach(this::family);
    faults();
    out.format("%nTargets%n");
    Acceptance.of(results).forEach(line -> out.format("%s%n", line.text()));
    results.failures().forEach(failure -> out.format("%nFAILED %s%n", failure));
    return out.toString();
  }

  private void family(Work family) {
    out.format("%n");
    out.format(
        "%s%n%-8s %-7s %12s %25s %9s %9s %9s %7s %7s  %s%n",
        family,
        "clients",
        "system",
        "ops/s",
        "range",
        "p50 us",
        "p99 us",
        "p99.9 us",
        "resent",
        "errors",
        "Rabia is");
    for (Work work : results.works()) {
      if (work.family().equals(family)) {
        results.contenders().forEach(contender -> row(contender, work));
      }
    }
  }

  private void row(Contender contender, Work work) {
    Spread ops = results.spread(contender, work, LoadResult::opsPerSecond);
    if (ops == null) {
      return;
    }
    out.format(
        "%-8d %-7s %,12.0f %25s %,9.0f %,9.0f %,9.0f %7s %7d  %s%n",
        work.clients(),
        contender.id(),
        ops.median(),
        String.format(Locale.ROOT, "%,.0f to %,.0f", ops.low(), ops.high()),
        median(contender, work, LoadResult::p50),
        median(contender, work, LoadResult::p99),
        median(contender, work, LoadResult::p999),
        resent(results.runs(contender, work).stream().map(Run::result).toList()),
        results.errors(contender, work),
        contender.isPeer() ? compared(contender, work, ops) : "");
  }

  private double median(Contender contender, Work work, ToDoubleFunction<LoadResult> figure) {
    Spread spread = results.spread(contender, work, figure);
    return spread == null ? 0 : spread.median();
  }

  private static String resent(List<LoadResult> loads) {
    long sum = loads.stream().mapToLong(LoadResult::resent).sum();
    boolean counted = loads.stream().noneMatch(load -> load.resent() == Target.UNCOUNTED);
    return counted ? String.valueOf(sum) : "-";
  }

  /** How Rabia stands beside it; no ratio where either has errors. */
  private String compared(Contender peer, Work work, Spread ops) {
    String remark =
        Expectations.isRepresentative(peer, work, ops.median()) ? "" : "not representative";
    if (!results.isSound(peer, work) || !results.isSound(Contender.RABIA, work)) {
      return remark;
    }
    return String.format(
        Locale.ROOT,
        "%.2f x in ops/s, %.2f x in p50, %.2f x in p99%s",
        median(Contender.RABIA, work, LoadResult::opsPerSecond) / ops.median(),
        ratio(peer, work, LoadResult::p50),
        ratio(peer, work, LoadResult::p99),
        remark.isEmpty() ? "" : ", " + remark);
  }

  private double ratio(Contender peer, Work work, ToDoubleFunction<LoadResult> figure) {
    return median(Contender.RABIA, work, figure) / median(peer, work, figure);
  }

  private void faults() {
    if (results.faultRuns().isEmpty()) {
      return;
    }
    out.format("%n");
    out.format(
        "%-45s %15s %25s %7s %7s%n",
        "a member fails", "longest pause", "range", "resent", "errors");
    results.faultsByKind().forEach(this::fault);
  }

  private void fault(String kind, List<FaultRun> runs) {
    Spread pause = Spread.of(runs.stream().map(FaultRun::pauseMillis).toList());
    out.format(
        "%-45s %,12.1f ms %25s %7s %7d%n",
        kind,
        pause.median(),
        String.format(Locale.ROOT, "%,.1f to %,.1f", pause.low(), pause.high()),
        resent(runs.stream().map(FaultRun::result).toList()),
        runs.stream().mapToLong(run -> run.result().errors()).sum());
  }
}
