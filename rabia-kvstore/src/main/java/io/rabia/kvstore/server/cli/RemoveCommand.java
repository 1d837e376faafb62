package io.rabia.kvstore.server.cli;

import io.rabia.core.ClusterConfig;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code remove ID ...}. */
@Command(
    name = "remove",
    description = "Takes the votes of members; their servers stop when they are not needed.")
final class RemoveCommand extends MembershipCommand {
  @Parameters(arity = "1..*", paramLabel = "ID")
  private List<Integer> removed = List.of();

  @Override
  Next next(List<ClusterConfig.Member> members, long alpha) {
    return new Next(without(members, removed), alpha);
  }
}
