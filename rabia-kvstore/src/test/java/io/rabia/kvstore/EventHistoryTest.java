package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventHistoryTest {
  private final SplittableRandom random = new SplittableRandom(1);
  private final List<String> model = new ArrayList<>();

  private static @Nullable Entry entry(long number, SplittableRandom random) {
    int what = random.nextInt(100);
    if (what < 20) {
      return null;
    }
    byte[] value = new byte[what == 99 ? 60_000 + random.nextInt(80_000) : random.nextInt(300)];
    random.nextBytes(value);
    return Entry.of(new byte[] {1}, value, number, number, number);
  }

  private static String describe(
      long number, ChangeType type, long slot, @Nullable Entry oldEntry, @Nullable Entry newEntry) {
    return number + " " + type + " " + slot + " " + hash(oldEntry) + " " + hash(newEntry);
  }

  /** Of the bytes that are there, not the one that is said to be theirs. */
  private static long hash(@Nullable Entry entry) {
    return entry == null
        ? 0
        : Hashing.hash(entry.page(), entry.hashedAt(), entry.hashedLength(), 0);
  }

  private void append(EventHistory history) {
    model.add(append(history, random));
  }

  /** Returns a description of it. */
  private static String append(EventHistory history, SplittableRandom random) {
    long number = history.last() + 1;
    Entry oldEntry = entry(number, random);
    Entry newEntry = entry(number, random);
    ChangeType type = ChangeType.values()[random.nextInt(ChangeType.values().length)];
    history.begin(oldEntry, newEntry == null ? 0 : newEntry.space());
    history.append(type, number / 3, newEntry);
    return describe(number, type, number / 3, oldEntry, newEntry);
  }

  private static List<String> described(EventHistory history) {
    List<String> events = new ArrayList<>();
    history.forEach(
        0,
        (number, type, slot, oldEntry, newEntry) ->
            events.add(describe(number, type, slot, oldEntry, newEntry)));
    return events;
  }

  /** A history with these limits that takes what the view writes, few bytes at a time. */
  private static EventHistory restored(EventHistory.View view, int maxEvents, long maxBytes) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      view.write(new DataOutputStream(out));
      EventHistory history =
          new EventHistory(maxEvents, maxBytes, view.first() - 1, view.droppedSlot());
      InputStream few =
          new ByteArrayInputStream(out.toByteArray()) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
              return super.read(target, offset, Math.min(length, 700));
            }
          };
      assertThat(history.load(new SnapshotSource(few))).isEqualTo(view.hash());
      return history;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> expected(EventHistory history) {
    return List.copyOf(model.subList((int) history.first() - 1, (int) history.last()));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 64000000",
    "100, 64000000",
    "600, 64000000",
    "5000, 64000000",
    "5000, 1000000",
    "5000, 100000",
    "5000, 400"
  })
  void hasTheLastEventsAndAViewThoseOfThen(int maxEvents, long maxBytes) {
    EventHistory history = new EventHistory(maxEvents, maxBytes, 0, 0);
    for (int round = 0; round < 20; round++) {
      for (int i = random.nextInt(2000); i >= 0; i--) {
        append(history);
      }
      EventHistory.View view = history.freeze();
      List<String> then = expected(history);
      long hash = history.hash();
      long bytes = history.bytes();
      CompletableFuture<EventHistory> seen =
          CompletableFuture.supplyAsync(() -> restored(view, maxEvents, maxBytes));
      for (int i = 0; i < 3 * maxEvents / 2; i++) {
        append(history);
      }
      EventHistory copy = seen.join();
      assertThat(described(copy)).isEqualTo(then);
      assertThat(copy.hash()).isEqualTo(hash);
      assertThat(copy.bytes()).isEqualTo(bytes);
      assertThat(described(history)).isEqualTo(expected(history));
      assertThat(history.last() - history.first()).isLessThan(maxEvents);
      assertThat(history.bytes()).isLessThanOrEqualTo(maxBytes);
      assertThat(described(restored(view, maxEvents, maxBytes))).isEqualTo(then);
      if (round % 2 == 0) {
        view.end();
      }
    }
  }

  /** One of them is replaced now and then by what its own view wrote. */
  @Test
  void goesOnAfterItIsReadAsIfItHadNotBeen() {
    EventHistory history = new EventHistory(3000, 1_000_000, 0, 0);
    EventHistory other = new EventHistory(3000, 1_000_000, 0, 0);
    for (int round = 0; round < 40; round++) {
      for (int i = random.nextInt(1000); i >= 0; i--) {
        long seed = random.nextLong();
        append(history, new SplittableRandom(seed));
        append(other, new SplittableRandom(seed));
      }
      other = restored(other.freeze(), 3000, 1_000_000);
      assertThat(described(other)).isEqualTo(described(history));
      assertThat(other.hash()).isEqualTo(history.hash());
      assertThat(other.firstSince(history.droppedSlot()))
          .isEqualTo(history.firstSince(history.droppedSlot()));
    }
  }

  @Test
  void withOtherLimitsItKeepsWhatThoseLeave() {
    EventHistory history = new EventHistory(3000, 64_000_000, 0, 0);
    for (int i = 0; i < 5000; i++) {
      append(history);
    }
    EventHistory fewer = restored(history.freeze(), 700, 64_000_000);
    assertThat(described(fewer)).isEqualTo(model.subList(4300, 5000));
    assertThat(fewer.droppedSlot()).isEqualTo(4300 / 3);
    EventHistory none = restored(history.freeze(), 0, 64_000_000);
    assertThat(described(none)).isEmpty();
    assertThat(none.first()).isEqualTo(5001);
    assertThat(none.droppedSlot()).isEqualTo(5000 / 3);
  }

  /** Its checksum is right: it is one that was wrong before it was written. */
  @Test
  void refusesABlockThatContradictsItself() throws IOException {
    EventHistory history = new EventHistory(100, 64_000_000, 0, 0);
    for (int i = 0; i < 10; i++) {
      append(history);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    history.freeze().write(new DataOutputStream(out));
    int block = Integer.BYTES + Long.BYTES;
    int columns = block + 3 * Integer.BYTES;
    for (int bit = columns * 8; bit < (columns + 10 * 29) * 8; bit++) {
      byte[] wrong = out.toByteArray();
      wrong[bit / 8] ^= (byte) (1 << bit % 8);
      CRC32C crc = new CRC32C();
      crc.update(wrong, block + Integer.BYTES, wrong.length - block - Integer.BYTES);
      ByteBuffer.wrap(wrong).putInt(block, (int) crc.getValue());
      SnapshotSource source = new SnapshotSource(new ByteArrayInputStream(wrong));
      EventHistory other = new EventHistory(100, 64_000_000, 0, 0);
      assertThatThrownBy(() -> other.load(source)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void readsLeaveNoBlockThatIsAlmostEmpty() {
    EventHistory history = new EventHistory(1000, 64_000_000, 0, 0);
    for (int i = 0; i < 100; i++) {
      history.begin(null, 0);
      history.append(ChangeType.CLEARED, i, null);
      history = restored(history.freeze(), 1000, 64_000_000);
    }
    assertThat(history.freeze().blocks()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {110_000, 300})
  void aBlockIsUsedAgainUnlessAViewReadsIt(int betweenViews) {
    EventHistory history = new EventHistory(1000, 64 << 20, 0, 0);
    Entry entry = Entry.of(new byte[16], new byte[16], 1, 1, 1);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = 0;
    for (int i = 0; i < 120_000; i++) {
      if (i == 10_000) {
        history.freeze();
      } else if (i % betweenViews == 0) {
        history.freeze().end();
      }
      if (i == 20_000) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      history.begin(entry, entry.space());
      history.append(ChangeType.UPDATED, i, entry);
    }
    long each = (threads.getCurrentThreadAllocatedBytes() - before) / 100_000;
    assertThat(each).as("bytes of an event; more than 189 with new blocks").isLessThan(100);
  }
}
