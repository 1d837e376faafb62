package io.rabia.kvstore.server.cli;

import io.rabia.core.ClusterConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code reconfigure [--members LIST] [--alpha N]}: any other configuration in one step. */
@Command(name = "reconfigure", description = "Changes all members, or the window, in one step.")
final class ReconfigureCommand extends MembershipCommand {
  @Option(
      names = "--members",
      paramLabel = "ID=HOST:PORT,...",
      description = "all members from then on (default: those of now)")
  private @Nullable String list;

  @Option(
      names = "--alpha",
      paramLabel = "N",
      description = "slots that may be open at once (default: as now)")
  private @Nullable Integer window;

  @Override
  Next next(List<ClusterConfig.Member> members, long alpha) {
    return new Next(
        list == null ? members : ClusterConfig.parse(list).members(),
        window == null ? alpha : window);
  }
}
