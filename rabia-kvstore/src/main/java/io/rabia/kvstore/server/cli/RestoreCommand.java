package io.rabia.kvstore.server.cli;

import io.rabia.engine.Backup;
import io.rabia.engine.NewCluster;
import io.rabia.kvstore.server.BackupText;
import io.rabia.kvstore.server.OfflineNode;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code restore --from FILE}: the first member of a new cluster. The others join it as they join
 * every cluster; so a token is made once and for one directory, and nobody has to bring the same
 * file to all of them.
 */
@Command(
    name = "restore",
    description = "Makes the data directory of the first member of a new cluster out of a backup.",
    mixinStandardHelpOptions = true,
    versionProvider = RabiaKv.VersionText.class)
final class RestoreCommand implements Callable<Integer> {
  @Option(names = "--config", paramLabel = "FILE", description = "properties, keys as the flags")
  private @Nullable Path file;

  @Option(names = "--from", required = true, paramLabel = "BACKUP")
  private Path backup = Path.of("");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    OfflineNode node = new OfflineNode(settings -> SettingFlags.settings(spec, settings, file));
    Backup taken = node.cluster().take(backup);
    spec.commandLine().getOut().println(BackupText.line("backup", taken));
    NewCluster.Founded founded = node.found(node.data());
    spec.commandLine().getOut().println(node.line("restore", founded));
    spec.commandLine().getOut().flush();
    return CommandLine.ExitCode.OK;
  }
}
