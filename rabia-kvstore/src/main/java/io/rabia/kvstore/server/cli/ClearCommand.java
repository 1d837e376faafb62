package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code clear --yes}. */
@Command(name = "clear", description = "Removes all keys.")
final class ClearCommand extends ClientCommand {
  @Option(names = "--yes", required = true, description = "that this is meant")
  private boolean yes;

  @Override
  boolean run(KvClient client) {
    int count = client.clear();
    print("removed " + count, Map.of("removed", count));
    return yes;
  }
}
