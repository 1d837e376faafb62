package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.client.KvClient;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code get KEY}. */
@Command(name = "get", description = "Prints the value of a key.")
final class GetCommand extends StoreCommand {

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    Optional<KvEntry> found = client.getWithMetadata(key);
    fields.put("found", found.isPresent());
    found.ifPresent(
        entry -> {
          Output.putValue(fields, entry.value());
          fields.put("version", entry.version());
          fields.put("createdNanos", entry.created());
          fields.put("updatedNanos", entry.updated());
          fields.put("size", entry.size());
        });
    return new Outcome(
        found.isPresent(),
        found.map(entry -> Output.readable(entry.value())).orElse("not found"),
        fields);
  }
}
