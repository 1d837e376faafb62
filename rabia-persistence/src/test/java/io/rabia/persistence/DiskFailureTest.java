package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.NO_WAKEUP;
import static io.rabia.persistence.Logs.OS;
import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.fill;
import static io.rabia.persistence.Logs.open;
import static io.rabia.persistence.Logs.text;
import static io.rabia.persistence.Logs.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.persistence.MemoryDisk.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One operation of the disk fails, or the directory cannot be used. */
class DiskFailureTest {
  private static final int GROUPS = 30;

  @ParameterizedTest
  @EnumSource(
      value = Durability.class,
      names = {"FSYNC", "OS"})
  void stopsForGoodOrGivesUpASnapshotWhenAnyOperationFailsOnce(Durability durability) {
    FilePersistenceConfig config = durability == Durability.OS ? OS : FSYNC;
    Set<Operation> stops = EnumSet.noneOf(Operation.class);
    Set<Operation> goesOn = EnumSet.noneOf(Operation.class);
    EnumSet<Operation> forces = EnumSet.of(Operation.FORCE, Operation.FORCE_DIRECTORY);
    boolean failed = true;
    for (int operation = 0; failed; operation++) {
      MemoryDisk disk = new MemoryDisk("boot");
      fill(open(disk, config), 1, 10);
      disk.afterProcessDeath().failAt(operation);
      FilePersistence log = new FilePersistence(disk, config);
      RabiaException.Storage failure = work(log);
      failed = disk.history().size() > operation;
      if (failed) {
        (failure == null ? goesOn : stops).add(disk.history().get(operation));
      }
      if (failure == null) {
        checkWhole(disk, config);
      } else {
        checkStopped(disk, config, log, failure);
      }
    }
    assertThat(stops).isEqualTo(EnumSet.allOf(Operation.class));
    assertThat(goesOn).as("of snapshots").isEqualTo(EnumSet.complementOf(forces));
  }

  /** Returns why the log stopped; null when nothing failed but a snapshot, or it did not matter. */
  private static RabiaException.@Nullable Storage work(FilePersistence log) {
    try {
      log.open(new Replay(new ArrayList<>()), NO_WAKEUP);
      for (int i = 11; i <= GROUPS; i++) {
        append(log, text(i));
        log.flush();
        if (i % 5 == 0) {
          log.flush();
          log.read(i - 3, (number, group) -> true);
        }
        if (i % 6 == 0) {
          takeSnapshot(log, i);
        }
      }
      assertThat(log.full()).isFalse();
      log.close();
      return null;
    } catch (RabiaException.Storage failure) {
      return failure;
    }
  }

  private static void takeSnapshot(FilePersistence log, int groups) {
    try {
      log.compact(log.snapshot(groups + 1, new Texts(texts(groups))));
      try (SnapshotReader reader = log.openSnapshot()) {
        reader.read(0, ByteBuffer.allocate(100));
      }
    } catch (RabiaException.Storage givenUp) {
      assertThat(givenUp).hasMessageContaining("in memory");
    }
  }

  private interface SnapshotTaker {
    void take(FilePersistence log) throws IOException;
  }

  private static Stream<SnapshotTaker> takers() {
    return Stream.of(
        log -> log.snapshot(5, new Texts(texts(4))),
        log -> {
          SnapshotWriter writer = log.beginSnapshot(5);
          try {
            writer.write(ByteBuffer.wrap(new Texts(texts(4)).bytes()));
            writer.commit();
          } catch (RabiaException.Storage e) {
            writer.discard();
            throw e;
          }
        });
  }

  private static void assertStopped(FilePersistence log, MemoryDisk disk, SnapshotTaker taker) {
    assertThatThrownBy(log::full)
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("cannot force a file in memory: planted failure of ");
    RabiaException failure = catchThrowableOfType(RabiaException.class, log::full);
    Map<String, ByteBuffer> before = disk.contents();
    assertThatThrownBy(() -> append(log, "more")).isSameAs(failure);
    assertThatThrownBy(log::flush).isSameAs(failure);
    assertThatThrownBy(() -> taker.take(log)).isInstanceOf(RabiaException.Storage.class);
    log.close();
    assertThat(disk.contents()).isEqualTo(before);
    assertThat(replay(disk.afterProcessDeath(), FSYNC)).isEqualTo(texts(9));
  }

  /** It may have been told of what was lost of a segment. */
  @ParameterizedTest
  @MethodSource("takers")
  void stopsForGoodWhenAForceOfASnapshotFails(SnapshotTaker taker) {
    for (Operation force : List.of(Operation.FORCE, Operation.FORCE_DIRECTORY)) {
      MemoryDisk disk = new MemoryDisk("boot");
      FilePersistence log = open(disk, FSYNC);
      fill(log, 1, 9);
      disk.failNext(force);
      assertThatThrownBy(() -> taker.take(log)).isInstanceOf(RabiaException.Storage.class);
      assertStopped(log, disk, taker);
    }
  }

  @ParameterizedTest
  @MethodSource("takers")
  void givesASnapshotUpForWhichThereWasNoRoomWhenItWasForced(SnapshotTaker taker) {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = open(disk, FSYNC);
    fill(log, 1, 9);
    disk.noRoomAtNextForce();
    assertThatThrownBy(() -> taker.take(log)).hasMessageContaining("No space left");
    fill(log, 10, 12);
    assertThat(log.full()).isFalse();
    log.close();
    assertThat(disk.contents().keySet()).noneMatch(name -> name.startsWith("snapshot"));
    assertThat(Logs.replay(disk.afterProcessDeath(), FSYNC)).isEqualTo(texts(12));
  }

