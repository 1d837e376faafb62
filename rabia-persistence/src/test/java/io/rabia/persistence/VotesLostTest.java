package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.NO_WAKEUP;
import static io.rabia.persistence.Logs.OS;
import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.fill;
import static io.rabia.persistence.Logs.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log that does not hold all that it promised is moved aside whole, and another one begins. */
class VotesLostTest {
  private static final int GROUPS = 45;
  private static final int SNAPSHOT = 40;

  /** Several segments and two snapshots; the log begins behind its first group. */
  private static MemoryDisk log() {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = Logs.open(disk, FSYNC);
    fill(log, 1, GROUPS);
    log.snapshot(20, new Texts(texts(19)));
    log.snapshot(SNAPSHOT, new Texts(texts(SNAPSHOT - 1)));
    log.compact(Long.MAX_VALUE);
    log.snapshot(SNAPSHOT, new Texts(texts(SNAPSHOT - 1)));
    return disk.afterProcessDeath();
  }

  private static void flip(MemoryDisk disk, String file, int at) {
    byte[] bytes = disk.content(file);
    bytes[at] ^= 1;
    disk.content(file, bytes);
  }

  /** One that lost a group in the middle of its first segment. */
  private static MemoryDisk damaged() {
    MemoryDisk disk = log();
    flip(disk, disk.segments().get(0), LogSegment.HEADER_BYTES);
    return disk;
  }

  /** A life of whoever may go on without votes. */
  private static final class Life {
    final List<String> replayed = new ArrayList<>();
    final Replay replay = new Replay(replayed).withoutVotes();
    final FilePersistence log;
    final long last;

    Life(MemoryDisk disk, FilePersistenceConfig config) {
      log = new FilePersistence(disk, config);
      last = log.open(replay, NO_WAKEUP);
    }

    Life(MemoryDisk disk) {
      this(disk, FSYNC);
    }

    String why() {
      assertThat(replay.losses()).hasSize(1);
      return replay.losses().get(0);
    }
  }

  private static Map<String, ByteBuffer> segments(MemoryDisk disk) {
    Map<String, ByteBuffer> segments = new LinkedHashMap<>(disk.contents());
    segments.keySet().retainAll(disk.segments());
    return segments;
  }

  @Test
  void goesOnFromTheSnapshotUnderTheNumberThatFollowsIt() {
    MemoryDisk disk = damaged();
    Map<String, ByteBuffer> before = segments(disk);
    String first = disk.segments().get(0);
    Life life = new Life(disk);
    assertThat(life.why()).contains(first + " at offset " + LogSegment.HEADER_BYTES);
    assertThat(life.replayed).isEqualTo(texts(SNAPSHOT - 1));
    assertThat(life.last).isEqualTo(SNAPSHOT - 1);
    assertThat(append(life.log, "a new identity")).isEqualTo(SNAPSHOT);
    life.log.flush();
    assertThat(life.log.durable()).isEqualTo(SNAPSHOT);
    assertThat(disk.contents().values()).as("whole").containsAll(before.values());
    assertThat(disk.segments()).containsExactly(LogSegment.name(SNAPSHOT));

    List<String> expected = texts(SNAPSHOT - 1);
    expected.add("a new identity");
    Life next = new Life(disk.afterPowerLoss(new Random(1)));
    assertThat(next.replay.losses()).isEmpty();
    assertThat(next.replayed).isEqualTo(expected);
  }

  private static Replay look(MemoryDisk disk, List<String> shown, boolean there) {
    Map<String, ByteBuffer> before = disk.contents();
    Replay replay = new Replay(shown).withoutVotes();
    try (FilePersistence log = new FilePersistence(disk, FSYNC)) {
      assertThat(log.look(replay)).isEqualTo(there);
    }
    assertThat(disk.contents()).as("it stays as it was").isEqualTo(before);
    return replay;
  }

  @Test
  void aLookShowsWhatIsLeftAndChangesNothing() {
    MemoryDisk disk = log();
    String last = disk.segments().get(disk.segments().size() - 1);
    int end = Logs.records(disk, last).length;
    List<String> whole = new ArrayList<>();
    assertThat(look(disk, whole, true).losses()).isEmpty();
    assertThat(whole).isEqualTo(texts(GROUPS));

    flip(disk, disk.segments().get(0), LogSegment.HEADER_BYTES);
    List<String> before = new ArrayList<>();
    assertThat(look(disk, before, true).losses().get(0)).contains("is damaged");
    assertThat(before).as("the snapshot stands for what is damaged").isEqualTo(texts(GROUPS));

    flip(disk, last, end - 1);
    List<String> prefix = new ArrayList<>();
    assertThat(look(disk, prefix, true).losses()).hasSize(1);
    assertThat(prefix).isEqualTo(texts(prefix.size())).hasSizeBetween(SNAPSHOT - 1, GROUPS - 1);

    new Life(disk);
    List<String> snapshot = new ArrayList<>();
    assertThat(look(disk.afterProcessDeath(), snapshot, false).losses()).hasSize(1);
    assertThat(snapshot).as("its log was moved aside").isEqualTo(texts(SNAPSHOT - 1));
  }

