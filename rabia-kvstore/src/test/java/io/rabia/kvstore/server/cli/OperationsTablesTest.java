package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The states, reasons and errors in the tables of docs/operations.md are those of the sources. */
final class OperationsTablesTest {
  private static final Path GUIDE = Path.of("..", "docs", "operations.md");
  private static final String TABLES = "## Exit codes of a server";
  private static final Pattern ROW = Pattern.compile("(?m)^\\| ([^|]*) \\| ([^|]*) \\|");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern VARIABLE =
      Pattern.compile("(?<![A-Za-z])(?:N|DIR|FILE)(?![A-Za-z])|\\.\\.\\.");
  private static final Pattern REASON =
      Pattern.compile("running\\(EngineState\\.\\w+, ([^;]*)\\);");
  private static final Pattern LITERAL = Pattern.compile("\"([^\"]+)\"");

  private static String sources() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String module : List.of("rabia-engine", "rabia-persistence", "rabia-kvstore")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
        files.filter(Files::isRegularFile).sorted().forEach(file -> all.append(read(file)));
      }
    }
    return all.toString().replaceAll("\"\\s*\\+\\s*\"", "");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(result -> result.group(1)).toList();
  }

  @Test
  void everyReasonOfTheGuideIsInTheSourcesAndEveryReasonOfAStateInTheGuide() throws IOException {
    String guide = read(GUIDE);
    String tables = guide.substring(guide.indexOf(TABLES));
    String sources = sources();
    List<String> said =
        ROW.matcher(tables)
            .results()
            .map(OperationsTablesTest::reasons)
            .flatMap(cells -> found(CODE, cells).stream())
            .toList();
    assertThat(said).hasSizeGreaterThan(20);
    for (String reason : said) {
      for (String part : VARIABLE.split(reason)) {
        assertThat(sources.contains(part) || sources.contains(part.replace('_', ' ')))
            .as("'%s' of '%s'", part, reason)
            .isTrue();
      }
    }
    List<String> reasons =
        found(LITERAL, found(REASON, sources).stream().collect(Collectors.joining()));
    assertThat(reasons).hasSizeGreaterThan(5);
    assertThat(said).containsAll(reasons);
  }

  /** In the table of states the second column holds the reasons, else the first. */
  private static String reasons(MatchResult row) {
    return row.group(1).matches("`[A-Z_]+`") ? row.group(1) + row.group(2) : row.group(1);
  }
}
