package io.rabia.kvstore.server.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.rabia.core.RabiaException;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.client.KvClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code import --from FILE}: sets every key of what {@code export} wrote. */
@Command(
    name = "import",
    description =
        "Sets every key of a file of JSON lines, as any client does: versions and times are new;"
            + " what was left to a key when it was exported is left to it from now on.")
final class ImportCommand implements Callable<Integer> {
  private static final int OUTSTANDING = 256;

  @Mixin private Servers servers = new Servers();

  @Option(names = "--from", required = true, paramLabel = "FILE")
  private Path file = Path.of("");

  @Spec private CommandSpec spec = CommandSpec.create();

  private final JsonFactory json = new JsonFactory();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private long sent;

  @Override
  public Integer call() throws InterruptedException {
    try (BufferedReader in = Files.newBufferedReader(file);
        KvClient client = KvClient.connect(servers.list, servers.clientConfig())) {
      setAll(client, in);
    } catch (IOException e) {
      throw new RabiaException.Storage("cannot read " + file + ": " + e, e);
    }
    Throwable failed = failure.get();
    if (failed != null) {
      throw failed instanceof RuntimeException refused ? refused : new CompletionException(failed);
    }
    spec.commandLine().getOut().printf(Locale.ROOT, "import entries=%d file=%s%n", sent, file);
    spec.commandLine().getOut().flush();
    return CommandLine.ExitCode.OK;
  }

  /** Returns, or fails, when everything that was sent is answered. */
  private void setAll(KvClient client, BufferedReader in) throws IOException, InterruptedException {
    Semaphore places = new Semaphore(OUTSTANDING);
    try {
      String line = in.readLine();
      while (line != null && failure.get() == null) {
        set(client, line, places);
        line = in.readLine();
      }
    } finally {
      places.acquire(OUTSTANDING);
    }
  }

  private void set(KvClient client, String line, Semaphore places) throws InterruptedException {
    Map<String, String> fields = fields(line);
    byte[] key = bytes(fields, "key");
    byte[] value = bytes(fields, "value");
    KvCommand set = new KvCommand.Put(key, value, KvCommand.Put.When.ALWAYS, timeToLive(fields));
    sent++;
    places.acquire();
    client
        .execute(set)
        .whenComplete(
            (stored, refused) -> {
              if (refused != null) {
                failure.compareAndSet(null, refused);
              }
              places.release();
            });
  }

  private Map<String, String> fields(String line) {
    Map<String, String> fields = new HashMap<>();
    try (JsonParser in = json.createParser(line)) {
      boolean whole = in.nextToken() == JsonToken.START_OBJECT;
      while (whole && in.nextToken() == JsonToken.FIELD_NAME) {
        String name = in.currentName();
        in.nextToken();
        fields.put(name, in.getValueAsString(""));
        in.skipChildren();
      }
      if (whole && in.currentToken() == JsonToken.END_OBJECT && in.nextToken() == null) {
        return fields;
      }
    } catch (IOException e) {
      throw malformed(e.getMessage());
    }
    throw malformed("not one JSON object");
  }

  private long timeToLive(Map<String, String> fields) {
    String text = fields.get(ExportCommand.TIME_TO_LIVE);
    if (text == null) {
      return KvCommand.Put.FOREVER;
    }
    try {
      long nanos = Long.parseLong(text);
      if (nanos >= 1) {
        return nanos;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw malformed(ExportCommand.TIME_TO_LIVE + " is no number of nanoseconds, 1 or more");
  }

  private byte[] bytes(Map<String, String> fields, String name) {
    String text = fields.get(name);
    String encoded = fields.get(name + Output.BASE64);
    if (text != null) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    if (encoded == null) {
      throw malformed("no " + name);
    }
    try {
      return Base64.getDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      throw malformed(name + Output.BASE64 + " is not base 64");
    }
  }

  private RabiaException malformed(@Nullable String what) {
    return new RabiaException.Validation(
        file + ":" + (sent + 1) + ": " + what + "; the " + sent + " lines before it are set");
  }
}
