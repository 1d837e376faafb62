package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** One operation on one key: asks, prints, and says with the exit code whether it was done. */
abstract class StoreCommand implements Callable<Integer> {

  /** What came out of an operation. */
  record Outcome(boolean done, String readable, Map<String, @Nullable Object> fields) {}

  @Mixin private Servers servers = new Servers();

  @Option(names = "--json", description = "one JSON object")
  private boolean json;

  @Parameters(index = "0", paramLabel = "KEY")
  private String key = "";

  @Spec private CommandSpec spec = CommandSpec.create();

  abstract Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields);

  @Override
  public final Integer call() {
    try (KvClient client = KvClient.connect(servers.list, servers.clientConfig())) {
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("key", key);
      Outcome outcome = run(client, bytes(key), fields);
      String line = json ? Output.json(outcome.fields()) : outcome.readable();
      (json || outcome.done() ? spec.commandLine().getOut() : spec.commandLine().getErr())
          .println(line);
      return outcome.done() ? CommandLine.ExitCode.OK : RabiaKv.NOT_DONE;
    } finally {
      spec.commandLine().getOut().flush();
      spec.commandLine().getErr().flush();
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
