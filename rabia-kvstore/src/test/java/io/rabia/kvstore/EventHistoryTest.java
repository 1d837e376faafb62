package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventHistoryTest {
  private final SplittableRandom random = new SplittableRandom(1);
  private final List<String> model = new ArrayList<>();
  private long number;

  private @Nullable Entry entry() {
    int what = random.nextInt(100);
    if (what < 20) {
      return null;
    }
    byte[] value = new byte[what == 99 ? 60_000 + random.nextInt(80_000) : random.nextInt(300)];
    random.nextBytes(value);
    return Entry.of(new byte[] {1}, value, number, number, number);
  }

  private static int space(@Nullable Entry entry) {
    return entry == null ? 0 : entry.space();
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
    number++;
    Entry oldEntry = entry();
    Entry newEntry = entry();
    ChangeType type = ChangeType.values()[random.nextInt(ChangeType.values().length)];
    model.add(describe(number, type, number / 3, oldEntry, newEntry));
    history.begin(space(oldEntry) + space(newEntry));
    history.append(
        type,
        number / 3,
        oldEntry == null ? null : history.copy(oldEntry),
        newEntry == null ? null : history.copy(newEntry));
  }

  private static List<String> described(EventHistory.View view) {
    List<String> events = new ArrayList<>();
    view.forEach(
        (number, type, slot, oldEntry, newEntry) ->
            events.add(describe(number, type, slot, oldEntry, newEntry)));
    return events;
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
      CompletableFuture<List<String>> seen = CompletableFuture.supplyAsync(() -> described(view));
      for (int i = 0; i < 3 * maxEvents / 2; i++) {
        append(history);
      }
      assertThat(seen.join()).isEqualTo(then);
      assertThat(described(view)).isEqualTo(then);
      assertThat(described(history.freeze())).isEqualTo(expected(history));
      assertThat(history.last() - history.first()).isLessThan(maxEvents);
      assertThat(history.bytes()).isLessThanOrEqualTo(maxBytes);
    }
  }

  @Test
  void aBlockIsUsedAgain() {
    EventHistory history = new EventHistory(1000, 64 << 20, 0, 0);
    Entry entry = Entry.of(new byte[16], new byte[16], 1, 1, 1);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = 0;
    for (int i = 0; i < 120_000; i++) {
      if (i == 10_000) {
        history.freeze();
      }
      if (i == 20_000) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      history.begin(2 * entry.space());
      history.append(ChangeType.UPDATED, i, history.copy(entry), history.copy(entry));
    }
    long each = (threads.getCurrentThreadAllocatedBytes() - before) / 100_000;
    assertThat(each).as("bytes of an event; more than 189 with new blocks").isLessThan(100);
  }
}
