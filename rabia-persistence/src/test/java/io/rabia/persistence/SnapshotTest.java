package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.NO_WAKEUP;
import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.fill;
import static io.rabia.persistence.Logs.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.persistence.MemoryDisk.Operation;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Snapshots beside the log: which are kept, what they let go of, and what damage does. */
class SnapshotTest {
  private static final int GROUPS = 45;

  private final MemoryDisk disk = new MemoryDisk("boot");

  /** Snapshots before groups 20 and 40; the log begins at or before 20. */
  private FilePersistence filled() {
    return filled(disk);
  }

  private static FilePersistence filled(MemoryDisk disk) {
    FilePersistence log = Logs.open(disk, FSYNC);
    fill(log, 1, GROUPS);
    assertThat(log.snapshot(20, new Texts(texts(19)))).isEqualTo(20);
    assertThat(log.snapshot(40, new Texts(texts(39)))).isEqualTo(20);
    return log;
  }

  private MemoryDisk compacted() {
    FilePersistence log = filled();
    log.compact(Long.MAX_VALUE);
    log.snapshot(40, new Texts(texts(39)));
    return disk.afterProcessDeath();
  }

  private static List<String> replay(MemoryDisk disk) {
    List<String> replayed = new ArrayList<>();
    FilePersistence log = new FilePersistence(disk, FSYNC);
    assertThat(log.open(new Replay(replayed), NO_WAKEUP)).isEqualTo(GROUPS);
    disk.afterProcessDeath();
    return replayed;
  }

  private static List<String> snapshots(MemoryDisk disk) {
    return disk.contents().keySet().stream().filter(name -> name.startsWith("snapshot")).toList();
  }

  @Test
  void opensWithTheNewestAndTheGroupsThatItDoesNotStandFor() {
    filled();
    assertThat(replay(disk.afterProcessDeath())).isEqualTo(texts(GROUPS));
  }

  @Test
  void letsGoOfTheSegmentsThatNoKeptSnapshotNeeds() {
    compacted();
    assertThat(disk.segments()).doesNotContain(LogSegment.name(1));
    LogReport report = LogInspector.verify(disk);
    assertThat(report.firstNumber()).isBetween(2L, 20L);
    assertThat(report.intact()).isTrue();
    assertThat(replay(disk)).isEqualTo(texts(GROUPS));
  }

  /** Else the next start would find a hole in the log. */
  @Test
  void aSegmentThatCannotBeDeletedIsTriedAgainBeforeAnyLaterOne() {
    FilePersistence log = filled();
    log.snapshot(44, new Texts(texts(43)));
    log.compact(Long.MAX_VALUE);
    List<String> before = disk.segments();
    disk.failNext(Operation.DELETE);
    Throwable failure = catchThrowable(() -> log.snapshot(44, new Texts(texts(43))));
    assertThat(disk.segments())
        .as("but for four spares")
        .isEqualTo(before.subList(4, before.size()));
    log.snapshot(44, new Texts(texts(43)));
    assertThat(replay(disk.afterPowerLoss(new Random(1)))).isEqualTo(texts(GROUPS));
    assertThat(disk.segments()).doesNotContain(before.get(4));
    assertThat(failure).as("the snapshot is kept").isNull();
  }

  /** Be it deleted or kept to be written over. */
  @Test
  void noSegmentIsLetGoOfBeforeAnEarlierOneWhateverFails() {
    boolean failed = true;
    int operation = 0;
    for (; failed; operation++) {
      MemoryDisk failing = new MemoryDisk("boot");
      FilePersistence log = filled(failing);
      log.snapshot(44, new Texts(texts(43)));
      log.compact(Long.MAX_VALUE);
      int before = failing.history().size();
      failing.failAt(before + operation);
      Throwable first = catchThrowable(() -> log.snapshot(44, new Texts(texts(43))));
      failed = failing.history().size() - before > operation;
      Throwable second = catchThrowable(() -> log.snapshot(45, new Texts(texts(44))));
      assertThat(Arrays.asList(first, second))
          .allMatch(failure -> failure == null || failure instanceof RabiaException.Storage);
      for (int seed = 0; seed < 5; seed++) {
        assertThat(replay(failing.afterPowerLoss(new Random(seed)))).isEqualTo(texts(GROUPS));
      }
      assertThat(replay(failing.afterProcessDeath())).isEqualTo(texts(GROUPS));
    }
    assertThat(operation).isGreaterThan(20);
  }

