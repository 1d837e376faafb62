package io.rabia.kvstore.server.cli;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.engine.Backup;
import io.rabia.engine.NewCluster;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.KvStateMachine;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code export --to FILE}: all keys at one slot, as JSON lines. */
@Command(
    name = "export",
    description = "Writes all keys, as they are at one slot, as a JSON object a line.")
final class ExportCommand implements Callable<Integer> {
  /** Of a line: what was left to the key at the slot. Not there for those that live for ever. */
  static final String TIME_TO_LIVE = "timeToLiveNanos";

  private static final NodeId ANY = NodeId.of(1);

  @Option(names = "--servers", paramLabel = "HOST:PORT,...", description = "of running servers")
  private @Nullable String servers;

  @Option(names = "--from", paramLabel = "BACKUP", description = "or out of a backup")
  private @Nullable Path backup;

  @Option(names = "--to", required = true, paramLabel = "FILE", description = "must not exist")
  private Path file = Path.of("");

  @Option(names = "--timeout", defaultValue = "5", paramLabel = "SECONDS")
  private double timeoutSeconds;

  @Option(names = "--json", description = "one JSON object about it; the file is the same")
  private boolean json;

  @Mixin private StoreLimits limits = new StoreLimits();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    if ((servers == null) == (backup == null)) {
      throw new ParameterException(
          spec.commandLine(), "export takes --servers or --from, one of both");
    }
    WholeFile.requireAbsent(file);
    Path source = backup == null ? Files.createTempDirectory("rabia-export") : null;
    try {
      return export(backup == null ? download(source.resolve("backup")) : backup);
    } finally {
      if (source != null) {
        Files.deleteIfExists(source.resolve("backup"));
        Files.delete(source);
      }
    }
  }

  private Path download(Path target) {
    Servers asked = new Servers();
    asked.list = String.valueOf(servers);
    asked.timeoutSeconds = timeoutSeconds;
    try (Operator operator = new Operator(asked, spec.commandLine())) {
      new BackupDownload(operator).to(target);
      return target;
    }
  }

  private int export(Path from) {
    KvStateMachine store = new KvStateMachine(limits.config());
    NewCluster cluster = new NewCluster(ANY, ClusterConfig.parse("1=localhost:1"), store);
    Backup read = cluster.take(from);
    try {
      WholeFile.write(file, channel -> write(store, channel));
    } catch (IOException e) {
      throw new RabiaException.Storage("cannot write " + file + ": " + e, e);
    }
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("entries", store.entries());
    fields.put("slot", read.slot());
    fields.put("data", String.format(Locale.ROOT, "%016x", read.data()));
    fields.put("file", file);
    Output.print(spec, json, "export", fields);
    return CommandLine.ExitCode.OK;
  }

  private static void write(KvStateMachine store, FileChannel channel) throws IOException {
    Writer out = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
    store.forEach((key, entry, timeToLive) -> out.write(line(key, entry, timeToLive) + "\n"));
    out.flush();
  }

  private static String line(byte[] key, KvEntry entry, long timeToLive) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    Output.put(fields, "key", key);
    Output.putValue(fields, entry.value());
    fields.put("version", entry.version());
    fields.put("createdNanos", entry.created());
    fields.put("updatedNanos", entry.updated());
    if (timeToLive != KvCommand.Put.FOREVER) {
      fields.put(TIME_TO_LIVE, timeToLive);
    }
    return Output.json(fields);
  }
}
