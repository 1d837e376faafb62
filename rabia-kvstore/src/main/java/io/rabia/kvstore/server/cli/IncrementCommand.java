package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code incr KEY [BY]}. */
@Command(name = "incr", description = "Adds to the number under a key and prints the sum.")
final class IncrementCommand extends StoreCommand {
  @Parameters(index = "1", arity = "0..1", defaultValue = "1", paramLabel = "BY")
  private long by;

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    long sum = client.increment(key, by);
    fields.put("value", sum);
    return new Outcome(true, Long.toString(sum), fields);
  }
}
