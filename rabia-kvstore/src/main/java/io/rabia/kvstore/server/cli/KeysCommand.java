package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.KvPage;
import io.rabia.kvstore.client.KvClient;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code keys [PREFIX] [--values] [--limit N]}. */
@Command(
    name = "keys",
    description =
        "Prints the keys that begin so, in order, a line each; read in pages, so no snapshot.")
final class KeysCommand extends ClientCommand {
  @Parameters(arity = "0..1", paramLabel = "PREFIX")
  private String prefix = "";

  @Option(names = "--values", description = "with their values, after a tab")
  private boolean values;

  @Option(names = "--limit", defaultValue = "2147483647", description = "at most so many")
  private int limit;

  @Override
  boolean run(KvClient client) {
    int count = 0;
    for (KvPage.Item item : client.scan(bytes(prefix), !values)) {
      if (count++ == limit) {
        break;
      }
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("key", text(item.key()));
      String line = text(item.key());
      KvEntry entry = item.entry();
      if (entry != null) {
        Output.putValue(fields, entry.value());
        fields.put("version", entry.version());
        line += "\t" + text(entry.value());
      }
      print(line, fields);
    }
    return true;
  }
}
