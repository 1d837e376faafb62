package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.NO_WAKEUP;
import static io.rabia.persistence.Logs.OS;
import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.open;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Segments that are written over, and what they held before. */
class SpareSegmentsTest {
  private static final int FIRST = 24;

  private final MemoryDisk disk = new MemoryDisk("boot");

  /** All of one length, so that an old record lies where the next one would. */
  private static String text(int number) {
    return String.format(Locale.ROOT, "group %06d ", number).repeat(8);
  }

  private static List<String> texts(int count) {
    List<String> texts = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      texts.add(text(i));
    }
    return texts;
  }

  private static void fill(FilePersistence log, int from, int to) {
    for (int i = from; i <= to; i++) {
      append(log, text(i));
      log.flush();
    }
  }

  /** With spares, made of the segments before the group {@link #FIRST}. */
  private FilePersistence compacted() {
    return compacted(disk, FSYNC);
  }

  private static FilePersistence compacted(MemoryDisk disk, FilePersistenceConfig config) {
    FilePersistence log = open(disk, config);
    fill(log, 1, 30);
    letGo(log, FIRST, FIRST);
    return log;
  }

  /** Of the groups before {@code first}, by snapshots before the group {@code snapshot}. */
  private static void letGo(FilePersistence log, int first, int snapshot) {
    log.snapshot(snapshot, new Texts(texts(snapshot - 1)));
    log.snapshot(snapshot, new Texts(texts(snapshot - 1)));
    log.compact(first);
    log.snapshot(snapshot, new Texts(texts(snapshot - 1)));
  }

  /** What a start finds: the snapshot's groups and those of the log. */
  private static List<String> found(MemoryDisk disk, FilePersistenceConfig config) {
    List<String> found = new ArrayList<>();
    FilePersistence log = new FilePersistence(disk, config);
    log.open(new Replay(found), NO_WAKEUP);
    return found;
  }

  @Test
  void theNextSegmentsAreWrittenOverOnesThatAreNotNeededAnyMore() {
    FilePersistence log = compacted();
    int kept = disk.spares().size();
    assertThat(kept).isGreaterThan(1);
    Set<String> before = new HashSet<>(disk.segments());
    fill(log, 31, 60);
    assertThat(disk.spares()).isEmpty();
    assertThat(disk.writtenOver()).isEqualTo(kept);
    List<String> newer =
        disk.segments().stream().filter(segment -> !before.contains(segment)).toList();
    assertThat(newer).hasSizeGreaterThan(kept);
    log.close();
    assertThat(found(disk.afterProcessDeath(), FSYNC)).isEqualTo(texts(60));
  }

  /** After every group, whose successor in the file is an old record that is whole. */
  @Test
  void noOldRecordIsTakenForTheNextOne() {
    FilePersistence log = compacted();
    int kept = disk.spares().size();
    int behindOldOnes = 0;
    for (int last = 31; last <= 50; last++) {
      append(log, text(last));
      MemoryDisk lost = disk.afterPowerLoss(new Random(last));
      assertThat(found(lost, FSYNC)).isIn(texts(last - 1), texts(last));
      log.flush();
      MemoryDisk killed = disk.copy();
      LogReport report = LogInspector.verify(killed);
      assertThat(report.intact()).isTrue();
      assertThat(report.lastNumber()).isEqualTo(last);
      behindOldOnes += report.unsafeTail().isPresent() ? 1 : 0;
      assertThat(found(killed, FSYNC)).isEqualTo(texts(last));
      assertThat(LogInspector.verify(killed).unsafeTail()).as("cut off").isEmpty();
    }
    assertThat(disk.writtenOver()).isEqualTo(kept);
    assertThat(behindOldOnes).isGreaterThan(3);
  }

  /** A record that was safe is missed where old ones lie as where nothing lies. */
  @Test
  void whatWasSafeIsMissedInASegmentThatWasWrittenOver() {
    FilePersistence log = compacted();
    fill(log, 31, 40);
    String segment = disk.segments().get(disk.segments().size() - 1);
    assertThat(disk.writtenOver()).isPositive();
    assertThat(LogInspector.verify(disk.copy()).segments())
        .last()
        .satisfies(last -> assertThat(last.groups()).isGreaterThan(1));
    MemoryDisk damaged = disk.copy();
    byte[] bytes = damaged.content(segment);
    bytes[LogSegment.HEADER_BYTES + RecordCodec.HEADER_BYTES] ^= 1;
    damaged.content(segment, bytes);
    assertThat(LogInspector.verify(damaged).damage())
        .hasValueSatisfying(place -> assertThat(place.offset()).isEqualTo(LogSegment.HEADER_BYTES));
  }

  @Test
  void noneOutlivesItsProcess() {
    compacted();
    assertThat(disk.spares()).isNotEmpty();
    assertThat(LogInspector.verify(disk).intact()).isTrue();
    found(disk.afterProcessDeath(), FSYNC);
    assertThat(disk.spares()).isEmpty();
  }

  /** A log that begins anew has the positions of the old one again. */
  @Test
  void noneIsWrittenOverByALogThatBeganAnew() {
    compacted();
    assertThat(disk.spares()).isNotEmpty();
    MemoryDisk next = disk.afterProcessDeath();
    next.remove(next.segments().get(0));
    Replay replay = new Replay(new ArrayList<>()).withoutVotes();
    FilePersistence log = new FilePersistence(next, FSYNC);
    log.open(replay, NO_WAKEUP);
    assertThat(replay.losses()).hasSize(1);
    assertThat(next.spares()).isEmpty();
    int before = next.writtenOver();
    fill(log, FIRST, FIRST + 20);
    assertThat(next.writtenOver()).isEqualTo(before);
  }

  @Test
  void noneIsLeftByAnOrderlyCloseAndNoneIsKeptUnderOs() {
    compacted().close();
    assertThat(disk.spares()).isEmpty();
    MemoryDisk other = new MemoryDisk("boot");
    compacted(other, OS);
    assertThat(other.segments()).doesNotContain(LogSegment.name(1));
    assertThat(other.spares()).isEmpty();
  }

  /** One that holds a group that is larger than segments are takes more room than it is worth. */
  @Test
  void oneOfAnotherSizeIsDeleted() {
    FilePersistence log = open(disk, FSYNC);
    append(log, "x".repeat(5000));
    append(log, text(2));
    log.flush();
    fill(log, 3, 12);
    letGo(log, 2, 10);
    assertThat(disk.segments()).doesNotContain(LogSegment.name(1));
    assertThat(disk.spares()).isEmpty();
    MemoryDisk other = new MemoryDisk("boot");
    FilePersistence small = open(other, FSYNC);
    append(small, text(1));
    append(small, "x".repeat(1000));
    fill(small, 3, 12);
    letGo(small, 2, 10);
    assertThat(other.segments()).doesNotContain(LogSegment.name(1));
    assertThat(other.spares()).isEmpty();
  }

  /** Another file that someone put there stays. */
  @Test
  void onlySegmentsAreTakenForSpares() {
    compacted();
    MemoryDisk killed = disk.afterProcessDeath();
    killed.content("log.status.spare", new byte[] {1});
    found(killed, FSYNC);
    assertThat(killed.spares()).containsExactly("log.status.spare");
  }
}
