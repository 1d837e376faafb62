package io.rabia.benchmarks.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.BenchOptions.Fault;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.benchmarks.cluster.Results.FaultRun;
import io.rabia.benchmarks.cluster.Results.Figure;
import io.rabia.benchmarks.cluster.Results.Run;
import io.rabia.benchmarks.cluster.Results.Spread;
import io.rabia.benchmarks.cluster.Results.Work;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ReportTest {
  private static final Work WORK = Work.closed(Durability.OS, Operation.WRITE, 16, 64);
  private static final Work FEW = WORK.with(1);

  private final Results results = new Results();
  @TempDir private Path directory;

  private final Environment environment =
      new Environment(Map.of("commit", "abc", "command", "cluster-bench.jar --quick"));

  private static LoadResult result(double ops, double p50) {
    return result(ops, p50, 0);
  }

  private static LoadResult result(double ops, double p50, long errors) {
    List<LoadResult.Moment> timeline =
        List.of(new LoadResult.Moment(10, 300), new LoadResult.Moment(0, 0));
    return new LoadResult(
        ops, p50, 2 * p50, 3 * p50, 4 * p50, 1, errors, 2, List.of(7.0, 9.0), timeline);
  }

  @BeforeEach
  void measure() {
    results.add(new Figure("round trip", "us", 40, 1));
    for (int round = 1; round <= 3; round++) {
      results.add(new Run(Contender.RABIA, WORK, round, 0, result(90_000 * round, 300)));
      results.add(new Run(Contender.JRAFT, WORK, round, 0, result(60_000 + round, 600)));
      results.add(new Run(Contender.AERON, WORK, round, 0, result(32_000, 600)));
    }
    results.add(
        new FaultRun(
            Contender.JRAFT, 3, Durability.OS, Fault.KILL, true, 1, 2, 9, result(10, 100)));
  }

  private String text() {
    return new TextTable(environment, results).text();
  }

  @Test
  void comparesMediansAndSaysWhatIsNotRepresentative() {
    assertThat(text())
        .containsPattern("64 +rabia +180,000 +90,000 to 270,000 +300 +600")
        .containsPattern("64 +jraft .* 6 +0 +3.00 x in ops/s, 0.50 x in p50, 0.50 x in p99\\R")
        .containsPattern("64 +aeron .*5.6. x in ops/s.*, not representative\\R")
        .containsPattern("jraft: kill of leader of 3, os +9.0 ms")
        .containsPattern("round trip +40.00 us")
        .containsPattern("commit +abc\\R")
        .containsPattern("os, 64 clients, writes/s of the best peer +at least +2.50 x +3.00  true");
    assertThat(results.isClean()).isTrue();
  }

  @Test
  void givesNoRatioForARowWithErrors() {
    results.add(new Run(Contender.RABIA, FEW, 1, 0, result(9_000, 100)));
    results.add(new Run(Contender.JRAFT, FEW, 1, 0, result(3_000, 300)));
    assertThat(text()).containsPattern("1 +jraft .*3.00 x in ops/s");

    results.add(new Run(Contender.JRAFT, FEW, 2, 0, result(3_000, 300, 4)));

    assertThat(text()).containsPattern("1 +jraft .* 4 +4 +(not representative)?\\R");
    assertThat(results.isClean()).isFalse();
  }

  @Test
  void saysWhatCameToNothing() {
    results.failed("aeron, round 1: no leader");

    assertThat(text()).contains("FAILED aeron, round 1: no leader");
    assertThat(results.isClean()).isFalse();
  }

  @Test
  void takesTheMedianOfRoundsAndTheirRange() {
    assertThat(Spread.of(List.of(5.0, 1.0, 9.0))).isEqualTo(new Spread(5, 1, 9));
    assertThat(Spread.of(List.of(5.0, 1.0))).isEqualTo(new Spread(3, 1, 5));
  }

  @Test
  void takesTheHighestThroughputOfARoundWithoutErrorsAndWithSoManyClientsAtMost() {
    results.add(new Run(Contender.JRAFT, FEW, 2, 0, result(70_000, 300)));
    results.add(new Run(Contender.JRAFT, WORK.with(256), 2, 0, result(90_000, 300, 1)));

    results.add(new Run(Contender.JRAFT, WORK.with(1024), 2, 0, result(80_000, 300)));

    assertThat(results.highest(Contender.JRAFT, WORK.family(), 2, 256)).isEqualTo(70_000);
    assertThat(results.highest(Contender.JRAFT, WORK.family(), 2, 1024)).isEqualTo(80_000);
    assertThat(results.highest(Contender.JRAFT, WORK.family(), 1, 256)).isEqualTo(60_001);
    assertThat(results.highest(Contender.RATIS, WORK.family(), 1, 256)).isZero();
  }

  @Test
  void keepsWhatWasMeasuredWhenAStepFails() throws IOException {
    BenchOptions options = options();
    Files.writeString(directory.resolve("latency-old.svg"), "of an earlier run");
    Bench bench = new Bench(options, environment);
    bench.progress.begin("steps", 2);
    bench.attempt("first", 1, () -> bench.results.add(new Figure("first", "us", 1, 1)));

    bench.attempt(
        "second",
        1,
        () -> {
          bench.results.add(new Figure("half", "us", 2, 1));
          throw new CompletionException(new IOException("no disk"));
        });

    assertThat(directory.resolve("latency-old.svg")).doesNotExist();
    assertThat(Files.readString(directory.resolve(Report.TABLE)))
        .contains("first", "half", "FAILED second: java.io.IOException: no disk");
    assertThat(Files.readString(directory.resolve(Report.JSON))).contains("second: ", "\"half\"");
    assertThat(bench.progress.done()).isEqualTo(1);
  }

  @Test
  void leavesOutTheClientsOfTheMemberThatFailed() {
    assertThat(result(1, 1).maxGapExcept(1)).isEqualTo(7);
    assertThat(result(1, 1).maxGapExcept(-1)).isEqualTo(9);
  }

  @Test
  void writesJsonAndChartsThatCanBeRead() throws IOException {
    new Report(options(), environment, results).write();

    int runs = 0;
    try (JsonParser json =
        new JsonFactory().createParser(directory.resolve("results.json").toFile())) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        runs += token == JsonToken.FIELD_NAME && "opsPerSecond".equals(json.currentName()) ? 1 : 0;
      }
    }
    assertThat(runs).isEqualTo(10);
    assertThat(Files.readString(directory.resolve(Report.JSON)))
        .contains("\"commit\" : \"abc\"", "\"command\" : \"cluster-bench.jar --quick\"");
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> charts = files.filter(file -> file.toString().endsWith(".svg")).toList();
      assertThat(charts)
          .extracting(chart -> chart.getFileName().toString())
          .containsExactlyInAnyOrder("latency-3-nodes-os-write-16-b.svg", "fault-kill-of-3-os.svg");
      charts.forEach(ReportTest::parse);
    }
  }

  private BenchOptions options() {
    BenchOptions options = new BenchOptions();
    new CommandLine(options).parseArgs("--out", directory.toString());
    return options;
  }

  private static void parse(Path chart) {
    try {
      var lines =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(chart.toFile())
              .getElementsByTagName("polyline");
      assertThat(lines.getLength()).isPositive();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new AssertionError(chart + " is no XML", e);
    }
  }
}
