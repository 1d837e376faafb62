package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.OS;
import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.fill;
import static io.rabia.persistence.Logs.open;
import static io.rabia.persistence.Logs.records;
import static io.rabia.persistence.Logs.replay;
import static io.rabia.persistence.Logs.text;
import static io.rabia.persistence.Logs.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import io.rabia.persistence.MemoryDisk.Operation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the log does about bytes that are not those it wrote. */
class DamageTest {
  private static final int GROUPS = 34;

  private final MemoryDisk disk = new MemoryDisk("boot");

  /** Several segments, every group forced on its own, left as a process leaves it that dies. */
  private MemoryDisk crashed() {
    fill(open(disk, FSYNC), 1, GROUPS);
    return disk.afterProcessDeath();
  }

  private MemoryDisk closed() {
    try (FilePersistence log = open(disk, FSYNC)) {
      fill(log, 1, GROUPS);
    }
    return disk.afterProcessDeath();
  }

  private static String last(MemoryDisk disk) {
    List<String> segments = disk.segments();
    return segments.get(segments.size() - 1);
  }

  private static int groupsIn(MemoryDisk disk, String segment) {
    return (int)
        LogInspector.verify(disk).segments().stream()
            .filter(s -> s.file().equals(segment))
            .findFirst()
            .orElseThrow()
            .groups();
  }

  /** Where each record of a segment starts, and at last where the last one ends. */
  private static List<Integer> boundaries(byte[] segment) {
    List<Integer> boundaries = new ArrayList<>();
    int at = LogSegment.HEADER_BYTES;
    while (at < segment.length) {
      boundaries.add(at);
      int length = ByteBuffer.wrap(segment).getInt(at + RecordCodec.LENGTH);
      at += (int) RecordCodec.size(length);
    }
    boundaries.add(at);
    return boundaries;
  }

  private static void assertDamaged(MemoryDisk disk, String file, long offset) {
    Map<String, ByteBuffer> before = disk.contents();
    assertThatThrownBy(() -> open(disk, FSYNC))
        .isInstanceOf(RabiaException.Checksum.class)
        .hasMessageContaining(file + " at offset " + offset + ":")
        .hasMessageContaining("lost its votes");
    assertThat(disk.contents()).as("nothing was written").isEqualTo(before);
    assertThat(LogInspector.verify(disk).damage())
        .hasValueSatisfying(
            place -> {
              assertThat(place.file()).isEqualTo(file);
              assertThat(place.offset()).isEqualTo(offset);
            });
  }

