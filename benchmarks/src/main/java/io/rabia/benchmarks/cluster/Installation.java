package io.rabia.benchmarks.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where this program lies, and what lies beside it. */
final class Installation {
  private static final String LIBRARY = "rabia-benchmarks-*.jar";

  private Installation() {}

  private static Path code() {
    try {
      return Path.of(
          Installation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static String directory() {
    return String.valueOf(code().toAbsolutePath().getParent());
  }

  static Path beside(String name) {
    return code().resolveSibling(name);
  }

  /** With everything that it depends on. */
  static String classPath() {
    return System.getProperty("java.class.path");
  }

  /** This module's classes and nothing else: what stands beside a peer's jars. */
  static Path ownClasses() {
    if (Files.isDirectory(code())) {
      return code();
    }
    List<Path> found =
        files(code().toAbsolutePath().getParent(), LIBRARY).stream()
            .filter(jar -> !jar.toString().matches(".*-(sources|javadoc)\\.jar"))
            .toList();
    if (found.size() != 1) {
      throw new IllegalStateException(
          "one " + LIBRARY + " beside " + code() + " expected, not " + found);
    }
    return found.get(0);
  }

  /** By name. */
  static List<Path> files(Path directory, String glob) {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, glob)) {
        found.forEach(files::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return files.stream().sorted().toList();
  }
}
