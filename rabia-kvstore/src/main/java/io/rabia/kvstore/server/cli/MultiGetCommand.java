package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.client.KvClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mget KEY...}. */
@Command(
    name = "mget",
    description =
        "Prints the values of keys as they are at one slot; exit code 1 if one is missing.")
final class MultiGetCommand extends ClientCommand {
  @Parameters(arity = "1..*", paramLabel = "KEY")
  private List<String> keys = List.of();

  @Override
  boolean run(KvClient client) {
    List<Optional<KvEntry>> entries =
        client.getAll(keys.stream().map(ClientCommand::bytes).toList());
    boolean all = true;
    for (int i = 0; i < keys.size(); i++) {
      Optional<KvEntry> entry = entries.get(i);
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("key", keys.get(i));
      fields.put("found", entry.isPresent());
      entry.ifPresent(
          e -> {
            Output.putValue(fields, e.value());
            fields.put("version", e.version());
          });
      print(keys.get(i) + entry.map(e -> "\t" + text(e.value())).orElse(" not found"), fields);
      all &= entry.isPresent();
    }
    return all;
  }
}
