package io.rabia.benchmarks.cluster;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.rabia.benchmarks.cluster.Results.FaultRun;
import io.rabia.benchmarks.cluster.Results.Figure;
import io.rabia.benchmarks.cluster.Results.Run;
import io.rabia.benchmarks.cluster.Results.Work;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes everything that was measured so far: results.txt, results.json and charts. */
final class Report {
  static final String TABLE = "results.txt";
  static final String JSON = "results.json";

  /** Writes an element of a JSON array. */
  private interface Element<T> {
    void write(JsonGenerator json, T value) throws IOException;
  }

  private final BenchOptions options;
  private final Environment environment;
  private final Results results;

  Report(BenchOptions options, Environment environment, Results results) {
    this.options = options;
    this.environment = environment;
    this.results = results;
  }

  /** Deletes what an earlier run has written to the same place. */
  void begin() throws IOException {
    for (Path old : Installation.files(options.out(), "*.{txt,json,svg}")) {
      Files.delete(old);
    }
  }

  void write() throws IOException {
    Path out = options.out();
    Files.writeString(out.resolve(TABLE), new TextTable(environment, results).text());
    try (BufferedWriter writer =
            Files.newBufferedWriter(out.resolve(JSON), StandardCharsets.UTF_8);
        JsonGenerator json = new JsonFactory().createGenerator(writer)) {
      json.useDefaultPrettyPrinter();
      write(json);
    }
    new Charts(results, out).write();
  }

  private void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    for (Map.Entry<String, String> fact : environment.facts().entrySet()) {
      json.writeStringField(fact.getKey(), fact.getValue());
    }
    json.writeNumberField("rounds", options.rounds);
    json.writeNumberField("warmupSeconds", options.warmup);
    json.writeNumberField("settleSeconds", options.settle);
    json.writeNumberField("seconds", options.seconds);
    json.writeNumberField("keys", options.keys);
    json.writeNumberField("keySize", options.keySize);
    array(json, "targets", Acceptance.of(results), Report::write);
    array(json, "figures", results.figures(), Report::write);
    array(json, "runs", results.runs(), Report::write);
    array(json, "faults", results.faultRuns(), Report::write);
    array(json, "failures", results.failures(), JsonGenerator::writeString);
    json.writeEndObject();
  }

  private static <T> void array(
      JsonGenerator json, String name, Iterable<T> values, Element<T> element) throws IOException {
    json.writeArrayFieldStart(name);
    for (T value : values) {
      element.write(json, value);
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, Acceptance.Line line) throws IOException {
    json.writeStartObject();
    json.writeStringField("what", line.what());
    json.writeStringField("bound", line.atLeast() ? "at least" : "at most");
    json.writeNumberField("target", line.target());
    json.writeStringField("unit", line.unit());
    Boolean met = line.met();
    if (met == null) {
      json.writeNullField("measured");
      json.writeNullField("met");
    } else {
      json.writeNumberField("measured", line.measured());
      json.writeBooleanField("met", met);
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Figure figure) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", figure.name());
    json.writeStringField("unit", figure.unit());
    json.writeNumberField("round", figure.round());
    json.writeNumberField("value", figure.value());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Run run) throws IOException {
    Work work = run.work();
    json.writeStartObject();
    json.writeStringField("system", run.contender().id());
    json.writeNumberField("nodes", work.nodes());
    json.writeStringField("durability", work.durability().name());
    json.writeStringField("operation", work.operation().name());
    json.writeNumberField("valueSize", work.valueSize());
    json.writeNumberField("clients", work.clients());
    Contender ratedBy = work.ratedBy();
    if (ratedBy != null) {
      json.writeStringField("ratedBy", ratedBy.id());
      json.writeNumberField("rate", run.rate());
    }
    json.writeNumberField("round", run.round());
    write(json, run.result());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, FaultRun run) throws IOException {
    json.writeStartObject();
    json.writeStringField("system", run.contender().id());
    json.writeStringField("what", run.what());
    json.writeNumberField("round", run.round());
    json.writeNumberField("atSeconds", run.at());
    json.writeNumberField("pauseMillis", run.pauseMillis());
    write(json, run.result());
    array(
        json,
        "maxMicrosPer10Millis",
        run.result().timeline(),
        (generator, moment) -> generator.writeNumber(moment.maxMicros()));
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, LoadResult result) throws IOException {
    json.writeNumberField("opsPerSecond", result.opsPerSecond());
    json.writeNumberField("p50Micros", result.p50());
    json.writeNumberField("p99Micros", result.p99());
    json.writeNumberField("p999Micros", result.p999());
    json.writeNumberField("maxMicros", result.max());
    json.writeNumberField("completed", result.completed());
    json.writeNumberField("errors", result.errors());
    if (result.resent() != Target.UNCOUNTED) {
      json.writeNumberField("resent", result.resent());
    }
  }
}