  /** Opens with exactly so many groups, works on from there, and opens again. */
  private static void assertOpensWith(MemoryDisk disk, int groups) {
    List<String> replayed = new ArrayList<>();
    FilePersistence log = open(disk, FSYNC, replayed);
    assertThat(replayed).isEqualTo(texts(groups));
    append(log, "after");
    log.flush();
    List<String> expected = texts(groups);
    expected.add("after");
    assertThat(replay(disk.afterProcessDeath(), FSYNC)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void opensWithTheWholePrefixWhenCutAtAnyByteOfTheTail(boolean orderly) {
    MemoryDisk whole = orderly ? closed() : crashed();
    String segment = last(whole);
    byte[] bytes = records(whole, segment);
    List<Integer> boundaries = boundaries(bytes);
    int inSegment = groupsIn(whole, segment);
    assertThat(inSegment).isGreaterThanOrEqualTo(3);
    for (int cut = LogSegment.HEADER_BYTES; cut <= bytes.length; cut++) {
      MemoryDisk copy = whole.copy();
      copy.content(segment, Arrays.copyOf(bytes, cut));
      int at = cut;
      int missing =
          (int) boundaries.subList(1, inSegment + 1).stream().filter(end -> end > at).count();
      assertOpensWith(copy, GROUPS - missing);
    }
    for (int cut = 0; cut < LogSegment.HEADER_BYTES; cut++) {
      MemoryDisk copy = whole.copy();
      copy.content(segment, Arrays.copyOf(bytes, cut));
      assertDamaged(copy, segment, 0);
    }
  }

  /** A closed segment of 64 KiB and a tail that is nearly as long; minutes of opening logs. */
  @Test
  @Tag("long")
  void noBitFlippedAnywhereInLongSegmentsIsServedOrOverlooked() {
    FilePersistenceConfig large = FilePersistenceConfig.builder().segmentBytes(64 << 10).build();
    int groups = 900;
    fill(open(disk, large), 1, groups);
    MemoryDisk whole = disk.afterProcessDeath();
    assertThat(whole.segments()).hasSize(2);
    assertThat(whole.content(whole.segments().get(0))).hasSizeBetween(65_300, 65_536);
    assertThat(whole.content(last(whole))).hasSizeGreaterThan(50_000);
    for (String segment : whole.segments()) {
      byte[] bytes = records(whole, segment);
      TreeSet<Integer> boundaries = new TreeSet<>(boundaries(bytes));
      boundaries.pollLast();
      int tail = segment.equals(last(whole)) ? boundaries.last() : bytes.length;
      for (int at = 0; at < bytes.length; at++) {
        List<String> replayed = new ArrayList<>();
        Replay replay = new Replay(replayed).withoutVotes();
        new FilePersistence(flip(whole, segment, at), large).open(replay, () -> {});
        if (at < tail) {
          int record = Objects.requireNonNullElse(boundaries.floor(at), 0);
          assertThat(replay.losses())
              .singleElement()
              .asString()
              .contains(segment + " at offset " + record + ":");
          assertThat(replayed).isEmpty();
        } else {
          assertThat(replay.losses()).isEmpty();
          assertThat(replayed).hasSize(groups - 1);
        }
      }
    }
  }

  @Test
  void neverServesAClosedSegmentWithAnyBitFlipped() {
    MemoryDisk whole = crashed();
    String segment = whole.segments().get(1);
    byte[] bytes = whole.content(segment);
    List<Integer> boundaries = boundaries(bytes);
    for (int at = 0; at < bytes.length; at++) {
      int flipped = at;
      int record = boundaries.stream().filter(b -> b <= flipped).reduce(0, (a, b) -> b);
      assertDamaged(flip(whole, segment, at), segment, record);
    }
  }

  @Test
  void neverServesATailWithAnyBitFlippedAndCutsOnlyWhatIsNotStatedToBeSafe() {
    MemoryDisk whole = crashed();
    String segment = last(whole);
    byte[] bytes = records(whole, segment);
    assertThat(whole.content(segment)).as("with zeros behind").hasSizeGreaterThan(bytes.length);
    List<Integer> boundaries = boundaries(bytes);
    int lastGroup = boundaries.get(boundaries.size() - 2);
    for (int at = 0; at < bytes.length; at++) {
      int flipped = at;
      int record = boundaries.stream().filter(b -> b <= flipped).reduce(0, (a, b) -> b);
      MemoryDisk copy = flip(whole, segment, at);
      if (at < lastGroup) {
        assertDamaged(copy, segment, record);
      } else {
        assertOpensWith(copy, GROUPS - 1);
      }
    }
    for (int at = bytes.length; at < whole.content(segment).length; at++) {
      MemoryDisk copy = flip(whole, segment, at);
      assertThat(LogInspector.verify(copy).unsafeTail().orElseThrow().offset())
          .isEqualTo(bytes.length);
      assertOpensWith(copy, GROUPS);
    }
  }

  @Test
  void knowsAfterAnOrderlyCloseThatTheLastGroupWasSafe() {
    MemoryDisk whole = closed();
    String segment = last(whole);
    byte[] bytes = whole.content(segment);
    List<Integer> boundaries = boundaries(bytes);
    int mark = boundaries.get(boundaries.size() - 2);
    int lastGroup = boundaries.get(boundaries.size() - 3);
    for (int at = lastGroup; at < mark; at++) {
      assertDamaged(flip(whole, segment, at), segment, lastGroup);
    }
    for (int at = mark; at < bytes.length; at++) {
      assertOpensWith(flip(whole, segment, at), GROUPS);
    }
  }

  private static MemoryDisk flip(MemoryDisk whole, String file, int at) {
    MemoryDisk copy = whole.copy();
    byte[] bytes = copy.content(file);
    bytes[at] ^= (byte) (1 << (at % 8));
    copy.content(file, bytes);
    return copy;
  }

  @Test
  void neverTakesAStatusFileWithAnyBitFlipped() {
    MemoryDisk whole = crashed();
    for (int at = 0; at < whole.content(LogStatus.NAME).length; at++) {
      MemoryDisk copy = flip(whole, LogStatus.NAME, at);
      assertThatThrownBy(() -> open(copy, FSYNC))
          .isInstanceOf(RabiaException.Checksum.class)
          .hasMessageContaining(LogStatus.NAME)
          .hasMessageContaining("offset 0");
    }
  }

  @Test
  void takesZerosBehindTheLastGroupForItsEnd() {
    MemoryDisk whole = crashed();
    String segment = last(whole);
    byte[] bytes = records(whole, segment);
    for (int zeros = 0; zeros < 200; zeros++) {
      MemoryDisk copy = whole.copy();
      copy.content(segment, Arrays.copyOf(bytes, bytes.length + zeros));
      LogReport report = LogInspector.verify(copy);
      assertThat(report.unsafeTail()).isEmpty();
      assertThat(report.segments()).last().returns((long) bytes.length, LogReport.Segment::bytes);
      assertOpensWith(copy, GROUPS);
    }
  }

  @Test
  void forcesTheCutBeforeAnythingIsWritten() {
    MemoryDisk torn = crashed();
    String segment = last(torn);
    byte[] bytes = records(torn, segment);
    torn.content(segment, Arrays.copyOf(bytes, bytes.length - 1));
    open(torn, FSYNC);
    List<Operation> history = torn.history();
    int cut = history.indexOf(Operation.TRUNCATE);
    assertThat(history.get(cut + 1)).isEqualTo(Operation.FORCE);
    assertThat(history.indexOf(Operation.WRITE)).isGreaterThan(cut);
  }

  @Test
  void namesZerosInPlaceOfGroupsBeforeTheLastOne() {
    MemoryDisk whole = crashed();
    String segment = last(whole);
    byte[] bytes = whole.content(segment);
    List<Integer> boundaries = boundaries(records(whole, segment));
    int from = boundaries.get(0);
    Arrays.fill(bytes, from, boundaries.get(boundaries.size() - 2), (byte) 0);
    whole.content(segment, bytes);
    assertDamaged(whole, segment, from);
  }

  @Test
  void namesAnyMissingSegment() {
    MemoryDisk whole = crashed();
    List<String> segments = whole.segments();
    for (int i = 0; i < segments.size(); i++) {
      MemoryDisk copy = whole.copy();
      copy.remove(segments.get(i));
      assertDamaged(copy, segments.get(Math.min(i + 1, segments.size() - 1)), 0);
    }
    MemoryDisk none = whole.copy();
    segments.forEach(none::remove);
    assertDamaged(none, last(whole), 0);
  }

  @Test
  void namesSwappedSegments() {
    MemoryDisk whole = crashed();
    List<String> segments = whole.segments();
    for (int i = 1; i < segments.size(); i++) {
      MemoryDisk copy = whole.copy();
      copy.content(segments.get(i - 1), whole.content(segments.get(i)));
      copy.content(segments.get(i), whole.content(segments.get(i - 1)));
      assertDamaged(copy, segments.get(i - 1), 0);
    }
  }

  @Test
  void namesAClosedSegmentThatIsShorterOrLonger() {
    MemoryDisk whole = crashed();
    String segment = whole.segments().get(1);
    byte[] bytes = whole.content(segment);
    List<Integer> boundaries = boundaries(bytes);
    int lastGroup = boundaries.get(boundaries.size() - 2);

    MemoryDisk withoutGroup = whole.copy();
    withoutGroup.content(segment, Arrays.copyOf(bytes, lastGroup));
    assertDamaged(withoutGroup, whole.segments().get(2), 0);

    MemoryDisk longer = whole.copy();
    byte[] another = Arrays.copyOf(bytes, bytes.length + 1);
    another[bytes.length] = 1;
    longer.content(segment, another);
    assertDamaged(longer, segment, bytes.length);
  }

  /** What is whole is told by the position in the next header. */
  @Test
  void takesZerosBehindAClosedSegmentForItsEndAndZerosWithinItForDamage() {
    MemoryDisk whole = crashed();
    String segment = whole.segments().get(1);
    byte[] bytes = whole.content(segment);
    List<Integer> boundaries = boundaries(bytes);

    MemoryDisk longer = whole.copy();
    longer.content(segment, Arrays.copyOf(bytes, bytes.length + 100));
    assertOpensWith(longer, GROUPS);

    byte[] shorter = bytes.clone();
    Arrays.fill(shorter, boundaries.get(boundaries.size() - 2), bytes.length, (byte) 0);
    MemoryDisk zeroed = whole.copy();
    zeroed.content(segment, shorter);
    assertDamaged(zeroed, whole.segments().get(2), 0);
  }

  @Test
  void namesAClosedSegmentThatHasLostItsLastMark() {
    FilePersistence log = open(disk, FSYNC);
    for (int i = 1; i <= GROUPS; i++) {
      fill(log, i, i);
      log.flush();
    }
    disk.afterProcessDeath();
    String segment = disk.segments().get(0);
    byte[] bytes = disk.content(segment);
    disk.content(segment, Arrays.copyOf(bytes, bytes.length - RecordCodec.HEADER_BYTES));
    assertDamaged(disk, disk.segments().get(1), 0);
  }

  @Test
  void namesADamagedHeaderInAnySegmentThatCounts() {
    MemoryDisk whole = crashed();
    for (String segment : whole.segments()) {
      for (int length : new int[] {0, 1, LogSegment.HEADER_BYTES - 1}) {
        MemoryDisk cut = whole.copy();
        cut.content(segment, Arrays.copyOf(cut.content(segment), length));
        assertDamaged(cut, segment, 0);
      }
      MemoryDisk zeroed = whole.copy();
      byte[] bytes = zeroed.content(segment);
      Arrays.fill(bytes, 0, LogSegment.HEADER_BYTES, (byte) 0);
      zeroed.content(segment, bytes);
      assertDamaged(zeroed, segment, 0);
    }
  }

  @Test
  void removesASegmentThatWasOnlyBeingMade() {
    MemoryDisk whole = crashed();
    String next = LogSegment.name(GROUPS + 1);
    for (int length = 0; length < LogSegment.HEADER_BYTES; length++) {
      MemoryDisk copy = whole.copy();
      copy.content(next, new byte[length]);
      assertOpensWith(copy.copy(), GROUPS);
      open(copy, FSYNC);
      int removed = copy.history().indexOf(Operation.DELETE);
      assertThat(copy.history().get(removed + 1)).isEqualTo(Operation.FORCE_DIRECTORY);
    }
  }

  @Test
  void startsAfreshOverAFirstSegmentThatWasOnlyBeingMade() {
    disk.content(LogSegment.name(1), new byte[10]);
    assertOpensWith(disk, 0);
  }

  @Test
  void namesAMissingStatusFile() {
    MemoryDisk whole = crashed();
    whole.remove(LogStatus.NAME);
    assertDamaged(whole, LogStatus.NAME, 0);
  }

  @Test
  void cutsRecordsOfAnEarlierStartThatShowUpBehindLaterOnes() {
    MemoryDisk whole = crashed();
    String segment = last(whole);
    byte[] old = records(whole, segment);
    List<Integer> boundaries = boundaries(old);
    int keep = boundaries.get(boundaries.size() - 4);

    MemoryDisk copy = whole.copy();
    copy.content(segment, Arrays.copyOf(old, keep));
    FilePersistence log = open(copy, FSYNC);
    append(log, text(GROUPS - 2));
    log.flush();
    copy.afterProcessDeath();
    byte[] grown = records(copy, segment);
    assertThat(grown).hasSize(boundaries.get(boundaries.size() - 3));
    byte[] mixed = Arrays.copyOf(grown, old.length);
    System.arraycopy(old, grown.length, mixed, grown.length, old.length - grown.length);
    copy.content(segment, mixed);

    assertThat(LogInspector.verify(copy).unsafeTail().orElseThrow().offset())
        .isEqualTo(grown.length);
    assertOpensWith(copy, GROUPS - 2);
  }

  @Test
  void takesNoCopyOfARecordInsideAGroupForOne() {
    MemoryDisk whole = closed();
    MemoryDisk longer = new MemoryDisk("boot");
    fill(open(longer, FSYNC), 1, 2 * GROUPS);
    byte[] bytes = longer.content(last(longer));
    FilePersistenceConfig large = FilePersistenceConfig.defaults();
    FilePersistence log = open(whole, large);
    log.append(ByteBuffer.wrap(bytes));
    whole.afterProcessDeath();
    String segment = last(whole);
    byte[] grown = records(whole, segment);
    whole.content(segment, Arrays.copyOf(grown, grown.length - 1));
    assertOpensWith(whole, GROUPS);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 6})
  void refusesALaterFormatOrAnotherGroupWithoutCallingItDamage(int field) {
    MemoryDisk whole = crashed();
    String segment = last(whole);
    ByteBuffer bytes = ByteBuffer.wrap(whole.content(segment));
    bytes.putShort(field, (short) 9);
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(bytes.array(), 0, LogSegment.HEADER_BYTES - Integer.BYTES);
    bytes.putInt(LogSegment.HEADER_BYTES - Integer.BYTES, (int) crc.getValue());
    whole.content(segment, bytes.array());
    assertThatThrownBy(() -> open(whole, FSYNC))
        .isInstanceOf(RabiaException.Storage.class)
        .hasMessageContaining(segment)
        .hasMessageContaining("9");
  }

  @Test
  void noticesDamageThatHappensWhileItRuns() {
    FilePersistence log = open(disk, OS);
    fill(log, 1, GROUPS);
    String segment = disk.segments().get(1);
    byte[] bytes = disk.content(segment);
    bytes[LogSegment.HEADER_BYTES + RecordCodec.HEADER_BYTES] ^= 1;
    disk.content(segment, bytes);
    List<String> read = new ArrayList<>();
    assertThatThrownBy(() -> log.read(1, (number, group) -> read.add(text(group))))
        .isInstanceOf(RabiaException.Checksum.class)
        .hasMessageContaining(segment);
    assertThat(read).isEqualTo(texts(read.size())).hasSizeLessThan(GROUPS);
    assertThatThrownBy(() -> append(log, "more")).isInstanceOf(RabiaException.Checksum.class);
    log.close();
    assertThat(LogInspector.verify(disk).status().orElseThrow()).startsWith("RUNNING");
  }
}
