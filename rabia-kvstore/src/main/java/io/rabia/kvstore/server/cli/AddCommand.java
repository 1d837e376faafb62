package io.rabia.kvstore.server.cli;

import io.rabia.core.ClusterConfig;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code add ID=HOST:PORT ...}. */
@Command(
    name = "add",
    description =
        "Gives votes to servers that were started with --initial existing and have caught up.")
final class AddCommand extends MembershipCommand {
  @Parameters(arity = "1..*", paramLabel = "ID=HOST:PORT", description = "where peers reach it")
  private List<String> added = List.of();

  @Override
  Next next(List<ClusterConfig.Member> members, long alpha) {
    return new Next(with(members, added), alpha);
  }
}
