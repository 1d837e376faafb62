package io.rabia.kvstore.server.cli;

import io.rabia.kvstore.client.KvClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code mset KEY VALUE [KEY VALUE]...}. */
@Command(name = "mset", description = "Stores several values at once, or none of them.")
final class MultiSetCommand extends ClientCommand {
  @Parameters(arity = "2..*", paramLabel = "KEY VALUE")
  private List<String> words = List.of();

  @Override
  boolean run(KvClient client) {
    if (words.size() % 2 != 0) {
      throw new ParameterException(spec().commandLine(), "mset takes KEY VALUE [KEY VALUE]...");
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < words.size(); i += 2) {
      values.put(words.get(i), words.get(i + 1));
    }
    client.setAll(values);
    print("stored " + values.size(), Map.of("stored", values.size()));
    return true;
  }
}
