package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Fields;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code snapshot}: each server takes one now; the log before it can go. */
@Command(
    name = "snapshot",
    description = "Has each server take a snapshot now; exit code 1 when one does not.")
final class SnapshotCommand implements Callable<Integer> {
  @Mixin private Servers servers = new Servers();

  @Option(names = "--json", description = "a JSON object a line")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    boolean complete = true;
    try (Operator operator = new Operator(servers, spec.commandLine())) {
      for (int server = 0; server < operator.servers(); server++) {
        try {
          Fields taken = operator.ask(server, "snapshot");
          Map<String, String> fields = new LinkedHashMap<>();
          fields.put("server", operator.address(server));
          fields.putAll(taken.fields());
          MembersCommand.print(spec, new Fields(taken.word(), fields), json);
        } catch (RabiaException e) {
          complete = false;
          spec.commandLine()
              .getErr()
              .println("error: " + operator.address(server) + ": " + ErrorCode.text(e));
          spec.commandLine().getErr().flush();
        }
      }
    }
    return complete ? CommandLine.ExitCode.OK : RabiaKv.NOT_DONE;
  }
}
