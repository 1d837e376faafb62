package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvResult;
import io.rabia.kvstore.client.KvClient;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code take KEY}. */
@Command(
    name = "take",
    description = "Removes a key and prints the value that it had; exit code 1 when there is none.")
final class TakeCommand extends StoreCommand {

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    KvResult result = client.batch(List.of(new KvCommand.Take(key))).get(0);
    boolean found = result instanceof KvResult.Found;
    fields.put("found", found);
    if (result instanceof KvResult.Found had) {
      Output.putValue(fields, had.entry().value());
      fields.put("version", had.entry().version());
      return new Outcome(true, text(had.entry().value()), fields);
    }
    return new Outcome(false, "not found", fields);
  }
}
