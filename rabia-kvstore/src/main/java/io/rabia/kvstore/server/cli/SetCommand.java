package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code set KEY VALUE}. */
@Command(name = "set", description = "Stores a value.")
final class SetCommand extends StoreCommand {
  @Parameters(index = "1", paramLabel = "VALUE")
  private String value = "";

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    long version = client.set(key, bytes(value));
    fields.put("version", version);
    return new Outcome(true, "stored version=" + version, fields);
  }
}
