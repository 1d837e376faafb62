package io.rabia.kvstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EntryTableTest {
  private static final int PAGE = 1 << 17;
  private static final int LARGE = 40_000;

  private final SplittableRandom random = new SplittableRandom(1);
  private final EntryTable table = new EntryTable(random.nextLong());
  private final Map<String, byte[]> model = new HashMap<>();
  private long version;

  private void put(int number, int length) {
    byte[] value = new byte[length];
    random.nextBytes(value);
    String key = "key" + number;
    long expires = number % 3 == 0 ? number + 1 : Entry.NEVER;
    table.put(key.getBytes(UTF_8), value, ++version, number, version, expires);
    model.put(key, value);
  }

  private void remove(int number) {
    String key = "key" + number;
    if (model.remove(key) != null) {
      table.remove(key.getBytes(UTF_8));
    }
  }

  private void assertSame() {
    assertThat(table.size()).isEqualTo(model.size());
    model.forEach((key, value) -> assertEntry(table.find(key.getBytes(UTF_8)), key, value));
  }

  private static void assertEntry(@Nullable Entry entry, String key, byte[] value) {
    int number = Integer.parseInt(key.substring(3));
    assertThat(entry).isNotNull();
    assertThat(entry.key()).asString(UTF_8).isEqualTo(key);
    assertThat(entry.value()).isEqualTo(value);
    assertThat(entry.created()).isEqualTo(number);
    assertThat(entry.expires()).isEqualTo(number % 3 == 0 ? number + 1 : Entry.NEVER);
    assertThat(entry.hash())
        .isEqualTo(Hashing.hash(entry.page(), entry.hashedAt(), entry.hashedLength(), 0));
  }

  private static void assertView(EntryTable.View view, Map<String, byte[]> expected) {
    Map<String, byte[]> left = new HashMap<>(expected);
    assertThat(view.size()).isEqualTo(expected.size());
    view.forEach(
        entry -> {
          String key = new String(entry.key(), UTF_8);
          byte[] value = left.remove(key);
          assertThat(value).as(key).isNotNull();
          assertEntry(entry, key, value);
        });
    assertThat(left).isEmpty();
  }

  private void change(int keys) {
    int number = random.nextInt(keys);
    int what = random.nextInt(100);
    if (what < 25) {
      remove(number);
    } else {
      put(number, what == 99 ? LARGE + random.nextInt(LARGE) : random.nextInt(300));
    }
  }

  @Test
  void everyKeyHasWhatItWasGivenLastAndAViewWhatItHadThen() {
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < 10_000; i++) {
        change(3000);
      }
      EntryTable.View view = table.freeze();
      Map<String, byte[]> then = Map.copyOf(model);
      Entry found = table.find("key1".getBytes(UTF_8));
      byte[] before = found == null ? null : found.value();
      for (int i = 0; i < 10_000; i++) {
        change(3000);
      }
      assertView(view, then);
      assertSame();
      assertThat(found == null ? null : found.value()).isEqualTo(before);
    }
  }

  private long liveBytes() {
    long[] bytes = {0};
    table.freeze().forEach(entry -> bytes[0] += Entry.spaceAt(entry.page(), entry.at()));
    return bytes[0];
  }

  @Test
  void lessThanHalfOfThePagesIsWasted() {
    for (int i = 0; i < 300_000; i++) {
      put(random.nextInt(20_000), 100);
    }
    assertThat(table.pageBytes()).isLessThan(2 * liveBytes() + PAGE);
  }

  @Test
  void aKeyThatIsWrittenOftenDoesNotKeepThePagesOfOthers() {
    for (int cold = 0; cold < 300; cold++) {
      put(cold, 100);
      for (int i = 0; i < PAGE / 160; i++) {
        put(-1, 100);
      }
    }
    assertThat(table.pageBytes()).isLessThan(2 * liveBytes() + 2 * PAGE);
    assertSame();
  }

  @Test
  void nothingIsLeftOfWhatWasRemoved() {
    for (int i = 0; i < 50_000; i++) {
      put(i, i % 1000 == 0 ? LARGE : 100);
    }
    for (int i = 0; i < 50_000; i++) {
      remove(i);
    }
    assertThat(table.size()).isZero();
    assertThat(table.pageBytes()).isEqualTo(PAGE);
  }
}
