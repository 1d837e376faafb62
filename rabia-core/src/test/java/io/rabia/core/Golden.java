package io.rabia.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bytes that a release has written, in {@code src/test/resources/golden} of a module: named parts
 * in hexadecimal, a file for each version of a format, which stands in its name. What this build
 * writes under the same version must be the same bytes: whoever changes a format gives it another
 * version, reads both, and adds a file, with {@code -Drabia.rewrite=true}.
 */
public final class Golden {
  private static final Path DIRECTORY = Path.of("src", "test", "resources", "golden");
  private static final int BYTES_PER_LINE = 40;
  private static final String PART = "# ";

  private Golden() {}

  /** Writes them when that is asked for; else they must be those of the file. */
  public static void assertUnchanged(String format, int version, Map<String, byte[]> written) {
    try {
      if (Boolean.getBoolean("rabia.rewrite")) {
        Files.createDirectories(DIRECTORY);
        Files.writeString(file(format, version), text(written));
      }
      assertThat(file(format, version))
          .as("%s has no file for version %s; see %s", format, version, Golden.class)
          .exists();
      assertThat(text(written))
          .as("the bytes of %s changed, and its version %s did not", format, version)
          .isEqualTo(Files.readString(file(format, version)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path file(String format, int version) {
    return DIRECTORY.resolve(format + "-" + version + ".txt");
  }

  private static String text(Map<String, byte[]> parts) {
    StringBuilder text = new StringBuilder();
    parts.forEach(
        (name, bytes) -> {
          text.append(PART).append(name).append('\n');
          for (int at = 0; at < bytes.length; at += BYTES_PER_LINE) {
            int end = Math.min(bytes.length, at + BYTES_PER_LINE);
            text.append(HexFormat.of().formatHex(bytes, at, end)).append('\n');
          }
        });
    return text.toString();
  }

  /** The parts of a file. */
  public static Map<String, byte[]> read(String format, int version) {
    Map<String, byte[]> parts = new LinkedHashMap<>();
    try {
      for (String part : Files.readString(file(format, version)).split("(?m)^" + PART)) {
        if (!part.isEmpty()) {
          String[] lines = part.split("\n");
          String hex = String.join("", Arrays.asList(lines).subList(1, lines.length));
          parts.put(lines[0], HexFormat.of().parseHex(hex));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return parts;
  }
}
