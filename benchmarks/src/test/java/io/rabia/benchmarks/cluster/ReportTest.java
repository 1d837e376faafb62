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
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ReportTest {
  private static final Work WORK = new Work(Durability.OS, Operation.WRITE, 16, 64, 0);

  private final Results results = new Results();
  @TempDir private Path directory;

  private static LoadResult result(double ops, double p50) {
    List<LoadResult.Moment> timeline =
        List.of(new LoadResult.Moment(10, 300), new LoadResult.Moment(0, 0));
    return new LoadResult(ops, p50, 2 * p50, 3 * p50, 4 * p50, 1, 0, List.of(7.0, 9.0), timeline);
  }

  @BeforeEach
  void measure() {
    results.add(new Figure("round trip", "us", 40, 1));
    for (int round = 1; round <= 3; round++) {
      results.add(new Run(Contender.RABIA, WORK, round, result(90_000 * round, 300)));
      results.add(new Run(Contender.JRAFT, WORK, round, result(60_000 + round, 600)));
      results.add(new Run(Contender.AERON, WORK, round, result(32_000, 600)));
    }
    results.add(
        new FaultRun(Contender.JRAFT, Durability.OS, Fault.KILL, true, 1, 2, 9, result(10, 100)));
  }

  @Test
  void comparesMediansAndSaysWhatIsNotRepresentative() {
    String text = new TextTable(results).text();

    assertThat(text)
        .containsPattern("64 +rabia +180,000 +90,000 to 270,000 +300 +600")
        .containsPattern("64 +jraft .*3.00 x in ops/s, 0.50 x in p50, 0.50 x in p99\\R")
        .containsPattern("64 +aeron .*5.6. x in ops/s.*, not representative\\R")
        .containsPattern("jraft: kill of leader, os +9.0 ms")
        .containsPattern("round trip +40.0 us");
  }

  @Test
  void takesTheMedianOfRoundsAndTheirRange() {
    assertThat(Spread.of(List.of(5.0, 1.0, 9.0))).isEqualTo(new Spread(5, 1, 9));
    assertThat(Spread.of(List.of(5.0, 1.0))).isEqualTo(new Spread(3, 1, 5));
    assertThat(results.highest(Contender.RABIA, WORK.family())).isEqualTo(180_000);
  }

  @Test
  void leavesOutTheClientsOfTheMemberThatFailed() {
    assertThat(result(1, 1).maxGapExcept(1)).isEqualTo(7);
    assertThat(result(1, 1).maxGapExcept(-1)).isEqualTo(9);
  }

  @Test
  void writesJsonAndChartsThatCanBeRead() throws IOException {
    BenchOptions options = new BenchOptions();
    new CommandLine(options).parseArgs("--out", directory.toString());

    new Report(options, results).write();

    int runs = 0;
    try (JsonParser json =
        new JsonFactory().createParser(directory.resolve("results.json").toFile())) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        runs += token == JsonToken.FIELD_NAME && "opsPerSecond".equals(json.currentName()) ? 1 : 0;
      }
    }
    assertThat(runs).isEqualTo(10);
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> charts = files.filter(file -> file.toString().endsWith(".svg")).toList();
      assertThat(charts)
          .extracting(chart -> chart.getFileName().toString())
          .containsExactlyInAnyOrder("latency-os-write-16-b.svg", "fault-kill-os.svg");
      charts.forEach(ReportTest::parse);
    }
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
