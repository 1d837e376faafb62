package io.rabia.kvstore.server.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.client.KvClient;
import io.rabia.network.wire.ErrorCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
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

  /** A line that says no key and value. */
  private static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message);
    }
  }

  @Mixin private Servers servers = new Servers();

  @Option(names = "--from", required = true, paramLabel = "FILE")
  private Path file = Path.of("");

  @Option(names = "--json", description = "one JSON object")
  private boolean asJson;

  @Spec private CommandSpec spec = CommandSpec.create();

  private final JsonFactory json = new JsonFactory();

  /** By the numbers of the lines. */
  private final ConcurrentSkipListMap<Long, Throwable> failures = new ConcurrentSkipListMap<>();

  private long sent;

  @Override
  public Integer call() throws InterruptedException {
    try (BufferedReader in = Files.newBufferedReader(file);
        KvClient client = KvClient.connect(servers.list, servers.clientConfig())) {
      setAll(client, in);
    } catch (IOException e) {
      return notDone("cannot read " + file + ": " + e);
    } catch (Malformed e) {
      return notDone(e.getMessage());
    }
    if (!failures.isEmpty()) {
      return notDone("");
    }
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("entries", sent);
    fields.put("file", file);
    Output.print(spec, asJson, "import", fields);
    return CommandLine.ExitCode.OK;
  }

  /** Says how far it came. A line that failed comes before the one that cannot be read. */
  private int notDone(@Nullable String unreadable) {
    Map.Entry<Long, Throwable> first = failures.firstEntry();
    String why =
        first == null
            ? unreadable + "; the " + sent + " lines before it are set"
            : file
                + ":"
                + first.getKey()
                + ": "
                + ErrorCode.text(first.getValue())
                + "; the "
                + (first.getKey() - 1)
                + " lines before it are set, and "
                + (sent - first.getKey() - failures.size() + 1)
                + " after it; not, or it is not known: "
                + failures.keySet();
    spec.commandLine().getErr().println("error: " + why);
    spec.commandLine().getErr().flush();
    return RabiaKv.NOT_DONE;
  }

  /** Returns, or fails, when everything that was sent is answered. */
  private void setAll(KvClient client, BufferedReader in) throws IOException, InterruptedException {
    Semaphore places = new Semaphore(OUTSTANDING);
    try {
      String line = in.readLine();
      while (line != null && failures.isEmpty()) {
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
    long number = ++sent;
    places.acquire();
    client
        .execute(set)
        .whenComplete(
            (stored, refused) -> {
              if (refused != null) {
                failures.put(number, refused);
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

  private Malformed malformed(@Nullable String what) {
    return new Malformed(file + ":" + (sent + 1) + ": " + what);
  }
}
