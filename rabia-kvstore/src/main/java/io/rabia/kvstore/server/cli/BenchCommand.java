package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.network.client.ClientCore;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench}: makes load and prints what came of it. */
@Command(name = "bench", description = "Loads the servers and prints throughput and latencies.")
final class BenchCommand implements Callable<Integer> {
  @Mixin private Servers servers = new Servers();
  @Mixin private BenchOptions options = new BenchOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    String invalid = options.invalid();
    if (invalid != null) {
      throw new ParameterException(spec.commandLine(), invalid);
    }
    try (Journal journal = options.journal == null ? null : Journal.append(options.journal);
        ClientCore core = ClientCore.connect(servers.list, servers.clientConfig())) {
      run(core, journal);
      return CommandLine.ExitCode.OK;
    } catch (IOException e) {
      throw new RabiaException.Storage("journal: " + e, e);
    } catch (CompletionException e) {
      throw e.getCause() instanceof RabiaException cause ? cause : e;
    }
  }

  private void run(ClientCore core, @Nullable Journal journal) {
    Bench bench = new Bench(core, options, servers.timeout(), journal);
    CountDownLatch printed = new CountDownLatch(1);
    Thread interrupted = new Thread(() -> finish(bench, printed), "rabia-bench-stop");
    Runtime.getRuntime().addShutdownHook(interrupted);
    try {
      bench.run().forEach(spec.commandLine().getOut()::println);
      spec.commandLine().getOut().flush();
    } finally {
      printed.countDown();
      remove(interrupted);
    }
  }

  /** Who interrupts it sees what came of it so far. */
  private static void finish(Bench bench, CountDownLatch printed) {
    bench.stop();
    try {
      printed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // it is what ends this process
    }
  }
}
