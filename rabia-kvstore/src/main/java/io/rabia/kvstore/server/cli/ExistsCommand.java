package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code exists KEY}. */
@Command(name = "exists", description = "Says whether there is a key; exit code 1 when not.")
final class ExistsCommand extends StoreCommand {

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    boolean exists = client.exists(key);
    fields.put("exists", exists);
    return new Outcome(exists, exists ? "exists" : "not found", fields);
  }
}
