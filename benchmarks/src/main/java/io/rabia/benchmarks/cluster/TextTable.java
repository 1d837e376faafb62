package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.Results.FaultRun;
import io.rabia.benchmarks.cluster.Results.Figure;
import io.rabia.benchmarks.cluster.Results.Spread;
import io.rabia.benchmarks.cluster.Results.Work;
import java.util.Formatter;
import java.util.Locale;

/** All results for people: medians of the rounds, with their range. */
final class TextTable {
  private final Results results;
  private final Formatter out = new Formatter(Locale.ROOT);

  TextTable(Results results) {
    this.results = results;
  }

  String text() {
    results
        .figuresByName()
        .forEach(
            (name, figures) -> {
              Spread spread = Spread.of(figures.stream().map(Figure::value).toList());
              out.format(
                  "%-60s %,12.1f %s (%,.1f to %,.1f)%n",
                  name, spread.median(), figures.get(0).unit(), spread.low(), spread.high());
            });
    results.works().stream().map(Work::family).distinct().forEach(this::family);
    faults();
    return out.toString();
  }

  private void family(Work family) {
    out.format("%n");
    out.format(
        "%s%n%-8s %-7s %12s %25s %9s %9s %9s %7s  %s%n",
        family,
        "clients",
        "system",
        "ops/s",
        "range",
        "p50 us",
        "p99 us",
        "p99.9 us",
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
    Spread p50 = results.spread(contender, work, LoadResult::p50);
    Spread p99 = results.spread(contender, work, LoadResult::p99);
    Spread p999 = results.spread(contender, work, LoadResult::p999);
    if (ops == null || p50 == null || p99 == null || p999 == null) {
      return;
    }
    out.format(
        "%-8d %-7s %,12.0f %25s %,9.0f %,9.0f %,9.0f %7d  %s%n",
        work.clients(),
        contender.id(),
        ops.median(),
        String.format(Locale.ROOT, "%,.0f to %,.0f", ops.low(), ops.high()),
        p50.median(),
        p99.median(),
        p999.median(),
        results.errors(contender, work),
        contender.isPeer() ? compared(contender, work, ops, p50, p99) : "");
  }

  private String compared(Contender peer, Work work, Spread ops, Spread p50, Spread p99) {
    String remark =
        Expectations.isRepresentative(peer, work, ops.median()) ? "" : ", not representative";
    Spread ownOps = results.spread(Contender.RABIA, work, LoadResult::opsPerSecond);
    Spread ownP50 = results.spread(Contender.RABIA, work, LoadResult::p50);
    Spread ownP99 = results.spread(Contender.RABIA, work, LoadResult::p99);
    if (ownOps == null || ownP50 == null || ownP99 == null) {
      return remark;
    }
    return String.format(
        Locale.ROOT,
        "%.2f x in ops/s, %.2f x in p50, %.2f x in p99%s",
        ownOps.median() / ops.median(),
        ownP50.median() / p50.median(),
        ownP99.median() / p99.median(),
        remark);
  }

  private void faults() {
    if (results.faultRuns().isEmpty()) {
      return;
    }
    out.format("%n");
    out.format("%-45s %15s %25s %7s%n", "a member fails", "longest pause", "range", "errors");
    results
        .faultsByKind()
        .forEach(
            (kind, runs) -> {
              Spread pause = Spread.of(runs.stream().map(FaultRun::pauseMillis).toList());
              out.format(
                  "%-45s %,12.1f ms %25s %7d%n",
                  kind,
                  pause.median(),
                  String.format(Locale.ROOT, "%,.1f to %,.1f", pause.low(), pause.high()),
                  runs.stream().mapToLong(run -> run.result().errors()).sum());
            });
  }
}
