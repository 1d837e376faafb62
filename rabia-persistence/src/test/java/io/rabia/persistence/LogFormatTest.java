package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.NO_WAKEUP;
import static io.rabia.persistence.Logs.OS;
import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.fill;
import static io.rabia.persistence.Logs.texts;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.Golden;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Directories as releases have left them: read by this one, and written again byte by byte. */
class LogFormatTest {
  private static final int GROUPS = 14;

  private static Map<String, byte[]> bytes(MemoryDisk disk) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    disk.contents().keySet().forEach(name -> files.put(name, disk.content(name)));
    return files;
  }

  private static MemoryDisk golden(String format) {
    MemoryDisk disk = new MemoryDisk("boot");
    Golden.read(format, LogSegment.FORMAT_VERSION).forEach(disk::content);
    return disk;
  }

  private static List<String> replay(MemoryDisk disk, FilePersistenceConfig config) {
    List<String> replayed = new ArrayList<>();
    new FilePersistence(disk, config).open(new Replay(replayed).withoutVotes(), NO_WAKEUP);
    return replayed;
  }

  /** Segments, marks, two starts, two snapshots. */
  private static MemoryDisk forced() {
    MemoryDisk disk = new MemoryDisk("boot");
    try (FilePersistence log = Logs.open(disk, FSYNC)) {
      fill(log, 1, 8);
      log.flush();
    }
    try (FilePersistence log = Logs.open(disk.afterProcessDeath(), FSYNC)) {
      fill(log, 9, GROUPS);
      log.snapshot(4, new Texts(texts(3)));
      log.snapshot(GROUPS, new Texts(texts(GROUPS - 1)));
    }
    return disk.afterProcessDeath();
  }

  @Test
  void aForcedLogWithSnapshots() {
    Golden.assertUnchanged("log-fsync", LogSegment.FORMAT_VERSION, bytes(forced()));
    assertThat(replay(golden("log-fsync"), FSYNC)).isEqualTo(texts(GROUPS));
    assertThat(LogInspector.verify(golden("log-fsync")).intact()).isTrue();
  }

  @Test
  void aLogThatIsNotForced() {
    MemoryDisk running = new MemoryDisk("boot");
    fill(Logs.open(running, OS), 1, 3);
    Golden.assertUnchanged("log-os-running", LogSegment.FORMAT_VERSION, bytes(running));
    assertThat(replay(golden("log-os-running"), OS)).isEqualTo(texts(3));
    MemoryDisk clean = new MemoryDisk("boot");
    try (FilePersistence log = Logs.open(clean, OS)) {
      fill(log, 1, 3);
    }
    Golden.assertUnchanged("log-os-clean", LogSegment.FORMAT_VERSION, bytes(clean));
    assertThat(replay(golden("log-os-clean").rebooted(), OS)).isEqualTo(texts(3));
  }

  @Test
  void aLogWhoseVotesAreLost() {
    MemoryDisk disk = forced();
    byte[] segment = disk.content(LogSegment.name(1));
    segment[50] ^= 1;
    disk.content(LogSegment.name(1), segment);
    FilePersistence log = new FilePersistence(disk, FSYNC);
    log.open(new Replay(new ArrayList<>()).withoutVotes(), NO_WAKEUP);
    Golden.assertUnchanged("log-lost", LogSegment.FORMAT_VERSION, bytes(disk));
    append(log, "a new identity");
    log.flush();
    Golden.assertUnchanged("log-after-loss", LogSegment.FORMAT_VERSION, bytes(disk));
    assertThat(replay(golden("log-lost"), FSYNC)).isEqualTo(texts(GROUPS - 1));
    assertThat(replay(golden("log-after-loss"), FSYNC)).endsWith("a new identity");
  }
}
