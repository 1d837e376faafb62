package io.rabia.persistence;

import io.rabia.core.persistence.Durability;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Small things that the tests of logs share. */
final class Logs {
  static final Runnable NO_WAKEUP = () -> {};
  static final FilePersistenceConfig FSYNC = config(Durability.FSYNC);
  static final FilePersistenceConfig OS = config(Durability.OS);

  private Logs() {}

  private static FilePersistenceConfig config(Durability durability) {
    return FilePersistenceConfig.builder().durability(durability).segmentBytes(1024).build();
  }

  /**
   * Opens; what is replayed goes into {@code replayed}, whose index is the group's number less one.
   */
  static FilePersistence open(Disk disk, FilePersistenceConfig config, List<String> replayed) {
    FilePersistence log = new FilePersistence(disk, config);
    log.open(
        (number, group) -> {
          replayed.add(text(group));
          if (number != replayed.size()) {
            throw new AssertionError("group " + number + " came as " + replayed.size());
          }
          return true;
        },
        NO_WAKEUP);
    return log;
  }

  static FilePersistence open(Disk disk, FilePersistenceConfig config) {
    return open(disk, config, new ArrayList<>());
  }

  /** All groups of a log that is opened and left as a process leaves it that dies. */
  static List<String> replay(MemoryDisk disk, FilePersistenceConfig config) {
    List<String> replayed = new ArrayList<>();
    open(disk, config, replayed);
    disk.afterProcessDeath();
    return replayed;
  }

  static long append(FilePersistence log, String text) {
    return log.append(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** A text of about 100 bytes, another one for each number. */
  static String text(int number) {
    return ("group " + number + " ").repeat(10);
  }

  static List<String> texts(int count) {
    List<String> texts = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      texts.add(text(i));
    }
    return texts;
  }

  /** Appends the texts of these numbers and flushes after each. */
  static void fill(FilePersistence log, int from, int to) {
    for (int i = from; i <= to; i++) {
      append(log, text(i));
      log.flush();
    }
  }

  /** A segment up to the end of its last record. */
  static byte[] records(MemoryDisk disk, String segment) {
    LogReport.Segment report =
        LogInspector.verify(disk).segments().stream()
            .filter(s -> s.file().equals(segment))
            .findFirst()
            .orElseThrow();
    return Arrays.copyOf(disk.content(segment), (int) report.bytes());
  }

  static String text(ByteBuffer group) {
    return StandardCharsets.UTF_8.decode(group.duplicate()).toString();
  }
}
