package io.rabia.persistence;

import static io.rabia.persistence.Logs.FSYNC;
import static io.rabia.persistence.Logs.NO_WAKEUP;
import static io.rabia.persistence.Logs.OS;
import static io.rabia.persistence.Logs.append;
import static io.rabia.persistence.Logs.fill;
import static io.rabia.persistence.Logs.open;
import static io.rabia.persistence.Logs.replay;
import static io.rabia.persistence.Logs.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.persistence.MemoryDisk.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The machine or the process stops between any two operations on files, and what was not forced is
 * lost or mixed.
 */
class CrashTest {

  /** What one log has taken and promised over all the lives of its member. */
  private static final class History {
    final List<String> groups = new ArrayList<>();
    int promised;
    boolean snapshots;
    int snapshot = 1;

    /**
     * Opens, checks the promise, then appends and flushes at random until the disk stops or enough
     * was done.
     */
    void live(Disk disk, FilePersistenceConfig config, int life, Random random, int steps) {
      FilePersistence log = new FilePersistence(disk, config);
      List<String> replayed = new ArrayList<>();
      try {
        log.open(new Replay(replayed), NO_WAKEUP);
        check(replayed);
        for (int i = 0; i < steps; i++) {
          step(log, life, random);
          promised = (int) log.durable();
        }
        log.close();
        promised = groups.size();
      } catch (RabiaException.Storage e) {
        promised = Math.max(promised, (int) log.durable());
      }
    }

    private void step(FilePersistence log, int life, Random random) {
      if (snapshots && random.nextInt(10) == 0) {
        int first = snapshot + random.nextInt(Math.max(1, promised + 2 - snapshot));
        snapshot = first;
        long needed = log.snapshot(first, new Texts(groups.subList(0, first - 1)));
        log.compact(1 + random.nextInt((int) needed));
      } else if (random.nextInt(3) > 0) {
        String group =
            "life " + life + " group " + groups.size() + " " + "x".repeat(random.nextInt(300));
        groups.add(group);
        assertThat(append(log, group)).isEqualTo(groups.size());
      } else {
        log.flush();
      }
    }

    private void check(List<String> replayed) {
      assertThat(replayed.size()).isBetween(promised, groups.size());
      assertThat(replayed).isEqualTo(groups.subList(0, replayed.size()));
      groups.subList(replayed.size(), groups.size()).clear();
      promised = replayed.size();
    }
  }

  @Test
  void keepsEveryDurableGroupWhenThePowerFailsBeforeAnyOperation() {
    int operation = 0;
    boolean stopped = true;
    for (; stopped; operation++) {
      for (int seed = 0; seed < 10; seed++) {
        MemoryDisk disk = new MemoryDisk("boot").stopBefore(operation);
        History history = new History();
        history.live(disk, FSYNC, 0, new Random(4711), 60);
        stopped = disk.stopped();
        history.live(disk.afterPowerLoss(new Random(seed)), FSYNC, 1, new Random(seed), 5);
      }
    }
    assertThat(operation).as("operations of a life").isGreaterThan(80);
  }

  @Test
  void keepsWhatSnapshotsStandForWhenThePowerFailsBeforeAnyOperation() {
    int operation = 0;
    int writtenOver = 0;
    boolean stopped = true;
    for (; stopped; operation++) {
      for (int seed = 0; seed < 5; seed++) {
        MemoryDisk disk = new MemoryDisk("boot").stopBefore(operation);
        History history = new History();
        history.snapshots = true;
        history.live(disk, FSYNC, 0, new Random(4711), 90);
        stopped = disk.stopped();
        writtenOver = Math.max(writtenOver, disk.writtenOver());
        history.live(disk.afterPowerLoss(new Random(seed)), FSYNC, 1, new Random(seed), 5);
      }
    }
    assertThat(operation).as("operations of a life").isGreaterThan(160);
    assertThat(writtenOver).isPositive();
  }

