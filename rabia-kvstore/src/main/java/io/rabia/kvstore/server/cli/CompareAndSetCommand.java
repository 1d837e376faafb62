package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.KvResult;
import io.rabia.kvstore.StoreException;
import io.rabia.kvstore.client.KvClient;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code cas KEY EXPECTED VALUE} or {@code cas --absent KEY VALUE}. */
@Command(
    name = "cas",
    description = "Stores a value if the key has the expected one; exit code 1 when it has not.")
final class CompareAndSetCommand extends StoreCommand {
  @Option(names = "--absent", description = "the key must not exist; leave EXPECTED out")
  private boolean absent;

  @Parameters(index = "1..*", arity = "1..2", paramLabel = "[EXPECTED] VALUE")
  private String[] values = {};

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    if (values.length != (absent ? 1 : 2)) {
      throw new ParameterException(
          spec().commandLine(), "cas takes KEY EXPECTED VALUE, or --absent KEY VALUE");
    }
    KvResult result = compareAndSet(client, key);
    if (result instanceof KvResult.Stored stored) {
      fields.put("stored", true);
      fields.put("version", stored.version());
      return new Outcome(true, "stored version=" + stored.version(), fields);
    }
    fields.put("stored", false);
    KvEntry current = ((KvResult.Mismatch) result).current();
    if (current == null) {
      return new Outcome(false, "not stored: the key does not exist", fields);
    }
    Output.putValue(fields, current.value());
    fields.put("version", current.version());
    return new Outcome(
        false, "not stored: the value is " + Output.readable(current.value()), fields);
  }

  private KvResult compareAndSet(KvClient client, byte[] key) {
    byte[] value = bytes(values[values.length - 1]);
    try {
      return client.compareAndSetAsync(key, absent ? null : bytes(values[0]), value).join();
    } catch (CompletionException e) {
      throw StoreException.from(e);
    }
  }
}
