package io.rabia.kvstore.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The class path of the tests, all in jars, and the classes of a server that has come back, as the
 * virtual machine keeps them (class data sharing); see "Start" in docs/operations.md. Made once,
 * before the first server of the tests starts. Any thread.
 */
final class SharedClasses {
  static final String CLASS_PATH;
  private static final String C1_ONLY = "-XX:TieredStopAtLevel=1";
  private static final Path DIRECTORY;

  static {
    try {
      DIRECTORY = Files.createTempDirectory("rabia-classes");
      Runtime.getRuntime().addShutdownHook(new Thread(SharedClasses::delete));
      String tests =
          System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
      CLASS_PATH =
          Arrays.stream(tests.split(File.pathSeparator))
              .filter(path -> Files.exists(Path.of(path)))
              .map(SharedClasses::jar)
              .collect(Collectors.joining(File.pathSeparator));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private SharedClasses() {}

  /** Flags with which a server starts quickly, and is slower than others later. */
  static List<String> quickStart() {
    return Made.FLAGS;
  }

  private static final class Made {
    static final List<String> FLAGS = make();

    private static List<String> make() {
      Path archive = DIRECTORY.resolve("server.jsa");
      try (ServerProcesses servers = new ServerProcesses(DIRECTORY, 3, "fsync")) {
        servers.virtualMachine(C1_ONLY).startAll();
        assertThat(servers.run("set", "greeting", "hello").code()).isZero();
        servers.kill(1);
        servers.virtualMachine(C1_ONLY, "-XX:ArchiveClassesAtExit=" + archive).start(List.of(1));
        servers.awaitServing(List.of(1));
        assertThat(servers.terminate(1, Duration.ofSeconds(20))).isZero();
      } catch (RuntimeException | AssertionError e) {
        System.err.println("the servers of tests start without an archive: " + e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      // A JDK without an archive of its own classes makes none.
      return Files.exists(archive)
          ? List.of(C1_ONLY, "-XX:SharedArchiveFile=" + archive)
          : List.of(C1_ONLY);
    }
  }

  /** Only jars can be archived. */
  private static String jar(String path) {
    if (!Files.isDirectory(Path.of(path))) {
      return path;
    }
    try {
      String jar = Files.createTempFile(DIRECTORY, "classes", ".jar").toString();
      int code =
          ToolProvider.findFirst("jar")
              .orElseThrow()
              .run(System.out, System.err, "-c", "-f", jar, "-C", path, ".");
      assertThat(code).isZero();
      return jar;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete() {
    try (Stream<Path> files = Files.walk(DIRECTORY)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
