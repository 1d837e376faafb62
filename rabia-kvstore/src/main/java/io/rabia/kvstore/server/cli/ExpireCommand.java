package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code expire KEY SECONDS|never}. */
@Command(
    name = "expire",
    description =
        "Gives a key so many seconds from now on, or 'never'; exit code 1 without effect.")
final class ExpireCommand extends StoreCommand {
  private static final String NEVER = "never";

  @Parameters(index = "1", paramLabel = "SECONDS|never")
  private String seconds = "";

  @Override
  Outcome run(KvClient client, byte[] key, Map<String, @Nullable Object> fields) {
    boolean done =
        seconds.equals(NEVER)
            ? client.persist(text(key))
            : client.expire(text(key), TimeToLive.of(number(seconds)));
    fields.put("changed", done);
    return new Outcome(done, done ? "changed" : "not changed", fields);
  }

  private double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new ParameterException(
          spec().commandLine(), "expire takes a number of seconds, or never");
    }
  }
}
