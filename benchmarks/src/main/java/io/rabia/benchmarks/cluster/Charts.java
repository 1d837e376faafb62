package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.Results.FaultRun;
import io.rabia.benchmarks.cluster.Results.Spread;
import io.rabia.benchmarks.cluster.Results.Work;
import io.rabia.benchmarks.cluster.SvgChart.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** Throughput against latency for each family of loads, latency over time for each fault. */
final class Charts {
  private static final double MOMENT_SECONDS = 0.01;

  private final Results results;
  private final Path directory;

  Charts(Results results, Path directory) {
    this.results = results;
    this.directory = directory;
  }

  void write() throws IOException {
    for (Work family : results.families()) {
      if (family.ratedBy() == null) {
        SvgChart chart =
            new SvgChart(family.toString(), "requests a second", "latency, us (p99 dashed)");
        for (Contender contender : results.contenders()) {
          chart.line(contender.id(), false, points(contender, family, LoadResult::p50));
          chart.line(contender.id(), true, points(contender, family, LoadResult::p99));
        }
        save("latency " + family, chart);
      }
    }
    faults();
  }

  private List<Point> points(
      Contender contender, Work family, ToDoubleFunction<LoadResult> latency) {
    List<Point> points = new ArrayList<>();
    for (Work work : results.works()) {
      Spread ops = results.spread(contender, work, LoadResult::opsPerSecond);
      Spread micros = results.spread(contender, work, latency);
      if (work.family().equals(family) && ops != null && micros != null) {
        points.add(new Point(ops.median(), micros.median()));
      }
    }
    return points;
  }

  /** Of every system the run whose pause is the median one. */
  private void faults() throws IOException {
    Map<String, SvgChart> charts = new TreeMap<>();
    for (List<FaultRun> runs : results.faultsByKind().values()) {
      FaultRun typical =
          runs.stream()
              .sorted(Comparator.comparingDouble(FaultRun::pauseMillis))
              .toList()
              .get(runs.size() / 2);
      String name =
          typical.fault().name().toLowerCase(Locale.ROOT)
              + " of "
              + typical.nodes()
              + " "
              + typical.durability().name().toLowerCase(Locale.ROOT);
      String series =
          typical.contender().id()
              + (typical.contender().isPeer() ? typical.leader() ? ", leader" : ", follower" : "");
      charts
          .computeIfAbsent(
              name,
              n -> new SvgChart("a member fails: " + n, "seconds", "highest latency in 10 ms, us"))
          .line(series, !typical.leader() && typical.contender().isPeer(), timeline(typical));
    }
    for (Map.Entry<String, SvgChart> chart : charts.entrySet()) {
      save("fault " + chart.getKey(), chart.getValue());
    }
  }

  private static List<Point> timeline(FaultRun run) {
    List<Point> points = new ArrayList<>();
    List<LoadResult.Moment> moments = run.result().timeline();
    for (int i = 0; i < moments.size(); i++) {
      if (moments.get(i).completed() > 0) {
        points.add(new Point(i * MOMENT_SECONDS, moments.get(i).maxMicros()));
      }
    }
    return points;
  }

  private void save(String name, SvgChart chart) throws IOException {
    String file = name.replaceAll("[^A-Za-z0-9]+", "-").toLowerCase(Locale.ROOT) + ".svg";
    Files.writeString(directory.resolve(file), chart.svg());
  }
}
