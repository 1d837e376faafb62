package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.NO_WAKEUP;
import static io.rabia.persistence.Logs.OS;
import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.fill;
import static io.rabia.persistence.Logs.open;
import static io.rabia.persistence.Logs.replay;
import static io.rabia.persistence.Logs.text;
import static io.rabia.persistence.Logs.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.rabia.core.InvariantViolation;
import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.persistence.MemoryDisk.Operation;
import java.io.Closeable;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilePersistenceTest {
  private static final long ALLOCATED_BY_MEASURING = 50_000;

  private final MemoryDisk disk = new MemoryDisk("boot");

  private static FilePersistenceConfig config(Durability durability) {
    return durability == Durability.OS ? OS : FSYNC;
  }

  @ParameterizedTest
  @EnumSource(
      value = Durability.class,
      names = {"FSYNC", "OS"})
  void givesBackAfterEveryRestartWhatWasAppended(Durability durability, @TempDir Path directory) {
    Disk real = new NioDisk(directory.resolve("made/when/missing"));
    int count = 0;
    for (int run = 0; run < 5; run++) {
      List<String> replayed = new ArrayList<>();
      try (FilePersistence log = open(real, config(durability), replayed)) {
        assertThat(replayed).isEqualTo(texts(count));
        assertThat(log.durable()).isEqualTo(count);
        fill(log, count + 1, count + 13);
        count += 13;
        assertThat(log.durable()).isEqualTo(count);
      }
    }
    LogReport report = LogInspector.verify(real);
    assertThat(report.lastNumber()).isEqualTo(count);
    assertThat(report.segments()).hasSizeGreaterThan(5);
    assertThat(report.intact()).isTrue();
  }

  @Test
  void numbersGroupsFromOneAndMakesThemDurableOnFlushOnly() {
    FilePersistence log = new FilePersistence(disk, FSYNC);
    assertThat(log.open((number, group) -> true, NO_WAKEUP)).isEqualTo(Persistence.NONE);
    assertThat(append(log, "a")).isEqualTo(1);
    assertThat(append(log, "")).isEqualTo(2);
    assertThat(log.durable()).isZero();
    log.flush();
    assertThat(log.durable()).isEqualTo(2);
    assertThat(replay(disk.afterProcessDeath(), FSYNC)).containsExactly("a", "");
  }

  @Test
  void isReadAgainWhateverTheLanguagesItWasWrittenAndReadUnder() {
    Locale language = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG"));
      fill(open(disk, OS), 1, 3);
    } finally {
      Locale.setDefault(language);
    }
    assertThat(replay(disk.afterProcessDeath(), OS)).isEqualTo(texts(3));
  }

  @Test
  void countsAGroupAsDurableOnceWrittenUnderOs() {
    FilePersistence log = open(disk, OS);
    append(log, "a");
    assertThat(log.durable()).isEqualTo(1);
    assertThat(replay(disk.afterProcessDeath(), OS)).containsExactly("a");
  }

  @Test
  void writesAGroupWithOneWriteAndForcesWithOneForce() {
    FilePersistence log = open(disk, FSYNC);
    append(log, "for which zeros are written ahead");
    disk.history().clear();
    append(log, "a");
    append(log, "b");
    log.flush();
    assertThat(disk.history()).containsExactly(Operation.WRITE, Operation.WRITE, Operation.FORCE);
  }

  @Test
  void writesZerosAheadSoThatAForceRarelyChangesTheSizeOfTheFile() {
    FilePersistenceConfig config = FilePersistenceConfig.builder().segmentBytes(4 << 20).build();
    FilePersistence log = open(disk, config);
    String segment = disk.segments().get(0);
    Set<Integer> sizes = new TreeSet<>();
    String group = "x".repeat(100_000);
    for (int i = 0; i < 30; i++) {
      append(log, group);
      log.flush();
      sizes.add(disk.content(segment).length);
    }
    assertThat(sizes).hasSize(3);
    log.close();
    assertThat(disk.content(segment)).hasSize((int) log.sizeBytes());
  }

  @Test
  void writesNoZerosAheadUnderOs() {
    FilePersistence log = open(disk, OS);
    append(log, "a");
    assertThat(disk.content(disk.segments().get(0))).hasSize((int) log.sizeBytes());
  }

  @Test
  void copiesTheGroupAndLeavesTheBufferAsItWas() {
    FilePersistence log = open(disk, FSYNC);
    byte[] bytes = "xxgroupyy".getBytes(StandardCharsets.UTF_8);
    ByteBuffer group = ByteBuffer.wrap(bytes).position(2).limit(7);
    log.append(group);
    bytes[2] = 'G';
    assertThat(group.position()).isEqualTo(2);
    assertThat(group.limit()).isEqualTo(7);
    log.close();
    assertThat(replay(disk, FSYNC)).containsExactly("group");
  }

  @Test
  void rollsToANewSegmentWhenOneIsFullAndTakesAGroupLargerThanASegment() {
    String large = "x".repeat(5000);
    try (FilePersistence log = open(disk, FSYNC)) {
      fill(log, 1, 10);
      append(log, large);
      append(log, text(12));
      log.read(
          11,
          (number, group) -> {
            assertThat(text(group)).isEqualTo(number == 11 ? large : text(12));
            return true;
          });
    }
    assertThat(disk.segments()).hasSize(4);
    assertThat(replay(disk, FSYNC)).hasSize(12).element(10).isEqualTo(large);
  }

  @Test
  void readsFromTheMiddleUntilTheHandlerHasEnough() {
    FilePersistence log = open(disk, FSYNC);
    fill(log, 1, 40);
    log.flush();
    for (int from = 1; from <= 41; from++) {
      List<String> read = new ArrayList<>();
      log.read(from, (number, group) -> read.add(text(group)));
      assertThat(read).isEqualTo(texts(40).subList(from - 1, 40));
    }
    List<Long> numbers = new ArrayList<>();
    log.read(7, (number, group) -> numbers.add(number) && number < 25);
    assertThat(numbers).hasSize(19).startsWith(7L).endsWith(25L);
  }

  @Test
  void readsOnlyALittleOfWhatIsBeforeTheFirstGroupThatIsAskedFor() {
    FilePersistenceConfig config = FilePersistenceConfig.defaults();
    List<String> groups = new ArrayList<>();
    try (FilePersistence log = open(disk, config)) {
      for (int i = 1; i <= 4000; i++) {
        groups.add("group " + i + "x".repeat(1000));
        append(log, groups.get(i - 1));
      }
      assertReadsLittle(log, groups);
    }
    try (FilePersistence log = open(disk, config)) {
      assertReadsLittle(log, groups);
    }
    assertThat(disk.segments()).hasSize(1);
  }

  private void assertReadsLittle(FilePersistence log, List<String> groups) {
    for (int from = 1; from <= 4000; from += 333) {
      List<String> read = new ArrayList<>();
      long before = disk.bytesRead();
      log.read(from, (number, group) -> read.add(text(group)) && read.size() < 10);
      assertThat(read).isEqualTo(groups.subList(from - 1, Math.min(4000, from + 9)));
      assertThat(disk.bytesRead() - before).isLessThan(200_000);
    }
  }

  @Test
  void readsWhatIsWrittenButNotYetForced() {
    FilePersistence log = open(disk, FSYNC);
    append(log, "a");
    List<String> read = new ArrayList<>();
    log.read(1, (number, group) -> read.add(text(group)));
    assertThat(read).containsExactly("a");
  }

  @Test
  void statesWithAMarkThatTheLastGroupsAreSafeOnceIdle() {
    FilePersistence log = open(disk, FSYNC);
    append(log, "a");
    log.flush();
    long size = log.sizeBytes();
    log.flush();
    assertThat(log.sizeBytes()).isEqualTo(size + RecordCodec.HEADER_BYTES);
    int operations = disk.history().size();
    log.flush();
    assertThat(disk.history()).hasSize(operations);
    assertThat(append(log, "b")).isEqualTo(2);
    log.flush();
    assertThat(replay(disk.afterProcessDeath(), FSYNC)).containsExactly("a", "b");
  }

  @Test
  void forcesTheWholeLogBeforeAnythingIsReplayed() {
    FilePersistence log = open(disk, FSYNC);
    append(log, "only written");
    disk.afterProcessDeath();
    new FilePersistence(disk, FSYNC)
        .open(
            (number, group) -> {
              MemoryDisk next = disk.afterPowerLoss(new java.util.Random(1));
              assertThat(replay(next, FSYNC)).containsExactly("only written");
              return true;
            },
            NO_WAKEUP);
    assertThat(disk.history().indexOf(Operation.FORCE))
        .isLessThan(disk.history().lastIndexOf(Operation.READ));
  }

  @Test
  void refusesAGroupThatIsTooLargeAndGoesOn() {
    FilePersistenceConfig small = FilePersistenceConfig.builder().maxGroupBytes(1024).build();
    FilePersistence log = open(disk, small);
    assertThatThrownBy(() -> log.append(ByteBuffer.allocate(1025)))
        .isInstanceOf(RabiaException.Validation.class);
    assertThat(log.append(ByteBuffer.allocate(1024))).isEqualTo(1);
  }

  @Test
  void refusesCallsBeforeOpenAndAfterClose() {
    FilePersistence log = new FilePersistence(disk, FSYNC);
    assertThatThrownBy(log::flush).isInstanceOf(InvariantViolation.class);
    log.open((number, group) -> true, NO_WAKEUP);
    log.close();
    log.close();
    assertThatThrownBy(() -> append(log, "a")).isInstanceOf(RabiaException.Closed.class);
    assertThatThrownBy(log::flush).isInstanceOf(RabiaException.Closed.class);
  }

  @Test
  void givesTheDirectoryFreeWhenTheReplayThrows() {
    fill(open(disk, FSYNC), 1, 1);
    disk.afterProcessDeath();
    IllegalStateException thrown = new IllegalStateException("the handler's");
    FilePersistence log = new FilePersistence(disk, FSYNC);
    assertThatThrownBy(
            () ->
                log.open(
                    (number, group) -> {
                      throw thrown;
                    },
                    NO_WAKEUP))
        .isSameAs(thrown);
    assertThat(replay(disk, FSYNC)).hasSize(1);
  }

  @Test
  void worksInAnInterruptedThread(@TempDir Path directory) {
    FilePersistence log = open(new NioDisk(directory), FSYNC);
    Thread.currentThread().interrupt();
    try {
      fill(log, 1, 20);
      log.close();
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      Thread.interrupted();
    }
    assertThat(LogInspector.verify(directory).lastNumber()).isEqualTo(20);
  }

  @Test
  void allocatesNothingPerGroupInSteadyState() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    FilePersistence log = open(new BottomlessDisk(), FilePersistenceConfig.defaults());
    ByteBuffer group = ByteBuffer.allocateDirect(200);
    long allocated = Long.MAX_VALUE;
    for (int round = 0; round < 5 && allocated > ALLOCATED_BY_MEASURING; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 20_000; i++) {
        log.append(group);
        log.flush();
      }
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(allocated).isLessThan(ALLOCATED_BY_MEASURING);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1023, (1 << 30) + 1})
  void refusesSizesOutOfBounds(int bytes) {
    assertThatThrownBy(() -> FilePersistenceConfig.builder().segmentBytes(bytes).build())
        .isInstanceOf(RabiaException.Validation.class);
    assertThatThrownBy(() -> FilePersistenceConfig.builder().maxGroupBytes(bytes).build())
        .isInstanceOf(RabiaException.Validation.class);
  }

  @Test
  void isNotForDurabilityMemory() {
    assertThatThrownBy(() -> FilePersistenceConfig.builder().durability(Durability.MEMORY).build())
        .isInstanceOf(RabiaException.Validation.class);
  }

  /** A change here needs a new format version: logs on disk are read by later releases. */
  @Test
  void keepsTheBytesOfTheFormat() {
    try (FilePersistence log = open(disk, FSYNC)) {
      append(log, "abc");
    }
    assertThat(HexFormat.of().formatHex(disk.content("log-0000000000000000001.rlog")))
        .isEqualTo(
            "524c4f4700010000000000000000000100000000000000000000000000000001"
                + "bc24706a"
                + "23b5e50100000003000000000000002400000000000000010000000000000001"
                + "0000000000000024616263"
                + "59ec4761ffffffff000000000000004f00000000000000010000000000000001"
                + "000000000000004f");
    assertThat(disk.content("log.status"))
        .asString()
        .isEqualTo("rabia-log 1 start=1 segment=1 state=FORCED boot=- crc=03bdf232\n");
  }

  @Test
  void readsTheMachinesBootIdAndNamesTheDirectory(@TempDir Path directory) throws Exception {
    NioDisk real = new NioDisk(directory);
    assertThat(real.bootId()).hasSizeGreaterThan(30).isEqualTo(new NioDisk(directory).bootId());
    assertThat(real.location()).isEqualTo(directory.toString());
  }

  @Test
  void createsReadsRenamesAndDeletesRealFiles(@TempDir Path directory) throws Exception {
    NioDisk real = new NioDisk(directory);
    try (DiskFile file = real.openAppend("a")) {
      file.write(ByteBuffer.wrap("0123456789".getBytes(StandardCharsets.UTF_8)));
      file.truncate(8);
      file.write(ByteBuffer.wrap("ab".getBytes(StandardCharsets.UTF_8)));
      file.force();
      assertThat(file.size()).isEqualTo(10);
      ByteBuffer read = ByteBuffer.allocate(20);
      file.read(read, 7);
      assertThat(text(read.flip())).isEqualTo("7ab");
      file.read(read.clear(), 99);
      assertThat(read.position()).isZero();
    }
    Files.createDirectory(directory.resolve("not a file"));
    real.openAppend("b").close();
    real.rename("a", "b");
    assertThat(real.list()).containsExactly("b");
    assertThat(Files.readString(directory.resolve("b"))).isEqualTo("01234567ab");
    real.delete("b");
    real.delete("b");
    assertThat(real.list()).isEmpty();
    assertThatCode(real::forceDirectory).doesNotThrowAnyException();
  }

  @Test
  void writesOverARealFileFromItsBeginning(@TempDir Path directory) throws Exception {
    try (DiskFile file = new NioDisk(directory).openAppend("a")) {
      file.write(ByteBuffer.wrap("0123456789".getBytes(StandardCharsets.UTF_8)));
      file.rewind();
      file.write(ByteBuffer.wrap("ab".getBytes(StandardCharsets.UTF_8)));
      file.write(ByteBuffer.wrap("c".getBytes(StandardCharsets.UTF_8)));
      file.reserve(10);
      assertThat(file.size()).isEqualTo(10);
      file.reserve(12);
      assertThat(Files.readString(directory.resolve("a"))).isEqualTo("abc3456789\0\0");
      file.write(ByteBuffer.wrap("d".getBytes(StandardCharsets.UTF_8)));
      file.truncate(5);
      assertThat(Files.readString(directory.resolve("a"))).isEqualTo("abcd4");
    }
  }

  /** Takes everything and keeps nothing, so that only the log's own allocations count. */
  private static final class BottomlessDisk implements Disk {
    private final DiskFile file =
        new DiskFile() {
          @Override
          public long size() {
            return 0;
          }

          @Override
          public void read(ByteBuffer target, long position) {}

          @Override
          public void write(ByteBuffer source) {
            source.position(source.limit());
          }

          @Override
          public void rewind() {}

          @Override
          public void truncate(long size) {}

          @Override
          public void force() {}

          @Override
          public void close() {}
        };

    @Override
    public String location() {
      return "nowhere";
    }

    @Override
    public Closeable lock() {
      return () -> {};
    }

    @Override
    public List<String> list() {
      return List.of();
    }

    @Override
    public DiskFile openRead(String name) {
      return file;
    }

    @Override
    public DiskFile openAppend(String name) {
      return file;
    }

    @Override
    public void rename(String from, String to) {}

    @Override
    public void delete(String name) {}

    @Override
    public void forceDirectory() {}

    @Override
    public String bootId() {
      return "none";
    }
  }
}
