package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.BenchOptions.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares clusters of three processes on this machine, and says what the machine gives. */
@Command(
    name = "cluster-bench",
    mixinStandardHelpOptions = true,
    description = "Loads clusters of three processes in turn and compares them.")
public final class ClusterBench implements Callable<Integer> {
  @Mixin private BenchOptions options = new BenchOptions();
  @Spec private @Nullable CommandSpec spec;

  private ClusterBench() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new ClusterBench()).setCaseInsensitiveEnumValuesAllowed(true);
  }

  @Override
  public Integer call() throws IOException {
    String invalid = options.invalid();
    if (invalid != null) {
      throw new ParameterException(spec.commandLine(), invalid);
    }
    Files.createDirectories(options.out());
    Results results = new Results();
    Comparison comparison = new Comparison(options, results);
    for (Part part : Part.values()) {
      if (options.parts.contains(part)) {
        switch (part) {
          case FLOORS -> new Floors(options, results).run();
          case CLOSED -> comparison.closedLoop();
          case OPEN -> comparison.openLoop();
          case FAULTS -> comparison.faults();
          case EMBEDDED -> new Embedded(options, results).run();
        }
        new Report(options, results).write();
      }
    }
    System.out.print(new TextTable(results).text());
    System.out.println("Table, JSON and charts are in " + options.out().toAbsolutePath());
    return results.failures() == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }
}
