package io.rabia.testing.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.core.statemachine.StateView;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * What every persistence owes to its engine: extend it, give it logs, run it with JUnit 5. What
 * must survive does not apply to {@link Durability#MEMORY}. The loss of power cannot be tried from
 * here.
 */
public abstract class PersistenceConformance {
  private static final long PATIENCE_SECONDS = 10;

  /**
   * A log that has not been opened. All of one test are on the same storage, which is empty at
   * first.
   */
  protected abstract Persistence create();

  /**
   * A log that has not been opened, on what the storage holds if the process dies now, without a
   * call to the log that is open.
   */
  protected abstract Persistence afterProcessDeath();

  // ---- what the cases are written with

  private final Semaphore wakeups = new Semaphore(0);
  private final List<String> replayed = new ArrayList<>();
  private final List<String> losses = new ArrayList<>();

  private Persistence open(Persistence log) {
    replayed.clear();
    losses.clear();
    long last = log.open(new Replay(), wakeups::release);
    assertEquals(replayed.size(), last, "open returns the number of the last group");
    return log;
  }

  /** A snapshot of these cases holds the groups that it stands for, a line each. */
  private final class Replay implements Persistence.GroupHandler {
    @Override
    public void onVotesLost(String why) {
      assertTrue(replayed.isEmpty(), "lost votes are told before everything else");
      losses.add(why);
    }

    @Override
    public void onSnapshot(long first, InputStream content) throws IOException {
      replayed.addAll(new String(content.readAllBytes(), UTF_8).lines().toList());
    }

    @Override
    public boolean onGroup(long number, ByteBuffer group) {
      replayed.add(text(group));
      assertEquals(replayed.size(), number, "groups are numbered from 1");
      return true;
    }
  }

  private static StateView lines(List<String> texts) {
    return target -> {
      for (String text : texts) {
        target.write((text + "\n").getBytes(UTF_8));
      }
    };
  }

  private static String text(ByteBuffer group) {
    return UTF_8.decode(group.duplicate()).toString();
  }

  private static long append(Persistence log, String text) {
    return log.append(ByteBuffer.wrap(text.getBytes(UTF_8)));
  }

  private static List<String> texts(int count) {
    List<String> texts = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      texts.add(("group " + i + " ").repeat(i % 10));
    }
    return texts;
  }

  private static void fill(Persistence log, int from, int to) {
    texts(to).subList(from - 1, to).forEach(text -> append(log, text));
  }

  /** Waits for the wakeup that is owed when the log becomes durable outside of a call. */
  private void flushed(Persistence log, long number) throws InterruptedException {
    wakeups.drainPermits();
    log.flush();
    while (log.durable() < number) {
      assertTrue(
          wakeups.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS) || log.durable() >= number,
          "durable without a wakeup, or never: " + log.durable());
    }
  }

  private static List<String> read(Persistence log, long from) {
    List<String> read = new ArrayList<>();
    log.read(
        from,
        (number, group) -> {
          assertEquals(from + read.size(), number);
          return read.add(text(group));
        });
    return read;
  }

  private static void assumeSurvival(Persistence log) {
    assumeTrue(log.durability() != Durability.MEMORY, "nothing survives in memory");
  }

  // ---- cases

  @Test
  void anEmptyLogEndsBeforeItsFirstGroup() {
    try (Persistence log = open(create())) {
      assertEquals(List.of(), replayed);
      assertEquals(Persistence.NONE, log.durable());
    }
  }

  @Test
  void numbersGroupsFromOne() {
    try (Persistence log = open(create())) {
      for (int i = 1; i <= 100; i++) {
        assertEquals(i, append(log, "group"));
      }
    }
  }

  @Test
  void makesDurableWhatWasFlushedAndTellsSo() throws InterruptedException {
    try (Persistence log = open(create())) {
      for (int round = 1; round <= 20; round++) {
        fill(log, 1, 5);
        flushed(log, 5L * round);
        assertEquals(5L * round, log.durable());
      }
    }
  }

  @Test
  void callsNothingDurableThatIsNotThereAndNeverTakesItBack() {
    try (Persistence log = open(create())) {
      long before = Persistence.NONE;
      for (int i = 1; i <= 200; i++) {
        append(log, "group " + i);
        if (i % 3 == 0) {
          log.flush();
        }
        long durable = log.durable();
        assertTrue(durable >= before && durable <= i, durable + " after " + before);
        before = durable;
      }
    }
  }

  /** Until a group of the next life is durable, which then follows the snapshot. */
  @Test
  void handsOverNoGroupOfALogThatWasDisownedAndSaysSo() throws InterruptedException {
    Persistence log = open(create());
    assumeSurvival(log);
    fill(log, 1, 10);
    flushed(log, 10);
    log.snapshot(7, lines(texts(6)));
    log.disown("an old copy", true);
    for (int attempt = 0; attempt < 2; attempt++) {
      log.close();
      log = open(create());
      assertEquals(List.of("an old copy"), losses);
      assertEquals(texts(6), replayed);
    }
    assertEquals(7, append(log, "a new identity"));
    flushed(log, 7);
    try (Persistence next = open(afterProcessDeath())) {
      assertEquals(List.of(), losses);
      List<String> expected = new ArrayList<>(texts(6));
      expected.add("a new identity");
      assertEquals(expected, replayed);
      assertEquals(7, next.durable());
    }
  }

  @Test
  void flushesNothingWhenThereIsNothingNew() throws InterruptedException {
    try (Persistence log = open(create())) {
      log.flush();
      assertEquals(Persistence.NONE, log.durable());
      append(log, "group");
      flushed(log, 1);
      log.flush();
      log.flush();
      assertEquals(1, log.durable());
      assertEquals(2, append(log, "the next"));
    }
  }

  @Test
  void copiesTheGroupAndLeavesTheBufferAsItWas() {
    Persistence log = open(create());
    ByteBuffer group = ByteBuffer.wrap("<<inner>>".getBytes(UTF_8)).position(2).limit(7);
    log.append(group);
    assertEquals(2, group.position());
    assertEquals(7, group.limit());
    group.put(2, (byte) '!');
    log.close();
    assumeSurvival(log);
    open(create()).close();
    assertEquals(List.of("inner"), replayed);
  }

  @Test
  void takesDirectBuffers() {
    Persistence log = open(create());
    log.append(ByteBuffer.allocateDirect(8).put("direct".getBytes(UTF_8)).flip());
    log.close();
    assumeSurvival(log);
    open(create()).close();
    assertEquals(List.of("direct"), replayed);
  }

  @Test
  void givesBackAfterEveryRestartWhatWasAppended() {
    int count = 0;
    for (int run = 0; run < 4; run++) {
      Persistence log = open(create());
      if (run > 0) {
        assumeSurvival(log);
      }
      assertEquals(texts(count), replayed);
      assertEquals(count, log.durable());
      fill(log, count + 1, count + 25);
      count += 25;
      log.close();
    }
  }

  @Test
  void closeMakesDurableWhatWasNotFlushed() {
    Persistence log = open(create());
    fill(log, 1, 7);
    log.close();
    assertEquals(7, log.durable());
    assumeSurvival(log);
    open(create()).close();
    assertEquals(texts(7), replayed);
  }

  @Test
  void theDeathOfTheProcessLeavesAPrefixWithAllThatWasDurable() throws InterruptedException {
    Persistence log = open(create());
    assumeSurvival(log);
    fill(log, 1, 30);
    flushed(log, 30);
    fill(log, 31, 40);
    long durable = log.durable();
    open(afterProcessDeath()).close();
    assertTrue(replayed.size() >= durable && replayed.size() <= 40, "groups: " + replayed.size());
    assertEquals(texts(replayed.size()), replayed);
    log.close();
  }

  @Test
  void goesOnWhereADeadProcessStopped() throws InterruptedException {
    Persistence log = open(create());
    assumeSurvival(log);
    fill(log, 1, 10);
    flushed(log, 10);
    try (Persistence next = open(afterProcessDeath())) {
      assertEquals(11, append(next, texts(11).get(10)));
      flushed(next, 11);
      assertEquals(texts(11), read(next, 1));
    }
    log.close();
  }

  @Test
  void readsFromAnyGroupUntilTheHandlerHasEnough() throws InterruptedException {
    try (Persistence log = open(create())) {
      assumeSurvival(log);
      fill(log, 1, 40);
      flushed(log, 40);
      for (int from = 1; from <= 41; from++) {
        assertEquals(texts(40).subList(from - 1, 40), read(log, from));
      }
      List<Long> numbers = new ArrayList<>();
      log.read(7, (number, group) -> numbers.add(number) && number < 25);
      assertEquals(19, numbers.size());
      assertEquals(41, append(log, "after reading"));
      assertEquals(List.of("after reading"), read(log, 41));
    }
  }

  @Test
  void takesEmptyAndLargeGroups() {
    byte[] large = new byte[1 << 20];
    new Random(1).nextBytes(large);
    Persistence log = open(create());
    append(log, "");
    log.append(ByteBuffer.wrap(large));
    append(log, "small");
    log.close();
    assumeSurvival(log);
    List<byte[]> groups = new ArrayList<>();
    Persistence again = create();
    again.open(
        (number, group) -> {
          byte[] copy = new byte[group.remaining()];
          group.get(copy);
          return groups.add(copy);
        },
        wakeups::release);
    again.close();
    assertEquals(3, groups.size());
    assertEquals(0, groups.get(0).length);
    assertArrayEquals(large, groups.get(1));
    assertArrayEquals("small".getBytes(UTF_8), groups.get(2));
  }

  @Test
  void aSnapshotStandsForTheGroupsBeforeIt() throws InterruptedException {
    try (Persistence log = open(create())) {
      assumeSurvival(log);
      fill(log, 1, 200);
      flushed(log, 200);
      long needed = log.snapshot(101, lines(texts(100)));
      assertTrue(needed >= 1 && needed <= 101, "needs no group after the snapshot: " + needed);
      log.compact(needed);
      assertEquals(texts(200).subList(100, 200), read(log, 101), "what it does not stand for");
    }
    try (Persistence log = open(create())) {
      assertEquals(texts(200), replayed);
      log.snapshot(151, lines(texts(150)));
    }
    try (Persistence log = open(afterProcessDeath())) {
      assertEquals(texts(200), replayed);
      append(log, "goes on");
    }
  }

  @Test
  void aSnapshotWhoseContentFailsChangesNothing() throws InterruptedException {
    try (Persistence log = open(create())) {
      assumeSurvival(log);
      fill(log, 1, 10);
      flushed(log, 10);
      assertThrows(
          RabiaException.class,
          () ->
              log.snapshot(
                  5,
                  target -> {
                    target.write(1);
                    throw new IOException("the state cannot be written");
                  }));
      fill(log, 11, 12);
    }
    open(create()).close();
    assertEquals(texts(12), replayed);
  }

  @Test
  void aSnapshotThatCameInPiecesIsReadByPartsAndStandsForTheGroupsBeforeIt()
      throws InterruptedException {
    byte[] content = new byte[300_000];
    new Random(7).nextBytes(content);
    try (Persistence log = open(create())) {
      fill(log, 1, 20);
      flushed(log, 20);
      SnapshotWriter abandoned = log.beginSnapshot(11);
      abandoned.write(ByteBuffer.wrap(content, 0, 1000));
      abandoned.discard();
      assertNull(log.openSnapshot(), "what was discarded is no snapshot");
      SnapshotWriter writer = log.beginSnapshot(11);
      for (int at = 0; at < content.length; at += 70_001) {
        writer.write(ByteBuffer.wrap(content, at, Math.min(70_001, content.length - at)));
      }
      long needed = writer.commit();
      assertTrue(needed >= 1 && needed <= 11, "needs no group after the snapshot: " + needed);
      writer.discard();
      try (SnapshotReader reader = log.openSnapshot()) {
        assertNotNull(reader, "a snapshot was kept");
        assertEquals(content.length, reader.length());
        for (int at : new int[] {0, 65_535, 65_536, 131_072, 1, 299_999, 200_000}) {
          ByteBuffer part = ByteBuffer.allocate(100_000);
          reader.read(at, part);
          int end = Math.min(content.length, at + 100_000);
          assertEquals(ByteBuffer.wrap(content, at, end - at), part.flip(), "from " + at);
        }
        assertArrayEquals(Arrays.copyOfRange(content, 5, content.length), bytes(reader.stream(5)));
      }
    }
  }

  private static byte[] bytes(InputStream stream) {
    try {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void saysHowLargeItIs() {
    try (Persistence log = open(create())) {
      assumeSurvival(log);
      long before = log.sizeBytes();
      log.append(ByteBuffer.allocate(10_000));
      assertTrue(log.sizeBytes() >= before + 10_000, "bytes: " + log.sizeBytes());
    }
  }

  @Test
  void belongsToOneAtATime() {
    try (Persistence log = open(create())) {
      assumeSurvival(log);
      Persistence second = create();
      assertThrows(
          RabiaException.Storage.class, () -> second.open((number, group) -> true, () -> {}));
      second.close();
      assertEquals(1, append(log, "still mine"));
    }
    open(create()).close();
    assertEquals(List.of("still mine"), replayed);
  }

  @Test
  void takesNothingOnceClosed() {
    Persistence log = open(create());
    append(log, "group");
    log.close();
    log.close();
    assertEquals(1, log.durable());
    assertThrows(RabiaException.Closed.class, () -> append(log, "late"));
    assertThrows(RabiaException.Closed.class, log::flush);
    assertThrows(RabiaException.Closed.class, () -> log.read(1, (number, group) -> true));
  }
}
