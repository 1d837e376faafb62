package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.fill;
import static io.rabia.persistence.Logs.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import io.rabia.core.StateValue;
import io.rabia.core.message.MessageCodec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogInspectorTest {

  private static List<String> inspect(Disk disk) {
    List<Map<String, Object>> rows = new ArrayList<>();
    LogReport report = LogInspector.inspect(disk, rows::add);
    rows.addAll(report.rows());
    return rows.stream().map(Map::toString).toList();
  }

  @Test
  void reportsSegmentsGroupsAndState() {
    MemoryDisk disk = new MemoryDisk("boot");
    try (FilePersistence log = open(disk, FSYNC)) {
      fill(log, 1, 20);
    }
    LogReport report = LogInspector.verify(disk);
    assertThat(report.intact()).isTrue();
    assertThat(report.unsafeTail()).isEmpty();
    assertThat(report.status()).hasValue("FORCED (-)");
    assertThat(report.firstNumber()).isEqualTo(1);
    assertThat(report.lastNumber()).isEqualTo(20);
    assertThat(report.groups()).isEqualTo(20);
    assertThat(report.lastStart()).isEqualTo(1);
    assertThat(report.segments()).hasSize(disk.segments().size());
    assertThat(report.segments())
        .extracting(LogReport.Segment::groups)
        .satisfies(
            counts -> assertThat(counts.stream().mapToLong(Long::longValue).sum()).isEqualTo(20));
    assertThat(report.bytes())
        .isEqualTo(disk.segments().stream().mapToLong(name -> disk.content(name).length).sum());
    assertThat(report.rows())
        .last()
        .asString()
        .contains("row=log")
        .contains("last=20")
        .endsWith("intact=true}");
  }

  @Test
  void printsTheMessagesOfEachGroup() {
    MemoryDisk disk = new MemoryDisk("boot");
    try (FilePersistence log = open(disk, FSYNC)) {
      ByteBuffer group = ByteBuffer.allocate(1000);
      MessageCodec.propose(group, 17, 0, null);
      MessageCodec.vote2(group, 17, 0, StateValue.CODE_V1, 0);
      log.append(group.flip());
      append(log, "\0no message");
    }
    List<String> lines = inspect(disk);
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0))
        .contains("row=group, number=1, start=1, position=36, safe=36")
        .contains("Propose[slot=17, id=noop")
        .contains("Vote2[slot=17");
    assertThat(lines.get(1)).contains("number=2").contains("not a message");
    assertThat(lines.get(3)).contains("groups=2");
  }

  @Test
  void reportsAnUnsafeTailAndChangesNothing() {
    MemoryDisk disk = new MemoryDisk("boot");
    fill(open(disk, FSYNC), 1, 3);
    String segment = disk.segments().get(0);
    byte[] records = Logs.records(disk, segment);
    byte[] cut = Arrays.copyOf(records, records.length - 1);
    disk.content(segment, cut);
    LogReport report = LogInspector.verify(disk);
    assertThat(report.intact()).isTrue();
    assertThat(report.lastNumber()).isEqualTo(2);
    assertThat(report.unsafeTail().orElseThrow().file()).isEqualTo(segment);
    assertThat(inspect(disk)).anyMatch(line -> line.contains("row=unsafe-tail"));
    assertThat(disk.content(segment)).isEqualTo(cut);
  }

  @Test
  void reportsSnapshotsAndWhatWasMovedAside() {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = open(disk, FSYNC);
    fill(log, 1, 20);
    log.snapshot(5, new Texts(Logs.texts(4)));
    log.snapshot(9, new Texts(Logs.texts(8)));
    byte[] damaged = disk.afterProcessDeath().content(SnapshotFile.name(5));
    damaged[40] ^= 1;
    disk.content(SnapshotFile.name(5), damaged);
    LogReport report = LogInspector.verify(disk);
    assertThat(report.snapshots())
        .extracting(LogReport.Snapshot::firstNumber)
        .containsExactly(5L, 9L);
    assertThat(report.snapshots().get(0).damage())
        .hasValueSatisfying(why -> assertThat(why).contains("near offset"));
    assertThat(report.snapshots().get(1).bytes()).isPositive();
    assertThat(report.intact()).as("a damaged snapshot costs no votes").isTrue();
    disk.remove(disk.segments().get(1));
    assertThat(LogInspector.verify(disk).intact()).isFalse();
    new FilePersistence(disk, FSYNC)
        .open(new Replay(new ArrayList<>()).withoutVotes(), Logs.NO_WAKEUP);
    report = LogInspector.verify(disk);
    assertThat(report.aside()).isNotEmpty().allMatch(file -> file.contains(".rlog.lost-"));
    assertThat(report.status().orElseThrow()).startsWith("LOST (the log in memory is damaged");
    assertThat(report.intact()).isFalse();
  }

  @Test
  void reportsADamagedStatus() {
    MemoryDisk disk = new MemoryDisk("boot");
    fill(open(disk, FSYNC), 1, 3);
    disk.content(LogStatus.NAME, new byte[20]);
    assertThat(LogInspector.verify(disk).damage())
        .hasValueSatisfying(place -> assertThat(place.file()).isEqualTo(LogStatus.NAME));
  }

  @Test
  void looksAtAnEmptyDirectoryAndRefusesOneThatIsNotThere(@TempDir Path directory) {
    assertThat(LogInspector.verify(directory).groups()).isZero();
    assertThatThrownBy(() -> LogInspector.verify(directory.resolve("missing")))
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining("missing");
  }
}
