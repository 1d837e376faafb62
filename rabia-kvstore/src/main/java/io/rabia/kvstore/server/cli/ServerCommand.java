package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.kvstore.server.KvServer;
import io.rabia.kvstore.server.ServerConfig;
import io.rabia.kvstore.server.Settings;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a server until it is told to stop or its node stops. */
@Command(
    name = "server",
    description = "Runs a member of a cluster.",
    mixinStandardHelpOptions = true,
    versionProvider = RabiaKv.VersionText.class)
final class ServerCommand implements Callable<Integer> {
  private final KvServer.NodeStarter starter;

  @Option(names = "--config", paramLabel = "FILE", description = "properties, keys as the flags")
  private @Nullable Path file;

  @Option(names = "--print-config", description = "show what is in force and from where, and exit")
  private boolean printConfig;

  @Spec private CommandSpec spec = CommandSpec.create();

  ServerCommand(KvServer.NodeStarter starter) {
    this.starter = starter;
  }

  @Override
  public Integer call() throws InterruptedException {
    Settings settings = SettingFlags.settings(spec, Map.of(), file);
    if (printConfig) {
      spec.commandLine().getOut().print(settings.describe());
      spec.commandLine().getOut().flush();
      return CommandLine.ExitCode.OK;
    }
    ServerConfig config = ServerConfig.of(settings);
    BlockingQueue<RabiaException> stopped = new LinkedBlockingQueue<>();
    KvServer server = KvServer.start(config, starter, stopped::add);
    AtomicBoolean ended = new AtomicBoolean();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, ended), "rabia-stop"));
    spec.commandLine().getOut().println(server.readyLine());
    spec.commandLine().getOut().flush();
    RabiaException reason = stopped.take();
    ended.set(true);
    server.close();
    throw reason;
  }

  /** A signal would give the exit code 128 + its number; a drained stop is a success. */
  private static void stop(KvServer server, AtomicBoolean ended) {
    if (ended.compareAndSet(false, true)) {
      server.close();
      System.out.flush();
      Runtime.getRuntime().halt(CommandLine.ExitCode.OK);
    }
  }
}
