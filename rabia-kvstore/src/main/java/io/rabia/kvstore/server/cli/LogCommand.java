package io.rabia.kvstore.server.cli;

import io.rabia.persistence.LogInspector;
import io.rabia.persistence.LogReport;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
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
  int verify(@Parameters(paramLabel = "DIR") Path directory) {
    LogReport report = LogInspector.verify(directory);
    report.lines().forEach(spec.commandLine().getOut()::println);
    spec.commandLine().getOut().flush();
    return report.intact() ? CommandLine.ExitCode.OK : RabiaKv.NOT_DONE;
  }

  @Command(description = "Prints every group of records.")
  int inspect(@Parameters(paramLabel = "DIR") Path directory) {
    PrintStream out = new PrintStream(new WriterStream(), true, StandardCharsets.UTF_8);
    LogInspector.inspect(directory, out);
    out.flush();
    spec.commandLine().getOut().flush();
    return CommandLine.ExitCode.OK;
  }

  /** The command's writer as a stream; characters are handed on by lines. */
  private final class WriterStream extends ByteArrayOutputStream {
    @Override
    public synchronized void flush() {
      spec.commandLine().getOut().print(toString(StandardCharsets.UTF_8));
      reset();
    }
  }
}
