package io.rabia.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What an artifact brings to those who embed it, as Maven resolved it for the build under way: what
 * is needed to compile or to run, transitively, and not optional.
 */
public final class Dependencies {
  private static final Pattern ARTIFACT = Pattern.compile("^ +([^: ]+:[^: ]+):");

  private Dependencies() {}

  /** Compares it with the artifact's list in {@code .ci/dependencies}. */
  public static void assertAsListed() throws IOException {
    Path module = Path.of("").toAbsolutePath();
    Path list = module.resolveSibling(".ci/dependencies/" + module.getFileName() + ".txt");
    List<String> brought =
        Files.readAllLines(module.resolve("target/dependencies.txt")).stream()
            .filter(line -> !line.contains("(optional)"))
            .flatMap(line -> ARTIFACT.matcher(line).results())
            .map(line -> line.group(1))
            .sorted()
            .toList();
    assertThat(brought)
        .as("what %s brings, compared with %s", module.getFileName(), list)
        .isEqualTo(Files.readAllLines(list));
  }
}
