package io.rabia.kvstore.server.cli;

import io.rabia.network.wire.Fields;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code members}: the newest configuration that a server knows. */
@Command(name = "members", description = "Prints who the members are, and since which slot.")
final class MembersCommand implements Callable<Integer> {
  @Mixin private Servers servers = new Servers();

  @Option(names = "--json", description = "one JSON object")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    try (Operator operator = new Operator(servers, spec.commandLine())) {
      print(spec, operator.views(Operator.View.NEWEST).get(0).configuration(), json);
      return CommandLine.ExitCode.OK;
    }
  }

  static void print(CommandSpec spec, Fields answer, boolean json) {
    String line =
        answer.word()
            + answer.fields().entrySet().stream()
                .map(field -> " " + field.getKey() + "=" + field.getValue())
                .collect(Collectors.joining());
    spec.commandLine().getOut().println(json ? Output.json(answer.values()) : line);
    spec.commandLine().getOut().flush();
  }
}