  @Test
  void stopsForGoodWhenThereWasNoRoomForWhatIsInTheLogWhenItWasForced() {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = open(disk, FSYNC);
    fill(log, 1, 5);
    disk.noRoomAtNextForce();
    assertThatThrownBy(() -> fill(log, 6, 6))
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("there was no room for what is in the log");
    assertThatThrownBy(log::flush).isInstanceOf(RabiaException.Storage.class);
    assertThat(log.durable()).isEqualTo(5);
  }

  private static void checkWhole(MemoryDisk disk, FilePersistenceConfig config) {
    MemoryDisk next = disk.afterPowerLoss(new Random(disk.history().size()));
    assertThat(replay(next, config)).isEqualTo(texts(GROUPS));
  }

  private static List<String> replay(MemoryDisk disk, FilePersistenceConfig config) {
    List<String> replayed = new ArrayList<>();
    new FilePersistence(disk, config).open(new Replay(replayed), NO_WAKEUP);
    return replayed;
  }

  private static void checkStopped(
      MemoryDisk disk,
      FilePersistenceConfig config,
      FilePersistence log,
      RabiaException.Storage failure) {
    assertThat(failure).hasMessageContaining("in memory").hasRootCauseInstanceOf(IOException.class);
    long durable = log.durable();
    int operations = disk.history().size();
    assertThat(catchThrowable(() -> append(log, "more"))).isSameAs(failure);
    assertThat(catchThrowable(log::flush)).isSameAs(failure);
    assertThat(catchThrowable(() -> log.read(1, (number, group) -> true))).isSameAs(failure);
    assertThatCode(log::close).doesNotThrowAnyException();
    assertThat(log.durable()).isEqualTo(durable);
    assertThat(disk.history()).as("nothing was done after the failure").hasSize(operations);

    Operation failed = disk.history().get(operations - 1);
    disk.afterProcessDeath();
    boolean clean = LogInspector.verify(disk).status().orElseThrow().startsWith("CLEAN");
    if (clean) {
      assertThat(failed)
          .as("the log is forced before the mark")
          .isEqualTo(Operation.FORCE_DIRECTORY);
    }
    MemoryDisk next = disk;
    if (config.equals(FSYNC) || clean) {
      MemoryDisk unpowered = disk.afterPowerLoss(new Random(operations));
      // A clean mark whose directory was not forced may be gone, and promises nothing then.
      boolean stillClean = LogInspector.verify(unpowered).status().orElse("").startsWith("CLEAN");
      next = config.equals(FSYNC) || stillClean ? unpowered : disk;
    }
    List<String> replayed = replay(next, config);
    assertThat(replayed).isEqualTo(texts(replayed.size()));
    assertThat(replayed.size()).isGreaterThanOrEqualTo((int) Math.max(10, durable));
  }

  @Test
  void doesNotCountAGroupWhoseForceFailedEvenIfTheNextWouldWork() {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = open(disk, FSYNC);
    append(log, "a");
    disk.failAt(disk.history().size());
    assertThatThrownBy(log::flush)
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("cannot flush log-0000000000000000001.rlog in memory")
        .hasMessageContaining("planted failure");
    assertThatThrownBy(log::flush).isInstanceOf(RabiaException.Storage.class);
    assertThat(log.durable()).isZero();
  }

  @Test
  void saysThatTheDiskIsFull() {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = open(disk, OS);
    append(log, "a");
    disk.failAt(disk.history().size());
    assertThatThrownBy(() -> append(log, "b"))
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("No space left on device");
    assertThat(Logs.replay(disk.afterProcessDeath(), OS)).containsExactly("a");
  }

  @Test
  void refusesADirectoryInUseAndWritesNothing(@TempDir Path directory) throws IOException {
    try (FilePersistence first = open(new NioDisk(directory), FSYNC)) {
      fill(first, 1, 3);
      List<String> before = files(directory);
      assertThatThrownBy(() -> open(new NioDisk(directory), FSYNC))
          .isInstanceOf(RabiaException.Storage.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
      assertThat(otherProcess(directory)).contains("refused").contains(directory.toString());
      assertThat(files(directory)).isEqualTo(before);
      fill(first, 4, 6);
    }
    assertThat(otherProcess(directory)).isEqualTo("opened with 6");
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<String> found = new ArrayList<>();
      for (Path file : files.sorted().toList()) {
        found.add(file + " " + Files.getLastModifiedTime(file) + " " + Files.size(file));
      }
      return found;
    }
  }

  /** Opens the log in a process of its own. */
  private static String otherProcess(Path directory) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Opener.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  /** The other process. */
  static final class Opener {
    public static void main(String[] args) {
      try (FilePersistence log = new FilePersistence(Path.of(args[0]), FSYNC)) {
        System.out.println("opened with " + log.open((number, group) -> true, NO_WAKEUP));
      } catch (RabiaException.Storage e) {
        System.out.println("refused: " + e.getMessage());
      }
    }
  }

  @Test
  void givesTheLockOfADeadProcessToTheNext(@TempDir Path directory) throws IOException {
    open(new NioDisk(directory), FSYNC).close();
    Files.writeString(directory.resolve("lock.owner"), "1 started long ago\n");
    open(new NioDisk(directory), FSYNC).close();
    assertThat(Files.exists(directory.resolve("lock.owner"))).isFalse();
  }

  @Test
  void refusesAPathThatCannotBeADirectory(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "content");
    for (Path path : List.of(file, file.resolve("below"))) {
      assertThatThrownBy(() -> open(new NioDisk(path), FSYNC))
          .isInstanceOf(RabiaException.Storage.class)
          .hasMessageContaining(path.toString());
    }
    assertThat(Files.readString(file)).isEqualTo("content");
    assertThat(files(directory)).hasSize(1);
  }
}
