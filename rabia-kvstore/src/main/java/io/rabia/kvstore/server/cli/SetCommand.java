package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code set KEY VALUE [--ttl SECONDS]}. */
@Command(name = "set", description = "Stores a value.")
final class SetCommand extends StoreCommand {
  @Parameters(index = "1", paramLabel = "VALUE")
  private String value = "";

  @Option(names = "--ttl", paramLabel = "SECONDS", description = "how long it lives")
  private @Nullable Double seconds;

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    Double timeToLive = seconds;
    long version =
        timeToLive == null
            ? client.set(key, bytes(value))
            : client.set(key, bytes(value), TimeToLive.of(timeToLive));
    fields.put("version", version);
    return new Outcome(true, "stored version=" + version, fields);
  }
}
