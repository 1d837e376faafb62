package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.FreePorts;
import io.rabia.kvstore.server.cli.ServerProcesses.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs every command in the boxes of docs/operations.md, in their order, and compares what is
 * printed with what stands there, but for numbers.
 */
@Tag("integration")
@Tag("long")
@Timeout(600)
final class OperationsGuideTest {
  private static final Path GUIDE = Path.of("..", "docs", "operations.md");
  private static final Pattern BOX = Pattern.compile("(?ms)^```console\\n(.*?)^```$");
  private static final Pattern ADDRESS = Pattern.compile("127\\.0\\.0\\.1:(\\d+)");
  private static final Pattern VARIABLE = Pattern.compile("\\$([A-Z]+\\d?)");
  private static final Pattern SLOT = Pattern.compile("\\bslot=(\\d+)");

  /** What is another number in every run. */
  private static final Pattern NUMBER =
      Pattern.compile(
          "(\\b(?:from|decided|applied|hash|slots|batches|noop|forfeits|fast|pending|own|data|slot"
              + "|bytes|crc|cluster|open)=|\\bslot |\\bin )[0-9a-f.]+\\b");

  private static final Set<String> PATHS = Set.of("--data", "--to", "--from");

  /** What may be asked again until it is as it should be. */
  private static final Set<String> QUESTIONS = Set.of("status", "members", "get");

  @TempDir private Path directory;
  private final Map<String, String> variables = new HashMap<>();
  private final Map<String, String> portOf = new HashMap<>();
  private final Map<String, Process> servers = new HashMap<>();
  private int started;
  private String lastSlot = "";

  @Test
  void everyCommandPrintsWhatTheGuideSays() throws IOException {
    String guide = Files.readString(GUIDE);
    int commands = 0;
    try (ServerProcesses processes = new ServerProcesses(directory, 1, "fsync")) {
      Matcher box = BOX.matcher(guide);
      while (box.find()) {
        for (String step : box.group(1).split("(?m)^\\$ ")) {
          if (!step.isBlank()) {
            String[] lines = step.split("\n", 2);
            run(processes, lines[0], lines[1]);
            commands++;
          }
        }
      }
    }
    assertThat(commands).isGreaterThan(40);
  }

  private void run(ServerProcesses processes, String line, String expected) throws IOException {
    String command = VARIABLE.matcher(line).replaceAll(found -> variables.get(found.group(1)));
    String[] words = command.split("[ ;]+");
    if (line.matches("[A-Z]+=.*")) {
      String[] parts = line.split("=", 2);
      variables.put(parts[0], parts[1]);
    } else if (words[0].equals("kill")) {
      Process server = servers.get(words[words.length - 1]);
      ServerProcesses.signal(server, words[1].equals("-9") ? "KILL" : "TERM");
      awaitSoon(command).until(() -> !server.isAlive());
    } else if (words[0].equals("wait")) {
      Process server = servers.get(words[1]);
      awaitSoon(command).until(() -> !server.isAlive());
      assertThat(server.exitValue() + "\n").as(line).isEqualTo(expected);
    } else if (words[0].equals("rm")) {
      delete(directory.resolve(words[2]));
    } else if (command.endsWith(" &")) {
      serve(processes, arguments(command.substring(0, command.length() - 2)), expected);
    } else {
      assertPrints(arguments(command), expected);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  /** As on the machine of this test: other ports, and files in its directory. */
  private List<String> arguments(String command) {
    String here =
        ADDRESS
            .matcher(command)
            .replaceAll(
                found ->
                    "127.0.0.1:"
                        + portOf.computeIfAbsent(found.group(1), port -> "" + FreePorts.next()));
    String now = here.replaceAll("--at \\d+", "--at " + lastSlot);
    List<String> words = new ArrayList<>(Arrays.asList(now.split(" ")));
    assertThat(words.remove(0)).isEqualTo("rabia-kv");
    for (int i = 1; i < words.size(); i++) {
      if (PATHS.contains(words.get(i - 1))) {
        words.set(i, directory.resolve(words.get(i)).toString());
      }
    }
    return words;
  }

  private void serve(ServerProcesses processes, List<String> arguments, String expected) {
    String name = "guide-" + ++started;
    String id = arguments.get(arguments.indexOf("--id") + 1);
    List<String> flags = arguments.subList(1, arguments.size());
    Process server = processes.java(name, RabiaKv.class, "server", flags);
    servers.put(name, server);
    variables.put("PID" + id, name);
    awaitSoon("READY of " + id)
        .failFast(() -> assertThat(server.isAlive()).as(processes.text(name + ".err")).isTrue())
        .until(() -> !processes.text(name + ".out").isEmpty());
    assertThat(asInTheGuide(processes.text(name + ".out"))).isEqualTo(asInTheGuide(expected));
  }

  private void assertPrints(List<String> arguments, String expected) {
    boolean question = QUESTIONS.contains(arguments.get(0));
    Output[] last = new Output[1];
    try {
      awaitSoon(arguments.get(0))
          .until(
              () -> {
                last[0] = ServerProcesses.command(arguments);
                boolean same = asInTheGuide(last[0].out()).equals(asInTheGuide(expected));
                return same || last[0].code() == 0 && !question;
              });
    } finally {
      assertThat(asInTheGuide(last[0].out()))
          .as("%s: %s", arguments, last[0])
          .isEqualTo(asInTheGuide(expected));
    }
    Matcher slot = SLOT.matcher(last[0].out());
    while (slot.find()) {
      lastSlot = slot.group(1);
    }
  }

  private String asInTheGuide(String printed) {
    String text = printed.replace(directory + "/", "").replace("\r\n", "\n");
    for (Map.Entry<String, String> port : portOf.entrySet()) {
      text = text.replace(":" + port.getValue(), ":" + port.getKey());
    }
    return NUMBER.matcher(text).replaceAll("$1N");
  }
}
