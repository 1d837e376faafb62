package io.rabia.kvstore.server.cli;

import io.rabia.engine.NewCluster;
import io.rabia.kvstore.server.OfflineNode;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code recover --force-new-cluster}: when a majority is lost for good, a new cluster goes on with
 * what one member still has. The former directory stays as it is.
 */
@Command(
    name = "recover",
    description = {
      "When a majority of a cluster is lost for good: makes the data directory of the first member of",
      "a new cluster out of what this member still has. What may be lost is said first."
    },
    mixinStandardHelpOptions = true,
    versionProvider = RabiaKv.VersionText.class)
final class RecoverCommand implements Callable<Integer> {
  @Option(names = "--config", paramLabel = "FILE", description = "properties, keys as the flags")
  private @Nullable Path file;

  @Option(names = "--force-new-cluster", description = "must be given: there is no other way")
  private boolean force;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "DIR",
      description = "data directory of the new cluster's member; empty")
  private Path target = Path.of("");

  @Option(
      names = "--accept-loss",
      description = "without it, only what may be lost is said, and nothing is made")
  private boolean accepted;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    if (!force) {
      throw new ParameterException(
          spec.commandLine(), "the only way to recover is --force-new-cluster");
    }
    OfflineNode node = new OfflineNode(settings -> SettingFlags.settings(spec, settings, file));
    NewCluster.Left left = node.take();
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "left cluster=%s slot=%d hash=%016x data=%016x open=%d%n",
            left.cluster(),
            left.slot(),
            left.hash(),
            left.data(),
            left.open());
    left.damage().ifPresent(why -> spec.commandLine().getOut().println("damaged: " + why));
    spec.commandLine().getOut().print(loss(left));
    if (accepted) {
      NewCluster.Founded founded = node.found(target);
      spec.commandLine().getOut().println(node.line("recover", founded));
    } else {
      spec.commandLine().getOut().println("nothing was made: --accept-loss is not given");
    }
    spec.commandLine().getOut().flush();
    return accepted ? CommandLine.ExitCode.OK : RabiaKv.NOT_DONE;
  }

  private static String loss(NewCluster.Left left) {
    return String.format(
        Locale.ROOT,
        "lost, also where clients were told that it was done: everything from slot %d on that the"
            + " other members decided;%n"
            + "    in %d of these slots this member took part and does not know the end. Use the"
            + " member with the highest slot.%n"
            + "lost in any case: the sessions of clients. Commands without an answer may be done or"
            + " not.%n",
        left.slot(),
        left.open());
  }
}
