package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/** One operation on one key, and one line about it. */
abstract class StoreCommand extends ClientCommand {

  /** What came out of an operation. */
  record Outcome(boolean done, String readable, Map<String, @Nullable Object> fields) {}

  @Parameters(index = "0", paramLabel = "KEY")
  private String key = "";

  abstract Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields);

  @Override
  final boolean run(KvClient client) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("key", key);
    Outcome outcome = run(client, bytes(key), fields);
    if (outcome.done()) {
      print(outcome.readable(), outcome.fields());
    } else {
      printNotDone(outcome.readable(), outcome.fields());
    }
    return outcome.done();
  }
}
