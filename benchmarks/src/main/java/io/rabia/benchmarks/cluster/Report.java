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
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Writes everything that was measured: results.txt, results.json and charts. */
final class Report {
  private final BenchOptions options;
  private final Results results;

  Report(BenchOptions options, Results results) {
    this.options = options;
    this.results = results;
  }

  void write() throws IOException {
    Path out = options.out();
    Files.writeString(out.resolve("results.txt"), new TextTable(results).text());
    try (BufferedWriter writer =
            Files.newBufferedWriter(out.resolve("results.json"), StandardCharsets.UTF_8);
        JsonGenerator json = new JsonFactory().createGenerator(writer)) {
      json.useDefaultPrettyPrinter();
      write(json);
    }
    new Charts(results, out).write();
  }

  private void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    json.writeNumberField("processors", Runtime.getRuntime().availableProcessors());
    json.writeStringField(
        "system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    json.writeStringField("java", System.getProperty("java.vm.version"));
    json.writeNumberField("rounds", options.rounds);
    json.writeNumberField("seconds", options.seconds);
    json.writeNumberField("warmup", options.warmup);
    json.writeArrayFieldStart("figures");
    for (Figure figure : results.figures()) {
      json.writeStartObject();
      json.writeStringField("name", figure.name());
      json.writeStringField("unit", figure.unit());
      json.writeNumberField("round", figure.round());
      json.writeNumberField("value", figure.value());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("runs");
    for (Run run : results.runs()) {
      write(json, run);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("faults");
    for (FaultRun run : results.faultRuns()) {
      write(json, run);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Run run) throws IOException {
    Work work = run.work();
    json.writeStartObject();
    json.writeStringField("system", run.contender().id());
    json.writeStringField("durability", work.durability().name());
    json.writeStringField("operation", work.operation().name());
    json.writeNumberField("valueSize", work.valueSize());
    json.writeNumberField("clients", work.clients());
    json.writeNumberField("rate", work.rate());
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
    json.writeArrayFieldStart("maxMicrosPer10Millis");
    for (LoadResult.Moment moment : run.result().timeline()) {
      json.writeNumber(moment.maxMicros());
    }
    json.writeEndArray();
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
  }
}
