package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.StoreStatistics;
import io.rabia.kvstore.client.KvClient;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code size}. */
@Command(name = "size", description = "Prints how much is in the store.")
final class CountCommand extends ClientCommand {

  @Override
  boolean run(KvClient client) {
    StoreStatistics statistics = client.statistics();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("keys", statistics.entries());
    fields.put("bytes", statistics.memoryBytes());
    fields.put("version", statistics.version());
    fields.put("expiring", statistics.expiring());
    fields.put("events", statistics.events());
    fields.put("eventBytes", statistics.eventBytes());
    StringBuilder line = new StringBuilder("size");
    fields.forEach((name, value) -> line.append(' ').append(name).append('=').append(value));
    print(line.toString(), fields);
    return true;
  }
}
