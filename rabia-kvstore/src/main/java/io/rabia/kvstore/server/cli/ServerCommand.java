package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import io.rabia.kvstore.server.KvServer;
import io.rabia.kvstore.server.ServerConfig;
import io.rabia.kvstore.server.Settings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
    throw serve(settings, starter, spec.commandLine().getOut());
  }

  /** Returns only with the reason why the server stopped. */
  static RabiaException serve(Settings settings, KvServer.NodeStarter starter, PrintWriter out)
      throws InterruptedException {
    Lifetime lifetime = new Lifetime();
    KvServer server = KvServer.start(ServerConfig.of(settings), starter, lifetime::stopped);
    return lifetime.live(out, List.of(server.readyLine()), server::close);
  }
}
