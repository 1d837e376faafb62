package io.rabia.testing.spec;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tlc2.TLC;

/**
 * Runs TLC on the specification, in a process of its own, which ends too soon for it to pay to
 * compile much. A run leaves its specification, configuration and output in {@code
 * target/tla/NAME}.
 *
 * @param name of the run
 * @param configuration the text of its configuration file
 * @param workers how many threads look for states; one alone finds a shortest counterexample
 */
record ModelChecker(String name, String configuration, int workers) {

  /**
   * What TLC found.
   *
   * @param distinctStates states that were visited
   * @param violated the invariant that does not hold
   * @param output all that TLC printed, with the counterexample
   */
  record Verdict(long distinctStates, Optional<String> violated, String output) {}

  private static final String SPECIFICATION = "WeakMvc.tla";
  private static final int NO_ERROR = 0;
  private static final int SAFETY_VIOLATION = 12;
  private static final Pattern STATES =
      Pattern.compile("(\\d+) distinct states found, \\d+ states");
  private static final Pattern VIOLATED = Pattern.compile("Invariant (\\w+) is violated");

  /** A run with a configuration as it is in the resources. */
  static ModelChecker of(String configuration) {
    return new ModelChecker(configuration, resource(configuration + ".cfg"), 2);
  }

  /** The same with other constants. */
  ModelChecker with(String newName, Map<String, String> constants) {
    String changed = configuration;
    for (Map.Entry<String, String> constant : constants.entrySet()) {
      Matcher line = Pattern.compile("(?m)^  " + constant.getKey() + " = .*$").matcher(changed);
      if (!line.find()) {
        throw new IllegalArgumentException("no constant " + constant.getKey() + " in " + name);
      }
      String text = "  " + constant.getKey() + " = " + constant.getValue();
      changed = line.replaceFirst(Matcher.quoteReplacement(text));
    }
    return new ModelChecker(newName, changed, workers);
  }

  /** The same against one invariant only, up to its first violation. */
  ModelChecker against(String invariant) {
    String unchecked = configuration.substring(0, configuration.indexOf("INVARIANTS"));
    return new ModelChecker(
        name + "-" + invariant, unchecked + "INVARIANTS\n  " + invariant + "\n", 1);
  }

  /** Runs TLC to its end. */
  Verdict run() {
    try {
      Path directory = Files.createDirectories(Path.of("target", "tla", name).toAbsolutePath());
      Files.writeString(directory.resolve(SPECIFICATION), resource(SPECIFICATION));
      Files.writeString(directory.resolve("WeakMvc.cfg"), configuration);
      return verdict(start(directory), directory.resolve("output.txt"));
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException("TLC cannot run", e);
    }
  }

  private Process start(Path directory) throws IOException, URISyntaxException {
    Path tools = Path.of(TLC.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx2g",
            "-Djava.io.tmpdir=" + directory,
            "-cp",
            tools.toString(),
            TLC.class.getName(),
            "-workers",
            String.valueOf(workers),
            "-deadlock",
            "-cleanup",
            "-metadir",
            directory.resolve("states").toString(),
            SPECIFICATION);
    File output = directory.resolve("output.txt").toFile();
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(output)
        .start();
  }

  private Verdict verdict(Process process, Path outputFile) throws IOException {
    try {
      if (!process.waitFor(1, TimeUnit.HOURS)) {
        throw new IllegalStateException("TLC does not end: " + outputFile);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
    String output = Files.readString(outputFile);
    Matcher states = STATES.matcher(output);
    if (process.exitValue() != NO_ERROR && process.exitValue() != SAFETY_VIOLATION
        || !states.find()) {
      throw new IllegalStateException("TLC failed:\n" + output);
    }
    Matcher violated = VIOLATED.matcher(output);
    Optional<String> invariant =
        process.exitValue() == SAFETY_VIOLATION && violated.find()
            ? Optional.of(violated.group(1))
            : Optional.empty();
    long distinct = Long.parseLong(states.group(1));
    System.out.println(
        name + ": " + distinct + " distinct states, " + invariant.orElse("nothing") + " violated");
    return new Verdict(distinct, invariant, output);
  }

  private static String resource(String file) {
    try (InputStream in = ModelChecker.class.getResourceAsStream("/tla/" + file)) {
      return new String(Objects.requireNonNull(in, file).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