  @ParameterizedTest
  @EnumSource(
      value = Durability.class,
      names = {"FSYNC", "OS"})
  void keepsWhatSnapshotsStandForOverManyLives(Durability durability) {
    boolean forced = durability == Durability.FSYNC;
    int compacted = 0;
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      MemoryDisk disk = new MemoryDisk("boot");
      History history = new History();
      history.snapshots = true;
      for (int life = 0; life < 12; life++) {
        disk.stopBefore(random.nextInt(160));
        history.live(disk, forced ? FSYNC : OS, life, random, 80);
        boolean power = forced && random.nextInt(3) > 0;
        disk = power ? disk.afterPowerLoss(random) : disk.afterProcessDeath();
      }
      history.live(disk, forced ? FSYNC : OS, 12, random, 0);
      compacted += disk.segments().contains(LogSegment.name(1)) ? 0 : 1;
    }
    assertThat(compacted).isGreaterThan(100);
  }

  /** Long enough for segments that are written over, by records that were not all forced. */
  @Test
  void keepsWhatSnapshotsStandForOverLongLives() {
    int writtenOver = 0;
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      MemoryDisk disk = new MemoryDisk("boot");
      History history = new History();
      history.snapshots = true;
      for (int life = 0; life < 4; life++) {
        disk.stopBefore(200 + random.nextInt(1000));
        int before = disk.writtenOver();
        history.live(disk, FSYNC, life, random, 600);
        writtenOver += disk.writtenOver() - before;
        disk = random.nextInt(3) > 0 ? disk.afterPowerLoss(random) : disk.afterProcessDeath();
      }
      history.live(disk, FSYNC, 4, random, 0);
    }
    assertThat(writtenOver).isGreaterThan(1000);
  }

  /** protocol.md 10, number 19: what a start has read it may send, so it is safe from then on. */
  @Test
  void whatIsReadFromThePageCacheAfterAKillIsSafeBeforeItCounts() {
    for (int seed = 0; seed < 50; seed++) {
      MemoryDisk disk = new MemoryDisk("boot");
      FilePersistence killed = open(disk, FSYNC);
      for (int i = 1; i <= 20; i++) {
        append(killed, Logs.text(i));
      }
      List<String> read = replay(disk.afterProcessDeath(), FSYNC);
      assertThat(read).isEqualTo(Logs.texts(20));
      assertThat(replay(disk.afterPowerLoss(new Random(seed)), FSYNC)).isEqualTo(read);
    }
  }

  /** protocol.md 10, number 19, second part. */
  @Test
  void anUnforcedTailThatWasWrittenOutOfOrderCostsNobodyItsVotes() {
    int shortest = Integer.MAX_VALUE;
    int longest = 0;
    for (int seed = 0; seed < 300; seed++) {
      MemoryDisk disk = new MemoryDisk("boot");
      FilePersistence log = open(disk, FSYNC);
      fill(log, 1, 10);
      for (int i = 11; i <= 14; i++) {
        append(log, Logs.text(i));
      }
      List<String> kept = new ArrayList<>();
      Replay replay = new Replay(kept).withoutVotes();
      new FilePersistence(disk.afterPowerLoss(new Random(seed)), FSYNC).open(replay, NO_WAKEUP);
      assertThat(replay.losses()).as("seed %s", seed).isEmpty();
      assertThat(kept).isEqualTo(Logs.texts(kept.size()));
      shortest = Math.min(shortest, kept.size());
      longest = Math.max(longest, kept.size());
    }
    assertThat(shortest).isEqualTo(10);
    assertThat(longest).isGreaterThan(11);
  }

  @Test
  void keepsEveryDurableGroupOverManyLivesThatEndByPowerLossOrKill() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      MemoryDisk disk = new MemoryDisk("boot");
      History history = new History();
      int longest = 0;
      for (int life = 0; life < 12; life++) {
        disk.stopBefore(random.nextInt(120));
        history.live(disk, FSYNC, life, random, 60);
        longest = Math.max(longest, history.promised);
        disk = random.nextInt(3) > 0 ? disk.afterPowerLoss(random) : disk.afterProcessDeath();
      }
      history.live(disk, FSYNC, 12, random, 0);
      assertThat(longest).as("groups promised with seed " + seed).isPositive();
    }
  }

  @Test
  void keepsEveryWrittenGroupUnderOsOverManyLivesThatEndByKill() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      MemoryDisk disk = new MemoryDisk("boot");
      History history = new History();
      for (int life = 0; life < 12; life++) {
        disk.stopBefore(random.nextInt(120));
        history.live(disk, OS, life, random, 60);
        disk.afterProcessDeath();
      }
      history.live(disk, OS, 12, random, 0);
    }
  }

  @Test
  void keepsEverythingUnderOsWhenThePowerFailsAfterAnOrderlyClose() {
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      MemoryDisk disk = new MemoryDisk("boot");
      History history = new History();
      for (int life = 0; life < 5; life++) {
        history.live(disk, OS, life, random, 60);
        disk = disk.afterPowerLoss(random);
      }
      assertThat(replay(disk, OS)).isEqualTo(history.groups).isNotEmpty();
    }
  }

  /** It is deleted with the next snapshot, and is not forced with the rest. */
  @Test
  void keepsEverythingUnderOsWhenThePowerFailsAfterAnOrderlyCloseWithSegmentsThatItLetGoOf() {
    for (int seed = 0; seed < 20; seed++) {
      MemoryDisk disk = new MemoryDisk("boot");
      try (FilePersistence log = open(disk, OS)) {
        fill(log, 1, 45);
        log.snapshot(40, new Texts(texts(39)));
        log.compact(Long.MAX_VALUE);
        assertThat(disk.segments()).contains(LogSegment.name(1));
      }
      List<String> replayed = new ArrayList<>();
      FilePersistence next = new FilePersistence(disk.afterPowerLoss(new Random(seed)), OS);
      next.open(new Replay(replayed), NO_WAKEUP);
      assertThat(replayed).isEqualTo(texts(45));
    }
  }

  /** Segments begin unforced, so the status may be torn; every second seed takes snapshots. */
  @Test
  void isEitherWholeOrRefusedUnderOsWhenThePowerFailsBeforeAnyOperation() {
    int refused = 0;
    int torn = 0;
    int opened = 0;
    boolean stopped = true;
    for (int operation = 0; stopped; operation++) {
      for (int seed = 0; seed < 10; seed++) {
        MemoryDisk disk = new MemoryDisk("boot").stopBefore(operation);
        History history = new History();
        history.snapshots = seed % 2 == 1;
        history.live(disk, OS, 0, new Random(4711), 60);
        stopped = disk.stopped();
        Random random = new Random(operation * 10L + seed);
        MemoryDisk next = disk.afterPowerLoss(random);
        try {
          history.live(next, OS, 1, random, 0);
          opened++;
        } catch (RabiaException.Checksum e) {
          assertThat(e).hasMessageContaining("lost its votes");
          if (e.getMessage().contains("log.status in ")) {
            assertThat(e).hasMessageContaining("or the machine stopped under durability OS");
            torn++;
          } else {
            assertThat(e).hasMessageContaining("boot'");
          }
          refused++;
        }
      }
    }
    assertThat(refused).isGreaterThan(400);
    assertThat(torn).isPositive().isLessThan(refused);
    assertThat(opened).isPositive();
  }

  @Test
  void aStatusThatAnEarlierProcessLeftHalfMadeDoesNotComeBack() throws IOException {
    MemoryDisk other = new MemoryDisk("boot");
    LogStatus.forced(1, 1).write(other);
    for (int seed = 0; seed < 100; seed++) {
      MemoryDisk disk = new MemoryDisk("boot");
      LogStatus.running(2, 1, "boot").write(disk);
      try (DiskFile left = disk.openAppend(LogStatus.TEMPORARY)) {
        left.write(ByteBuffer.wrap(other.content(LogStatus.NAME)));
        left.force();
      }
      disk.forceDirectory();
      LogStatus.running(2, 50, "boot").replace(disk);
      try {
        LogStatus found = LogStatus.read(disk.afterPowerLoss(new Random(seed)));
        assertThat(found)
            .isNotNull()
            .extracting(LogStatus::state)
            .isEqualTo(LogStatus.State.RUNNING);
      } catch (RabiaException.Checksum torn) {
        assertThat(torn).hasMessageContaining("under durability OS");
      }
    }
  }

  /** A force may wait for all that others write to the disk. */
  @Test
  void nothingIsForcedUnderOsBetweenOpenAndClose() {
    MemoryDisk disk = new MemoryDisk("boot");
    try (FilePersistence log = open(disk, OS)) {
      disk.history().clear();
      fill(log, 1, 45);
      assertThat(disk.segments()).hasSizeGreaterThan(3);
      assertThat(disk.history()).doesNotContain(Operation.FORCE, Operation.FORCE_DIRECTORY);
    }
    assertThat(replay(disk.afterPowerLoss(new Random(1)), OS)).isEqualTo(texts(45));
  }

  /** Nor by a start, but for the status: the close makes all of it safe. */
  @Test
  void whatAnEarlierProcessLeftUnforcedIsSafeAfterAnOrderlyCloseUnderOs() {
    for (int seed = 0; seed < 20; seed++) {
      MemoryDisk disk = new MemoryDisk("boot");
      fill(open(disk, OS), 1, 45);
      MemoryDisk found = disk.afterProcessDeath();
      try (FilePersistence log = open(found, OS)) {
        assertThat(Collections.frequency(found.history(), Operation.FORCE)).isEqualTo(1);
        assertThat(found.segments()).hasSizeGreaterThan(3);
        append(log, Logs.text(46));
      }
      assertThat(replay(found.afterPowerLoss(new Random(seed)), OS)).isEqualTo(texts(46));
    }
  }

  /** A start reads what an earlier process left unforced, whatever the policies of the two. */
  @Test
  void isEitherWholeOrRefusedOverManyLivesUnderEitherPolicy() {
    int refused = 0;
    int whole = 0;
    for (int seed = 0; seed < 1000; seed++) {
      Random random = new Random(seed);
      MemoryDisk disk = new MemoryDisk("boot");
      History history = new History();
      history.snapshots = seed % 2 == 1;
      try {
        for (int life = 0; life < 12; life++) {
          disk.stopBefore(random.nextInt(120));
          history.live(disk, random.nextBoolean() ? FSYNC : OS, life, random, 60);
          boolean power = random.nextInt(6) == 0;
          disk = power ? disk.afterPowerLoss(random) : disk.afterProcessDeath();
        }
        history.live(disk, FSYNC, 12, random, 0);
        whole++;
      } catch (RabiaException.Checksum e) {
        assertThat(e).hasMessageContaining("lost its votes");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(100);
    assertThat(whole).isGreaterThan(100);
  }

  @Test
  void refusesUnderOsAfterAReboot() {
    MemoryDisk disk = new MemoryDisk("boot");
    fill(open(disk, OS), 1, 3);
    assertThat(replay(disk.afterProcessDeath(), OS)).hasSize(3);
    disk.rebooted();
    for (FilePersistenceConfig config : List.of(OS, FSYNC)) {
      assertThatThrownBy(() -> open(disk, config))
          .isInstanceOf(RabiaException.Checksum.class)
          .hasMessageContaining("durability OS on boot boot and not closed in order")
          .hasMessageContaining("this is boot boot'")
          .hasMessageContaining("lost its votes");
    }
  }

  @Test
  void replacesTheCleanMarkBeforeOpenReturns() {
    MemoryDisk disk = new MemoryDisk("boot");
    try (FilePersistence log = open(disk, OS)) {
      fill(log, 1, 3);
    }
    assertThat(LogInspector.verify(disk).status()).hasValue("CLEAN (-)");
    disk.rebooted();
    open(disk, OS);
    assertThat(LogInspector.verify(disk).status()).hasValue("RUNNING (boot')");
    for (int seed = 0; seed < 20; seed++) {
      MemoryDisk next = disk.afterPowerLoss(new Random(seed));
      assertThatThrownBy(() -> open(next, OS)).isInstanceOf(RabiaException.Checksum.class);
    }
  }

  @Test
  void leavesTheCleanMarkToWhomItBelongsWhenTheReplayRefusesTheLog() {
    MemoryDisk disk = new MemoryDisk("boot");
    try (FilePersistence log = open(disk, OS)) {
      fill(log, 1, 3);
    }
    RabiaException refusal = new RabiaException.Validation("of another member");
    FilePersistence wrong = new FilePersistence(disk, OS);
    assertThatThrownBy(
            () ->
                wrong.open(
                    (number, group) -> {
                      throw refusal;
                    },
                    () -> {}))
        .isSameAs(refusal);
    wrong.close();
    assertThat(replay(disk.rebooted(), OS)).hasSize(3);
  }

  @ParameterizedTest
  @EnumSource(
      value = Durability.class,
      names = {"FSYNC", "OS"})
  void goesOnWithTheOtherPolicyAfterAnOrderlyClose(Durability first) {
    MemoryDisk disk = new MemoryDisk("boot");
    try (FilePersistence log = open(disk, first == Durability.OS ? OS : FSYNC)) {
      fill(log, 1, 20);
    }
    disk.rebooted();
    List<String> replayed = new ArrayList<>();
    try (FilePersistence log = open(disk, first == Durability.OS ? FSYNC : OS, replayed)) {
      fill(log, 21, 40);
    }
    assertThat(replay(disk.rebooted(), FSYNC)).isEqualTo(Logs.texts(40));
  }

  @Test
  void isNotRefusedAfterAKillOnceItForcesEveryGroup() {
    MemoryDisk disk = new MemoryDisk("boot");
    fill(open(disk, OS), 1, 3);
    open(disk.afterProcessDeath(), FSYNC);
    assertThat(replay(disk.afterPowerLoss(new Random(1)), FSYNC)).hasSize(3);
  }
}