  @Test
  void anOldSnapshotThatCannotBeDeletedGoesWithTheNext() {
    FilePersistence log = filled();
    disk.failNext(Operation.DELETE);
    assertThat(log.snapshot(43, new Texts(texts(42)))).isEqualTo(40);
    assertThat(snapshots(disk)).hasSize(3);
    log.snapshot(44, new Texts(texts(43)));
    assertThat(snapshots(disk))
        .containsExactlyInAnyOrder(SnapshotFile.name(43), SnapshotFile.name(44));
  }

  /** A force of the log may have to wait for what the disk has yet to write of it. */
  @Test
  void isForcedAgainAndAgainWhileItIsWritten() {
    FilePersistence log = filled();
    int before = disk.history().size();
    log.snapshot(43, target -> target.write(new byte[5 << 20]));
    long inARow = 0;
    long most = 0;
    for (Operation operation : disk.history().subList(before, disk.history().size())) {
      inARow = operation == Operation.FORCE ? 0 : inARow + (operation == Operation.WRITE ? 1 : 0);
      most = Math.max(most, inARow);
    }
    assertThat(most).as("chunks of 64 KiB").isBetween(2L, 17L);
  }

  @Test
  void oneWhoseWriterPassesOverThatThereWasNoRoomIsNone() {
    FilePersistence log = filled();
    List<String> before = snapshots(disk);
    disk.noRoomAtNextForce();
    assertThatThrownBy(
            () -> log.snapshot(43, target -> new PrintStream(target).write(new byte[3 << 20])))
        .isInstanceOf(RabiaException.Storage.class);
    assertThat(snapshots(disk)).isEqualTo(before);
    log.snapshot(43, new Texts(texts(42)));
    assertThat(snapshots(disk)).contains(SnapshotFile.name(43));
  }

  @Test
  void keepsTheGroupsThatTheCallerStillNeeds() {
    FilePersistence log = filled();
    log.compact(1);
    log.snapshot(43, new Texts(texts(42)));
    assertThat(disk.segments()).contains(LogSegment.name(1));
  }

  @Test
  void keepsTwo() {
    FilePersistence log = filled();
    assertThat(log.snapshot(43, new Texts(texts(42)))).isEqualTo(40);
    assertThat(snapshots(disk))
        .containsExactlyInAnyOrder(SnapshotFile.name(40), SnapshotFile.name(43));
  }

  @Test
  void readsGroupsThatAreKeptAndNoOthers() {
    FilePersistence log = filled();
    log.compact(Long.MAX_VALUE);
    List<Long> numbers = new ArrayList<>();
    log.read(1, (number, group) -> numbers.add(number));
    assertThat(numbers.get(0)).isBetween(2L, 20L);
    assertThat(numbers).hasSize((int) (GROUPS + 1 - numbers.get(0)));
  }

  @Test
  void passesOverANewestOneWithABitFlippedAnywhereOrCutAnywhere() {
    compacted();
    String newest = SnapshotFile.name(40);
    byte[] content = disk.content(newest);
    for (int at = 0; at < content.length; at++) {
      byte[] flipped = content.clone();
      flipped[at] ^= (byte) (1 << at % 8);
      disk.content(newest, flipped);
      assertThat(replay(disk)).as("flipped at " + at).isEqualTo(texts(GROUPS));
      disk.content(newest, Arrays.copyOf(content, at));
      assertThat(replay(disk)).as("cut at " + at).isEqualTo(texts(GROUPS));
    }
  }

  @Test
  void refusesALogThatBeginsAfterAllIntactSnapshots() {
    compacted();
    for (String name : snapshots(disk)) {
      disk.content(name, new byte[7]);
    }
    assertThatThrownBy(() -> replay(disk))
        .isInstanceOf(RabiaException.Checksum.class)
        .hasMessageContaining("no intact snapshot stands for the groups before it")
        .hasMessageContaining("lost its votes");
    assertThat(LogInspector.verify(disk).intact()).isFalse();
  }

  @Test
  void refusesALogThatEndsBeforeItsSnapshot() {
    FilePersistence log = filled();
    log.snapshot(GROUPS + 1, new Texts(texts(GROUPS)));
    disk.afterProcessDeath();
    String last = disk.segments().get(disk.segments().size() - 1);
    byte[] content = Logs.records(disk, last);
    disk.content(last, Arrays.copyOf(content, content.length - 1));
    assertThatThrownBy(() -> replay(disk))
        .isInstanceOf(RabiaException.Checksum.class)
        .hasMessageContaining("the log ends at group " + (GROUPS - 1));
  }

