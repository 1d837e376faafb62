package io.rabia.kvstore.server.cli;

import io.rabia.core.ClusterConfig;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code replace ID ID=HOST:PORT}. */
@Command(name = "replace", description = "As remove and add, in one step.")
final class ReplaceCommand extends MembershipCommand {
  @Parameters(index = "0", paramLabel = "ID", description = "the member that goes")
  private int removed;

  @Parameters(index = "1", paramLabel = "ID=HOST:PORT", description = "the one that comes")
  private String added = "";

  @Override
  Next next(List<ClusterConfig.Member> members, long alpha) {
    return new Next(with(without(members, List.of(removed)), List.of(added)), alpha);
  }
}
