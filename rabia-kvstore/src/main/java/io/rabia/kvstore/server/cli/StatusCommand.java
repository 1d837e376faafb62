package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.network.client.ClientCore;
import io.rabia.network.client.ResultHandler;
import io.rabia.network.wire.Fields;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code status}: a line for each server, at once. */
@Command(name = "status", description = "Prints a line a server; exit code 1 when one gives none.")
final class StatusCommand implements Callable<Integer> {
  @Mixin private Servers servers = new Servers();

  @Option(
      names = "--at",
      paramLabel = "SLOT",
      description = "wait until the slot is applied and show the hash there")
  private @Nullable Long slot;

  @Option(names = "--json", description = "a JSON object a line")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    try (ClientCore core = ClientCore.connect(servers.list, servers.clientConfig())) {
      List<CompletableFuture<Boolean>> all = new ArrayList<>();
      List<CompletableFuture<String>> lines = new ArrayList<>();
      for (int i = 0; i < core.servers().size(); i++) {
        CompletableFuture<String> line = new CompletableFuture<>();
        String server = core.servers().get(i);
        all.add(ask(core, i, line).exceptionally(failure -> unreachable(server, failure, line)));
        lines.add(line);
      }
      boolean complete = true;
      for (int i = 0; i < all.size(); i++) {
        complete &= all.get(i).join();
        String line = lines.get(i).join();
        spec.commandLine().getOut().println(json ? Output.json(Fields.parse(line).values()) : line);
      }
      spec.commandLine().getOut().flush();
      return complete ? CommandLine.ExitCode.OK : RabiaKv.NOT_DONE;
    }
  }

  private CompletableFuture<Boolean> ask(
      ClientCore core, int server, CompletableFuture<String> line) {
    CompletableFuture<Boolean> answered = new CompletableFuture<>();
    ResultHandler handler =
        (byte @Nullable [] text, @Nullable RabiaException failure) -> {
          if (text != null) {
            line.complete(new String(text, StandardCharsets.UTF_8));
            answered.complete(true);
          } else {
            answered.completeExceptionally(failure);
          }
        };
    if (slot == null) {
      core.status(server, servers.timeout(), handler);
    } else {
      core.statusAt(server, slot, servers.timeout(), handler);
    }
    return answered;
  }

  private static boolean unreachable(
      String server, Throwable failure, CompletableFuture<String> line) {
    String reason = String.valueOf(failure.getMessage()).strip().replaceAll("\\s+", "_");
    line.complete("status server=" + server + " state=UNREACHABLE reason=" + reason);
    return false;
  }
}
