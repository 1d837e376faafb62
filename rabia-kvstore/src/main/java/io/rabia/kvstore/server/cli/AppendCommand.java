package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvResult;
import io.rabia.kvstore.client.KvClient;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code append KEY VALUE}. */
@Command(name = "append", description = "Adds to the end of a value and prints its length.")
final class AppendCommand extends StoreCommand {
  @Parameters(index = "1", paramLabel = "VALUE")
  private String value = "";

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    List<KvResult> results = client.batch(List.of(new KvCommand.Append(key, bytes(value))));
    long length = ((KvResult.Number) results.get(0)).value();
    fields.put("length", length);
    return new Outcome(true, String.valueOf(length), fields);
  }
}
