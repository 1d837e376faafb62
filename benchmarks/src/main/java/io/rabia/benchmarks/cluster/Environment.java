package io.rabia.benchmarks.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** On what and with what it is measured: name and text, to be repeated by others. */
record Environment(Map<String, String> facts) {
  private static final String UNKNOWN = "unknown";

  Environment {
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  /**
   * @param arguments the command line
   */
  static Environment of(BenchOptions options, List<String> arguments) throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    facts.put("command", ("cluster-bench.jar " + String.join(" ", arguments)).trim());
    facts.put("commit", commit());
    facts.put("processors", String.valueOf(Runtime.getRuntime().availableProcessors()));
    facts.put("cpu", line(Path.of("/proc/cpuinfo"), "model name"));
    facts.put("memory", line(Path.of("/proc/meminfo"), "MemTotal"));
    facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("disk", Files.getFileStore(options.data()).type());
    facts.put(
        "jvm", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    for (Contender contender : options.contenders()) {
      facts.put(contender.id(), contender.version(options.peersDirectory()));
      facts.put(contender.id() + " reads", contender.reads());
    }
    return new Environment(facts);
  }

  /** Of the checkout that this program was built in; what is not in it is said. */
  private static String commit() {
    String head = git("rev-parse", "HEAD");
    return head.isEmpty()
        ? UNKNOWN
        : git("status", "--porcelain", "--untracked-files=no").isEmpty() ? head : head + " changed";
  }

  private static String git(String... arguments) {
    List<String> command = new ArrayList<>(List.of("git", "-C", Installation.directory()));
    command.addAll(List.of(arguments));
    try {
      Process git =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
      return git.waitFor(10, TimeUnit.SECONDS) && git.exitValue() == 0 ? said : "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    } catch (IOException noGit) {
      return "";
    }
  }

  /** What stands behind the colon in the first line that begins so. */
  private static String line(Path file, String name) throws IOException {
    if (!Files.isReadable(file)) {
      return UNKNOWN;
    }
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElse(UNKNOWN);
  }
}
