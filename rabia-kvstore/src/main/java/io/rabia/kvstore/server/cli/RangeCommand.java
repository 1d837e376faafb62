package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.KvPage;
import io.rabia.kvstore.client.KvClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code range FROM [TO] [--values] [--limit N]}. */
@Command(
    name = "range",
    description =
        "Prints the keys from FROM on, before TO, in order, a line each; read in pages, so no"
            + " snapshot.")
final class RangeCommand extends ClientCommand {
  private static final int PAGE = 1000;

  @Parameters(index = "0", paramLabel = "FROM")
  private String from = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "TO", description = "default: to the end")
  private @Nullable String to;

  @Option(names = "--values", description = "with their values, after a tab")
  private boolean values;

  @Option(names = "--limit", defaultValue = "2147483647", description = "at most so many")
  private int limit;

  @Override
  boolean run(KvClient client) {
    byte @Nullable [] end = to == null ? null : bytes(to);
    byte @Nullable [] next = bytes(from);
    int left = limit;
    while (next != null && left > 0) {
      KvPage page = client.range(next, end, Math.min(left, PAGE));
      page.items().forEach(item -> printItem(item, values));
      left -= page.items().size();
      next = page.next();
    }
    return true;
  }
}
