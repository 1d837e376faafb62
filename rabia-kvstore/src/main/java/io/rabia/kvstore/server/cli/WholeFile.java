package io.rabia.kvstore.server.cli;

import io.rabia.core.RabiaException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Writes files that have their names only when they are whole and forced. Stateless. */
final class WholeFile {

  /** What is to be in the file. */
  @FunctionalInterface
  interface Content {
    /**
     * @param out may be read, too
     */
    void write(FileChannel out) throws IOException;
  }

  private WholeFile() {}

  /**
   * @throws RabiaException.Storage when it is
   */
  static void requireAbsent(Path file) {
    if (Files.exists(file)) {
      throw new RabiaException.Storage(file + " is there already", null);
    }
  }

  /** Under another name first; of what fails nothing is left. */
  static void write(Path file, Content content) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (FileChannel out =
          FileChannel.open(
              part,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE)) {
        content.write(out);
        out.force(true);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
