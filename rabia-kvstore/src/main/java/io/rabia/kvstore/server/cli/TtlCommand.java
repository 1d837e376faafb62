package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code ttl KEY}. */
@Command(
    name = "ttl",
    description = "Prints for how many seconds a key still lives; exit code 1 when it has no end.")
final class TtlCommand extends StoreCommand {

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    Optional<Duration> left = client.timeToLive(text(key));
    fields.put("seconds", left.map(TimeToLive::seconds).orElse(null));
    return new Outcome(
        left.isPresent(),
        left.map(l -> String.valueOf(TimeToLive.seconds(l))).orElse("no time to live"),
        fields);
  }
}