  @Test
  void beginsAnewWithoutASnapshot() {
    MemoryDisk disk = new MemoryDisk("boot");
    fill(Logs.open(disk, FSYNC), 1, GROUPS);
    flip(disk.afterProcessDeath(), disk.segments().get(1), LogSegment.HEADER_BYTES);
    Life life = new Life(disk);
    assertThat(life.why()).contains("and a later segment exists");
    assertThat(life.replayed).isEmpty();
    assertThat(append(life.log, "a new identity")).isEqualTo(1);
  }

  @Test
  void tellsAgainUntilAGroupOfTheNextLogIsDurable() {
    MemoryDisk disk = damaged();
    Map<String, ByteBuffer> before = segments(disk);
    String why = new Life(disk).why();
    disk.afterProcessDeath();
    Life second = new Life(disk);
    assertThat(second.why()).isEqualTo(why);
    append(second.log, "not durable");
    disk.afterProcessDeath();
    Life third = new Life(disk);
    assertThat(third.why()).isEqualTo(why);
    assertThat(third.replayed).isEqualTo(texts(SNAPSHOT - 1));
    append(third.log, "durable");
    third.log.flush();
    assertThat(new Life(disk.afterProcessDeath()).replay.losses()).isEmpty();
    assertThat(disk.contents().values()).containsAll(before.values());
  }

  @Test
  void noticesEveryKindOfLoss() {
    Map<String, Consumer<MemoryDisk>> losses = new LinkedHashMap<>();
    losses.put("are missing", disk -> disk.remove(disk.segments().get(1)));
    losses.put("segment is missing", disk -> disk.segments().forEach(disk::remove));
    losses.put("log.status at offset 0: the file is missing", disk -> disk.remove(LogStatus.NAME));
    losses.put("log.status in memory is damaged", disk -> flip(disk, LogStatus.NAME, 20));
    losses.put("header is damaged", disk -> disk.content(disk.segments().get(1), new byte[36]));
    losses.forEach(
        (what, damage) -> {
          MemoryDisk disk = log();
          damage.accept(disk);
          Life life = new Life(disk);
          assertThat(life.why()).contains(what);
          assertThat(life.replayed).isEqualTo(texts(SNAPSHOT - 1));
        });
    MemoryDisk front = log();
    flip(front, SnapshotFile.name(20), 30);
    flip(front, SnapshotFile.name(SNAPSHOT), 30);
    Life life = new Life(front);
    assertThat(life.why()).contains("no intact snapshot stands for the groups before it");
    assertThat(life.replayed).isEmpty();
    assertThat(life.last).isZero();
  }

  @Test
  void goesOnFromTheOlderSnapshotWhenTheNewestIsDamagedToo() {
    MemoryDisk disk = damaged();
    flip(disk, SnapshotFile.name(SNAPSHOT), 30);
    Life life = new Life(disk);
    assertThat(life.replayed).isEqualTo(texts(19));
    assertThat(append(life.log, "a new identity")).isEqualTo(20);
    life.log.flush();
    List<String> expected = texts(19);
    expected.add("a new identity");
    assertThat(new Life(disk.afterProcessDeath()).replayed).isEqualTo(expected);
  }

  @Test
  void losesThemAgainWhenWhatTheNextLogStandsOnIsDamagedLater() {
    MemoryDisk disk = damaged();
    Life life = new Life(disk);
    append(life.log, "a new identity");
    life.log.close();
    flip(disk.afterProcessDeath(), SnapshotFile.name(SNAPSHOT), 30);
    Life next = new Life(disk);
    assertThat(next.why()).contains("no intact snapshot");
    assertThat(next.replayed).isEqualTo(texts(19));
  }

