package io.rabia.testing.conformance;

import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.persistence.FilePersistence;
import io.rabia.persistence.FilePersistenceConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

class FilePersistenceConformanceTest {

  private abstract static class OnFiles extends PersistenceConformance {
    @TempDir Path directory;
    private final FilePersistenceConfig config;

    OnFiles(Durability durability) {
      config = FilePersistenceConfig.builder().durability(durability).segmentBytes(1024).build();
    }

    @Override
    protected Persistence create() {
      return new FilePersistence(directory.resolve("log"), config);
    }

    /** A copy of the files, without the lock, which dies with its process. */
    @Override
    protected Persistence afterProcessDeath() {
      Path copy = directory.resolve("copy");
      try (Stream<Path> files = Files.list(directory.resolve("log"))) {
        List<Path> left =
            files.filter(file -> !file.getFileName().toString().startsWith("lock")).toList();
        Files.createDirectory(copy);
        for (Path file : left) {
          Files.copy(file, copy.resolve(file.getFileName()));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new FilePersistence(copy, config);
    }
  }

  @Nested
  class Fsync extends OnFiles {
    Fsync() {
      super(Durability.FSYNC);
    }
  }

  @Nested
  class Os extends OnFiles {
    Os() {
      super(Durability.OS);
    }
  }
}
