package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.client.KvClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code check}: whether everything that a journal says was acknowledged is there. */
@Command(
    name = "check",
    description = "Reads back what a journal holds; exit code 1 when something is not as it says.")
final class CheckCommand implements Callable<Integer> {
  private static final int OUTSTANDING = 256;

  @Mixin private Servers servers = new Servers();

  @Option(names = "--journal", required = true, paramLabel = "FILE")
  private Path file = Path.of("");

  @Option(names = "--json", description = "one JSON object")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  private final LongAdder missing = new LongAdder();
  private final LongAdder wrong = new LongAdder();
  private final LongAdder unread = new LongAdder();

  @Override
  public Integer call() throws InterruptedException {
    Journal.Content content;
    try {
      content = Journal.read(file);
    } catch (IOException e) {
      throw new RabiaException.Storage("the journal cannot be read: " + e, e);
    }
    try (KvClient client = KvClient.connect(servers.list, servers.clientConfig())) {
      readBack(client, content.keys());
    }
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("acknowledged", content.acknowledged());
    fields.put("missing", missing.sum());
    fields.put("wrong", wrong.sum());
    if (unread.sum() > 0) {
      fields.put("unread", unread.sum());
    }
    Output.print(spec, json, "check", fields);
    if (unread.sum() > 0) {
      spec.commandLine().getErr().println("error: " + unread.sum() + " keys could not be read");
      spec.commandLine().getErr().flush();
    }
    boolean good = missing.sum() + wrong.sum() + unread.sum() == 0;
    return good ? CommandLine.ExitCode.OK : RabiaKv.NOT_DONE;
  }

  private void readBack(KvClient client, Map<String, Journal.Expected> keys)
      throws InterruptedException {
    Semaphore places = new Semaphore(OUTSTANDING);
    for (Map.Entry<String, Journal.Expected> entry : keys.entrySet()) {
      if (entry.getValue().required()) {
        places.acquire();
        client
            .getAsync(entry.getKey().getBytes(StandardCharsets.ISO_8859_1))
            .whenComplete(
                (found, failure) -> {
                  if (failure != null) {
                    unread.increment();
                  } else {
                    compare(entry.getValue(), found);
                  }
                  places.release();
                });
      }
    }
    places.acquire(OUTSTANDING);
  }

  private void compare(Journal.Expected expected, Optional<KvEntry> found) {
    if (found.isEmpty()) {
      missing.increment();
    } else if (!expected.allows(new String(found.get().value(), StandardCharsets.ISO_8859_1))) {
      wrong.increment();
    }
  }
}
