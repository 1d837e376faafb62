package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvPage;
import io.rabia.kvstore.client.KvClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code keys [PREFIX] [--values] [--limit N]}. */
@Command(
    name = "keys",
    description =
        "Prints the keys that begin so, in order, a line each; read in pages, so no snapshot.")
final class KeysCommand extends ClientCommand {
  @Parameters(arity = "0..1", paramLabel = "PREFIX")
  private String prefix = "";

  @Option(names = "--values", description = "with their values, after a tab")
  private boolean values;

  @Option(names = "--limit", defaultValue = "2147483647", description = "at most so many")
  private int limit;

  @Override
  boolean run(KvClient client) {
    int count = 0;
    for (KvPage.Item item : client.scan(bytes(prefix), !values)) {
      if (count++ == limit) {
        break;
      }
      printItem(item, values);
    }
    return true;
  }
}
