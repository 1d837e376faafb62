package io.rabia.testing.sim;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a process runs in that must make no difference to a simulation: virtual machine, language,
 * time zone, encoding, heap, and what identity hash codes are made from.
 */
record Surroundings(String name, Path javaHome, List<String> options) {
  private static final Path OWN_JAVA = Path.of(System.getProperty("java.home"));

  static Surroundings plain() {
    return new Surroundings("plain", OWN_JAVA, List.of("-Xmx2g"));
  }

  /** The same Java, everything else as different as can be. */
  static Surroundings strange() {
    return new Surroundings(
        "strange",
        OWN_JAVA,
        List.of(
            "-XX:+UnlockExperimentalVMOptions",
            "-XX:hashCode=3",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx3g",
            "-Dfile.encoding=UTF-16",
            "-Duser.language=ar",
            "-Duser.country=EG",
            "-Duser.timezone=Asia/Kathmandu"));
  }

  /** Another version of Java, if one is installed next to the running one. */
  static Optional<Surroundings> otherJava() {
    try (Stream<Path> installed = Files.list(OWN_JAVA.toRealPath().getParent())) {
      return installed
          .filter(home -> Files.isExecutable(home.resolve("bin/java")))
          .filter(home -> !version(home).isEmpty() && !version(home).equals(version(OWN_JAVA)))
          .max(Path::compareTo)
          .map(
              home ->
                  new Surroundings(
                      "java-" + version(home),
                      home,
                      List.of("-Xmx2g", "-Duser.language=tr", "-Duser.timezone=Pacific/Apia")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String version(Path javaHome) {
    try (Stream<String> lines = Files.lines(javaHome.resolve("release"))) {
      return lines
          .filter(line -> line.startsWith("JAVA_VERSION="))
          .map(line -> line.replaceAll("[^0-9.]", ""))
          .findFirst()
          .orElse("");
    } catch (IOException | UncheckedIOException e) {
      return "";
    }
  }

  /** Starts a process that writes its output to a file. */
  Process start(Class<?> main, List<String> arguments, Path output) {
    List<String> command = new ArrayList<>();
    command.add(javaHome.resolve("bin" + File.separator + "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    try {
      Files.createDirectories(output.getParent());
      return new ProcessBuilder(command)
          .redirectOutput(output.toFile())
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
