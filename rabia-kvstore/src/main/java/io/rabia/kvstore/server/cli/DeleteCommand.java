package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code del KEY}. */
@Command(name = "del", description = "Removes a key; exit code 1 when there is none.")
final class DeleteCommand extends StoreCommand {

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    boolean deleted = client.delete(key);
    fields.put("deleted", deleted);
    return new Outcome(deleted, deleted ? "deleted" : "not found", fields);
  }
}