  @Test
  void knowsThatTheNewIdentityWasSafe() {
    MemoryDisk disk = damaged();
    Life life = new Life(disk);
    append(life.log, "a new identity");
    life.log.flush();
    disk.afterProcessDeath();
    flip(disk, disk.segments().get(0), LogSegment.HEADER_BYTES + RecordCodec.HEADER_BYTES + 3);
    assertThat(new Life(disk).why()).contains(LogSegment.name(SNAPSHOT));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRebootWithoutACleanMarkLosesThem(boolean orderly) {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = Logs.open(disk, OS);
    fill(log, 1, 3);
    if (orderly) {
      log.close();
    }
    disk.afterProcessDeath().rebooted();
    Life life = new Life(disk, OS);
    assertThat(life.replay.losses()).hasSize(orderly ? 0 : 1);
    assertThat(life.replayed).hasSize(orderly ? 3 : 0);
    append(life.log, "a new identity");
    life.log.flush();
    Life next = new Life(disk.afterProcessDeath(), OS);
    assertThat(next.replay.losses()).isEmpty();
    assertThat(next.replayed).endsWith("a new identity");
  }

  @Test
  void underOsTheNewIdentityIsForcedBeforeItCounts() {
    MemoryDisk disk = new MemoryDisk("boot");
    fill(Logs.open(disk, OS), 1, 3);
    disk.afterProcessDeath().rebooted();
    Life life = new Life(disk, OS);
    append(life.log, "a new identity");
    assertThat(life.log.durable()).isZero();
    life.log.flush();
    assertThat(life.log.durable()).isEqualTo(1);
    append(life.log, "more");
    assertThat(life.log.durable()).isEqualTo(2);
    life.log.close();
    for (int seed = 0; seed < 20; seed++) {
      Life next = new Life(disk.afterPowerLoss(new Random(seed)), OS);
      assertThat(next.replayed).containsExactly("a new identity", "more");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDisownedLogIsNotVotedWithAgain(boolean os) {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = Logs.open(disk, os ? OS : FSYNC);
    fill(log, 1, 3);
    log.disown("an old copy", true);
    assertThatThrownBy(() -> append(log, "more"))
        .isInstanceOf(RabiaException.NotAMember.class)
        .hasMessageContaining("an old copy");
    log.close();
    assertThat(LogInspector.verify(disk.afterProcessDeath()).intact()).isFalse();
    MemoryDisk next = disk.afterPowerLoss(new Random(3));
    assertThat(new Life(next, os ? OS : FSYNC).why()).isEqualTo("an old copy");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void snapshotsOfAWrongStateAreNotUsedAgain(boolean right) {
    MemoryDisk disk = new MemoryDisk("boot");
    FilePersistence log = Logs.open(disk, FSYNC);
    fill(log, 1, 3);
    log.snapshot(4, new Texts(texts(3)));
    log.disown("a wrong state", right);
    log.close();
    Life next = new Life(disk.afterPowerLoss(new Random(3)), FSYNC);
    assertThat(next.why()).isEqualTo("a wrong state");
    assertThat(next.replayed).isEqualTo(right ? texts(3) : List.of());
  }

  /** The power fails before every operation of losing, moving aside and beginning anew. */
  @Test
  void isMovedAsideWholeWhenThePowerFailsBeforeAnyOperation() {
    Collection<ByteBuffer> before = segments(damaged()).values();
    boolean stopped = true;
    int told = 0;
    int operation = 0;
    for (; stopped; operation++) {
      for (int seed = 0; seed < 10; seed++) {
        MemoryDisk disk = damaged().stopBefore(operation);
        long durable = loseAndIdentify(disk);
        stopped = disk.stopped();
        MemoryDisk next = disk.afterPowerLoss(new Random(seed));
        assertThat(next.contents().values()).as("before %s", operation).containsAll(before);
        Life life = new Life(next);
        told += life.replay.losses().size();
        List<String> expected = texts(SNAPSHOT - 1);
        if (life.replay.losses().isEmpty()) {
          expected.add("a new identity");
        } else {
          assertThat(durable).isLessThan(SNAPSHOT);
        }
        assertThat(life.replayed).isEqualTo(expected);
      }
    }
    assertThat(operation).isGreaterThan(40);
    assertThat(told).isGreaterThan(100);
  }

  /** Returns what is durable then. */
  private static long loseAndIdentify(MemoryDisk disk) {
    FilePersistence log = new FilePersistence(disk, FSYNC);
    try {
      log.open(new Replay(new ArrayList<>()).withoutVotes(), NO_WAKEUP);
      append(log, "a new identity");
      log.flush();
      log.close();
    } catch (RabiaException.Storage e) {
      assertThat(e).hasMessageContaining("the power is off");
    }
    return log.durable();
  }
}
