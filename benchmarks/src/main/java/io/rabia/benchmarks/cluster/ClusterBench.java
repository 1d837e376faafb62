package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.BenchOptions.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares clusters of processes on this machine, and says what the machine gives. */
@Command(
    name = "cluster-bench",
    mixinStandardHelpOptions = true,
    description = "Loads clusters of processes in turn and compares them.")
public final class ClusterBench implements Callable<Integer> {
  @Mixin private BenchOptions options = new BenchOptions();
  @Spec private @Nullable CommandSpec spec;

  private ClusterBench() {}

  public static void main(String[] arguments) {
    System.exit(execute(arguments));
  }

  static int execute(String... arguments) {
    return new CommandLine(new ClusterBench())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .execute(BenchOptions.expanded(arguments));
  }

  @Override
  public Integer call() throws IOException {
    String invalid = options.invalid();
    if (invalid != null) {
      throw new ParameterException(spec.commandLine(), invalid);
    }
    Files.createDirectories(options.data());
    Cluster.sweep(options);
    List<String> arguments = spec.commandLine().getParseResult().originalArgs();
    Bench bench = new Bench(options, Environment.of(options, arguments));
    for (Part part : Part.values()) {
      if (options.parts.contains(part)) {
        switch (part) {
          case FLOORS -> new Floors(bench).run();
          case CORE -> new Core(bench).run();
          case EMBEDDED -> new Embedded(bench).run();
          case CLOSED -> new Comparison(bench).run();
          case OPEN -> {} // in the clusters of CLOSED
          case FAULTS -> new Faults(bench).run();
        }
      }
    }
    System.out.print(Files.readString(options.out().resolve(Report.TABLE)));
    System.out.println("Table, JSON and charts are in " + options.out().toAbsolutePath());
    return bench.results.isClean() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }
}
