package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.NO_WAKEUP;
import static io.rabia.persistence.Logs.OS;
import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.open;
import static io.rabia.persistence.Logs.text;
import static io.rabia.persistence.Logs.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A disk without room: what is appended waits, nothing is damaged, and it goes on. */
class FullDiskTest {
  private static final int GROUPS = 9;

  private static FilePersistenceConfig config(Durability durability) {
    return durability == Durability.OS ? OS : FSYNC;
  }

  private static void appendAll(FilePersistence log) {
    for (int i = 1; i <= GROUPS; i++) {
      assertThat(append(log, text(i))).isEqualTo(i);
      log.flush();
      assertThat(log.durable()).isLessThanOrEqualTo(i);
      assertThat(log.full()).isEqualTo(log.durable() < i);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Durability.class,
      names = {"FSYNC", "OS"})
  void goesOnWhenRoomReturnsWhereverItRanOut(Durability durability) {
    int rolls = 0;
    boolean full = true;
    MemoryDisk fresh = new MemoryDisk("boot");
    open(fresh, config(durability));
    for (long room = fresh.used(); full; room += 3) {
      MemoryDisk disk = new MemoryDisk("boot");
      FilePersistence log = open(disk, config(durability));
      disk.room(room);
      appendAll(log);
      full = log.full();
      long durable = log.durable();
      rolls += full && durable % 6 == 0 ? 1 : 0;
      assertIntact(disk, durable);
      disk.room(Long.MAX_VALUE);
      log.flush();
      assertThat(log.full()).isFalse();
      assertThat(log.durable()).isEqualTo(GROUPS);
      log.close();
      assertThat(Logs.replay(disk.afterProcessDeath(), config(durability)))
          .isEqualTo(texts(GROUPS));
    }
    assertThat(rolls).as("also while a segment begins").isPositive();
  }

  /** First for the next segment, then for the status that names it. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void goesOnWhenThereWasNoRoomForAnotherFile(int files) {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = open(disk, FSYNC);
    disk.files(disk.contents().size() + files);
    appendAll(log);
    assertThat(log.full()).isTrue();
    assertIntact(disk, log.durable());
    disk.files(Integer.MAX_VALUE);
    log.flush();
    assertThat(log.durable()).isEqualTo(GROUPS);
    log.close();
    assertThat(Logs.replay(disk.afterProcessDeath(), FSYNC)).isEqualTo(texts(GROUPS));
  }

  /** Nothing that is durable is gone, nothing else is there, nothing is damaged. */
  private static void assertIntact(MemoryDisk disk, long durable) {
    LogReport report = LogInspector.verify(disk);
    assertThat(report.intact()).isTrue();
    assertThat(report.unsafeTail()).isEmpty();
    assertThat(report.lastNumber()).isEqualTo(durable);
  }

  @Test
  void keepsWhatIsDurableWhenThePowerFailsMeanwhile() {
    for (long room = 200; room < 2500; room += 5) {
      MemoryDisk disk = new MemoryDisk("boot");
      FilePersistence log = open(disk, FSYNC);
      disk.room(room);
      appendAll(log);
      log.flush();
      for (int seed = 0; seed < 8; seed++) {
        List<String> replayed = Logs.replay(disk.afterPowerLoss(new Random(seed)), FSYNC);
        assertThat(replayed).isEqualTo(texts(replayed.size()));
        assertThat(replayed.size()).isGreaterThanOrEqualTo((int) log.durable());
      }
    }
  }

  @Test
  void readsWhatIsWrittenWhileTheRestWaits() {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = open(disk, FSYNC);
    disk.room(disk.used() + 900);
    appendAll(log);
    List<String> read = new ArrayList<>();
    log.read(1, (number, group) -> read.add(text(group)));
    assertThat(read).isEqualTo(texts((int) log.durable())).isNotEmpty();
  }

  @Test
  void aFullDiskThatFailsOtherwiseThenStopsForGood() {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = open(disk, FSYNC);
    disk.room(disk.used());
    append(log, text(1));
    disk.failAt(disk.history().size() + 1);
    assertThatThrownBy(log::flush)
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("planted failure of TRUNCATE");
    disk.room(Long.MAX_VALUE);
    assertThatThrownBy(log::flush).isInstanceOf(RabiaException.Storage.class);
    assertThat(log.durable()).isZero();
  }

  @Test
  void aSnapshotForWhichThereIsNoRoomGivesItBack() {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = open(disk, FSYNC);
    appendAll(log);
    disk.room(disk.used() + 100);
    assertThatThrownBy(() -> log.snapshot(5, new Texts(texts(4))))
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("No space left");
    append(log, "x");
    log.flush();
    assertThat(log.durable()).isEqualTo(GROUPS + 1);
  }

  /** Lets go of some segments with the next snapshot, or when there is no room. */
  private static FilePersistence compacted(MemoryDisk disk) {
    FilePersistence log = open(disk, FSYNC);
    Logs.fill(log, 1, 30);
    log.snapshot(25, new Texts(texts(24)));
    log.snapshot(25, new Texts(texts(24)));
    log.compact(25);
    return log;
  }

  @Test
  void deletesWhatTheLogHasLetGoOfBeforeItWaits() {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = compacted(disk);
    assertThat(disk.segments()).contains(LogSegment.name(1));
    disk.room(disk.used());
    int last = 30;
    while (!log.full()) {
      append(log, text(++last));
    }
    log.flush();
    log.flush();
    assertThat(disk.segments()).doesNotContain(LogSegment.name(1));
    assertThat(log.full()).isFalse();
    assertThat(log.durable()).isEqualTo(last);
  }

  @Test
  void segmentsThatAreKeptToBeWrittenOverGiveTheirRoomBack() {
    for (boolean forSnapshot : new boolean[] {false, true}) {
      MemoryDisk disk = new MemoryDisk("boot");
      FilePersistence log = compacted(disk);
      log.snapshot(26, new Texts(texts(25)));
      assertThat(disk.spares()).isNotEmpty();
      if (forSnapshot) {
        disk.room(disk.used() + 100);
        assertThatThrownBy(() -> log.snapshot(27, new Texts(texts(26))))
            .hasMessageContaining("No space left");
        log.snapshot(27, new Texts(texts(6)));
      } else {
        disk.room(disk.used());
        append(log, "x".repeat(2500));
        log.flush();
        log.flush();
        assertThat(log.durable()).isEqualTo(31);
      }
      assertThat(disk.spares()).isEmpty();
    }
  }

  /** At the force of a header that is written over another one. */
  @Test
  void aSegmentForWhichThereWasNoRoomLeavesNoSpareBehind() {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = compacted(disk);
    log.snapshot(26, new Texts(texts(25)));
    int before = disk.spares().size();
    int last = 30;
    while (!log.full()) {
      disk.noRoomAtForce(2); // of the header: the first is that of the segment before
      append(log, text(++last));
    }
    assertThat(disk.spares()).hasSize(before - 1);
    assertThat(disk.writtenOver()).isZero();
    log.flush();
    assertThat(log.full()).isFalse();
    assertThat(log.durable()).isEqualTo(last);
  }

  private static void mount(Path at, String options) throws Exception {
    assumeThat(run("mount", "-t", "tmpfs", "-o", options, "tmpfs", at.toString()))
        .as("only a privileged user mounts a file system")
        .isZero();
  }

  /**
   * There is room for one file more than there are: the next segment, but not for the status that
   * names it.
   */
  @Test
  void goesOnOnARealFileSystemThatTookNoMoreFiles(@TempDir Path mount) throws Exception {
    mount(mount, "size=1m,nr_inodes=8");
    try {
      Path directory = mount.resolve("log");
      FilePersistence log = open(new NioDisk(directory), FSYNC);
      Path ballast = Files.createFile(mount.resolve("ballast"));
      appendAll(log);
      assertThat(log.full()).isTrue();
      assertThat(LogInspector.verify(directory).lastNumber()).isEqualTo(log.durable());
      Files.delete(ballast);
      log.flush();
      assertThat(log.durable()).isEqualTo(GROUPS);
      log.close();
      assertThat(replay(directory, FSYNC)).isEqualTo(texts(GROUPS));
    } finally {
      run("umount", "-l", mount.toString());
    }
  }

  /** A file system of one megabyte that another file fills and frees. */
  @Test
  void goesOnOnARealFileSystemThatWasFull(@TempDir Path mount) throws Exception {
    mount(mount, "size=1m");
    try {
      Path directory = mount.resolve("log");
      Path ballast = mount.resolve("ballast");
      FilePersistenceConfig config = FilePersistenceConfig.builder().segmentBytes(100_000).build();
      FilePersistence log = new FilePersistence(directory, config);
      log.open((number, group) -> true, NO_WAKEUP);
      int groups = 0;
      for (int round = 0; round < 3; round++) {
        fillUp(ballast);
        while (!log.full()) {
          groups++;
          append(log, text(groups));
          log.flush();
        }
        assertThat(LogInspector.verify(directory).unsafeTail()).isEmpty();
        assertThat(LogInspector.verify(directory).lastNumber()).isEqualTo(log.durable());
        Files.delete(ballast);
        log.flush();
        assertThat(log.full()).isFalse();
        assertThat(log.durable()).isEqualTo(groups);
      }
      log.close();
      assertThat(replay(directory, config)).isEqualTo(texts(groups));
    } finally {
      run("umount", "-l", mount.toString());
    }
  }

  private static List<String> replay(Path directory, FilePersistenceConfig config) {
    List<String> replayed = new ArrayList<>();
    try (FilePersistence log = new FilePersistence(directory, config)) {
      log.open((number, group) -> replayed.add(text(group)), NO_WAKEUP);
    }
    return replayed;
  }

  /** Leaves room for a few groups. */
  private static void fillUp(Path ballast) throws IOException {
    long room = Files.getFileStore(ballast.getParent()).getUsableSpace();
    Files.write(ballast, new byte[(int) Math.max(0, room - 20_000)]);
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
