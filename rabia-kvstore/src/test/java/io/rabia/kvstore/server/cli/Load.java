package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import io.rabia.network.client.ClientConfig;
import io.rabia.network.client.ClientCore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** What {@code bench} does, in the background, for as long as a test needs it. */
final class Load implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final double FOR_EVER = 1000;

  private final ClientCore core;
  private final @Nullable Journal journal;
  private final Bench bench;
  private final CompletableFuture<List<String>> lines;

  /**
   * @param arguments of bench
   */
  Load(String servers, String... arguments) {
    BenchOptions options = CommandLine.populateCommand(new BenchOptions(), arguments);
    options.seconds = FOR_EVER;
    try {
      journal = options.journal == null ? null : Journal.append(options.journal);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    core = ClientCore.connect(servers, ClientConfig.defaults().withRequestTimeout(TIMEOUT));
    bench = new Bench(core, options, TIMEOUT, journal);
    lines = CompletableFuture.supplyAsync(bench::run, task -> new Thread(task, "load").start());
  }

  /** Lets what is outstanding come to its end and returns what bench prints. */
  Output stop() {
    bench.stop();
    return new Output(0, String.join("\n", lines.join()), "");
  }

  @Override
  public void close() {
    bench.stop();
    try {
      lines.exceptionally(failure -> List.of()).join();
      if (journal != null) {
        journal.close();
      }
    } catch (IOException e) {
      throw new RabiaException.Storage("journal", e);
    } finally {
      core.close();
    }
  }
}
