package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.engine.LogHistory;
import io.rabia.engine.SnapshotSummary;
import io.rabia.persistence.LogInspector;
import io.rabia.persistence.LogReport;
import io.rabia.persistence.LogReport.Place;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code log verify|inspect DIR}: looks at the log of a server that does not run. */
@Command(
    name = "log",
    description = "Looks at the log of a server that does not run.",
    synopsisSubcommandLabel = "(verify | inspect)")
final class LogCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "log verify or log inspect");
  }

  @Command(description = "Reads every byte; exit code 1 when something that was safe is damaged.")
  int verify(
      @Parameters(paramLabel = "DIR") Path directory,
      @Option(names = "--json", description = "a JSON object a line") boolean json) {
    return report(directory, LogInspector.verify(directory), printer(json));
  }

  @Command(description = "As verify, after a line for every group of records.")
  int inspect(
      @Parameters(paramLabel = "DIR") Path directory,
      @Option(names = "--json", description = "a JSON object a line") boolean json) {
    Consumer<Map<String, Object>> printer = printer(json);
    return report(directory, LogInspector.inspect(directory, printer), printer);
  }

  private Consumer<Map<String, Object>> printer(boolean json) {
    return row -> spec.commandLine().getOut().println(json ? json(row) : line(row));
  }

  private static String json(Map<String, Object> row) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(row);
    return Output.json(fields);
  }

  private static String line(Map<String, Object> row) {
    return row.entrySet().stream()
        .map(field -> field.getKey().equals("row") ? field.getValue() + "" : field + "")
        .collect(Collectors.joining(" "));
  }

  private int report(Path directory, LogReport found, Consumer<Map<String, Object>> printer) {
    Map<String, Long> slots = new HashMap<>();
    for (LogReport.Snapshot snapshot : found.snapshots()) {
      slots.put(snapshot.file(), slot(directory, snapshot));
    }
    LogReport report = judge(directory, found, slots);
    for (Map<String, Object> row : report.rows()) {
      if (row.get("row").equals("snapshot")) {
        row.put("slot", slots.get(String.valueOf(row.get("file"))));
      }
      printer.accept(row);
    }
    spec.commandLine().getOut().flush();
    return report.intact() ? CommandLine.ExitCode.OK : RabiaKv.NOT_DONE;
  }

  /** Goes through the groups as a start does, which finds out whether slots are missing there. */
  private static LogReport judge(Path directory, LogReport report, Map<String, Long> slots) {
    Optional<LogReport.Snapshot> newest =
        report.snapshots().stream()
            .filter(snapshot -> snapshot.damage().isEmpty())
            .reduce((older, newer) -> newer);
    long from = newest.map(LogReport.Snapshot::firstNumber).orElse(0L);
    long applied = newest.map(snapshot -> slots.getOrDefault(snapshot.file(), -1L)).orElse(0L);
    if (!report.intact() || applied < 0) {
      return report;
    }
    LogHistory history = new LogHistory(applied);
    List<Place> gaps = new ArrayList<>();
    LogInspector.read(
        directory,
        report,
        (file, offset, number, body) -> {
          if (number >= from && gaps.isEmpty()) {
            history.group(body);
            history.gap().ifPresent(what -> gaps.add(new Place(file, offset, what)));
          }
        });
    return gaps.isEmpty() ? report : report.damagedAt(gaps.get(0));
  }

  /** How many slots are applied in it; -1 when it cannot be read. */
  private static long slot(Path directory, LogReport.Snapshot snapshot) {
    if (snapshot.damage().isPresent()) {
      return -1;
    }
    try (InputStream content = LogInspector.snapshot(directory, snapshot.file())) {
      return SnapshotSummary.read(content).slot();
    } catch (EOFException e) {
      return -1;
    } catch (IOException e) {
      throw new RabiaException.Storage("cannot read " + snapshot.file(), e);
    }
  }
}
