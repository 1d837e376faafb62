package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.server.BackupText;
import io.rabia.network.wire.Fields;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code backup --to FILE}: everything at one slot. */
@Command(name = "backup", description = "Copies everything, as it is at one slot, into a file.")
final class BackupCommand implements Callable<Integer> {
  @Mixin private Servers servers = new Servers();

  @Option(names = "--to", required = true, paramLabel = "FILE", description = "must not exist")
  private Path file = Path.of("");

  @Option(names = "--json", description = "one JSON object")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    try (Operator operator = new Operator(servers, spec.commandLine())) {
      String line = BackupText.line("backup", new BackupDownload(operator).to(file));
      MembersCommand.print(spec, Fields.parse(line + " file=" + file), json);
      return CommandLine.ExitCode.OK;
    }
  }
}
