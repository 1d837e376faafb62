package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.KvPage;
import io.rabia.kvstore.client.KvClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Something asked of the store: prints lines, and says with the exit code whether it was done. */
abstract class ClientCommand implements Callable<Integer> {
  @Mixin private Servers servers = new Servers();

  @Option(names = "--json", description = "one JSON object a line")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Returns whether it was done. */
  abstract boolean run(KvClient client);

  @Override
  public final Integer call() {
    try (KvClient client = KvClient.connect(servers.list, servers.clientConfig())) {
      return run(client) ? CommandLine.ExitCode.OK : RabiaKv.NOT_DONE;
    } finally {
      flush();
    }
  }

  final void flush() {
    spec.commandLine().getOut().flush();
    spec.commandLine().getErr().flush();
  }

  /** Until a request is given up. */
  final Duration timeout() {
    return servers.timeout();
  }

  /** Something for people that is no part of the answer. */
  final void note(String readable) {
    spec.commandLine().getErr().println(readable);
    flush();
  }

  final CommandSpec spec() {
    return spec;
  }

  /** A line of the answer. */
  final void print(String readable, Map<String, @Nullable Object> fields) {
    spec.commandLine().getOut().println(json ? Output.json(fields) : readable);
  }

  /** A key of a range, on request with its value. */
  final void printItem(KvPage.Item item, boolean withValue) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    Output.put(fields, "key", item.key());
    String line = text(item.key());
    KvEntry entry = item.entry();
    if (withValue && entry != null) {
      Output.putValue(fields, entry.value());
      fields.put("version", entry.version());
      line += "\t" + text(entry.value());
    }
    print(line, fields);
  }

  /** The answer to what was not done: an error for people, an answer as any for scripts. */
  final void printNotDone(String readable, Map<String, @Nullable Object> fields) {
    if (json) {
      print(readable, fields);
    } else {
      spec.commandLine().getErr().println(readable);
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return Output.readable(bytes);
  }
}