  @Test
  void refusesALaterFormat() {
    compacted();
    String newest = SnapshotFile.name(40);
    byte[] content = disk.content(newest);
    content[5]++;
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(12).putInt(16).putLong(0).flip());
    crc.update(content, 0, 16);
    ByteBuffer.wrap(content).putInt(16, (int) crc.getValue());
    disk.content(newest, content);
    assertThatThrownBy(() -> replay(disk))
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("format version 2, known is 1");
  }

  @Test
  void contentThatFailsLeavesNothingBehindAndTheLogUsable() {
    FilePersistence log = filled();
    List<String> before = snapshots(disk);
    assertThatThrownBy(
            () ->
                log.snapshot(
                    43,
                    target -> {
                      target.write(new byte[200_000]);
                      throw new IOException("no more");
                    }))
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("no more");
    assertThat(snapshots(disk)).isEqualTo(before);
    append(log, "goes on");
    log.flush();
    assertThat(log.durable()).isEqualTo(GROUPS + 1);
  }

  @Test
  void onePieceByPieceIsASnapshotOnceItIsCommittedAndNotBefore() throws IOException {
    FilePersistence log = filled();
    byte[] content = new Texts(texts(42)).bytes();
    SnapshotWriter writer = log.beginSnapshot(43);
    writer.write(ByteBuffer.wrap(content, 0, 10));
    writer.write(ByteBuffer.wrap(content, 10, content.length - 10));
    List<String> before = snapshots(disk);
    assertThat(replay(disk.afterProcessDeath())).isEqualTo(texts(GROUPS));
    assertThat(before).doesNotContain(SnapshotFile.name(43));
  }

  @Test
  void onePieceByPieceTakesThePlaceOfTheOldestWhenItIsCommitted() throws IOException {
    FilePersistence log = filled();
    byte[] content = new Texts(texts(42)).bytes();
    SnapshotWriter writer = log.beginSnapshot(43);
    writer.write(ByteBuffer.wrap(content));
    assertThat(writer.commit()).isEqualTo(40);
    assertThat(snapshots(disk))
        .containsExactlyInAnyOrder(SnapshotFile.name(40), SnapshotFile.name(43));
    assertThat(replay(disk.afterProcessDeath())).isEqualTo(texts(GROUPS));
  }

  @Test
  void isReadToItsEndAlthoughItIsNoLongerKept() throws IOException {
    FilePersistence log = filled();
    byte[] content = new Texts(texts(39)).bytes();
    try (SnapshotReader reader = log.openSnapshot()) {
      log.snapshot(43, new Texts(texts(42)));
      log.snapshot(44, new Texts(texts(43)));
      assertThat(snapshots(disk)).doesNotContain(SnapshotFile.name(40));
      ByteBuffer read = ByteBuffer.allocate(content.length);
      reader.read(0, read);
      assertThat(read.array()).isEqualTo(content);
    }
  }

  @Test
  void aReaderFindsEveryFlippedBitOfTheHeaderAndTheContent() {
    compacted();
    String newest = SnapshotFile.name(40);
    byte[] content = disk.content(newest);
    int endChunk = 8;
    for (int at = 0; at < content.length - endChunk; at++) {
      byte[] flipped = content.clone();
      flipped[at] ^= (byte) (1 << at % 8);
      FilePersistence log = new FilePersistence(disk, FSYNC);
      log.open(new Replay(new ArrayList<>()), NO_WAKEUP);
      disk.content(newest, flipped);
      assertThatThrownBy(
              () -> {
                try (SnapshotReader reader = log.openSnapshot()) {
                  reader.read(0, ByteBuffer.allocate((int) reader.length()));
                }
              })
          .isInstanceOf(RabiaException.Checksum.class);
      disk.content(newest, content);
      disk.afterProcessDeath();
    }
  }

  @Test
  void closingTheLogEndsTheWritingOfASnapshot() {
    FilePersistence log = filled();
    assertThatThrownBy(
            () ->
                log.snapshot(
                    43,
                    target -> {
                      log.close();
                      target.write(new byte[200_000]);
                    }))
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("abandoned");
    assertThat(replay(disk)).isEqualTo(texts(GROUPS));
  }
}
