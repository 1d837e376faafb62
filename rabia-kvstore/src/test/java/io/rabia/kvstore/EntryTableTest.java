package io.rabia.kvstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    put(key.getBytes(UTF_8), value, number, expires);
    model.put(key, value);
  }

  private void put(byte[] key, byte[] value, long created, long expires) {
    Entry old = table.find(key);
    version++;
    if (old == null) {
      table.put(Pair.of(key, value), version, created, version, expires);
    } else {
      table.replace(old, Pair.of(key, value), version, created, version, expires);
    }
  }

  /** Puts what was there before back, as a transaction that is undone does. */
  private void putBack(int number) {
    byte[] key = ("key" + number).getBytes(UTF_8);
    Entry before = table.find(key);
    if (before != null) {
      Entry copy = new Entry(before.page().clone(), before.at());
      if (random.nextBoolean()) {
        table.remove(key);
      } else {
        put(key, new byte[random.nextInt(300)], 0, Entry.NEVER);
      }
      table.put(copy);
    }
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
    } else if (what < 35) {
      putBack(number);
    } else {
      put(number, what == 99 ? LARGE + random.nextInt(LARGE) : random.nextInt(300));
    }
  }

  /** Of an entry with a key and a value of 16 bytes, the second line begins within the value. */
  @Test
  void everyEntryThatIsPreparedForIsReadOnce() {
    byte[] value = new byte[16];
    Arrays.fill(value, (byte) 1);
    for (int key = 0; key < 1000; key++) {
      table.put(Pair.of(keyOf(key), value), 1, 1, 1, Entry.NEVER);
    }
    for (int key = 0; key < 1000; key++) {
      table.prepare(ByteBuffer.wrap(keyOf(key)), 0, 16);
    }
    assertThat(table.touched).isEqualTo(1000 - EntryTable.AHEAD);
  }

  private static byte[] keyOf(int key) {
    return ByteBuffer.allocate(16).putInt(key).array();
  }

  @Test
  void whereAKeyIsPreparedForIsWhereItIsLookedFor() {
    byte[] bytes = new byte[100];
    new SplittableRandom(1).nextBytes(bytes);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    for (int offset = 0; offset < 20; offset++) {
      for (int length = 0; length <= 80; length++) {
        assertThat(Hashing.hash(buffer, offset, length, offset))
            .isEqualTo(Hashing.hash(bytes, offset, length, offset));
      }
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
      CompletableFuture<Void> seen = CompletableFuture.runAsync(() -> assertView(view, then));
      for (int i = 0; i < 10_000; i++) {
        change(3000);
      }
      seen.join();
      assertView(view, then);
      if (round % 2 == 0) {
        view.end();
      }
      assertSame();
    }
  }

  private void fill(int length) {
    for (int i = 0; i < 100; i++) {
      put(i, length);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {100, LARGE})
  void aValueOfTheSameLengthTakesNoFurtherRoom(int length) {
    fill(length);
    long bytes = table.pageBytes();
    for (int round = 0; round < 100; round++) {
      fill(length);
    }
    assertThat(table.pageBytes()).isEqualTo(bytes);
    assertThat(table.moved()).isZero();
    assertSame();
  }

  @ParameterizedTest
  @ValueSource(ints = {100, LARGE})
  void eachOfSeveralViewsHasWhatWasThereThen(int length) {
    List<EntryTable.View> views = new ArrayList<>();
    List<Map<String, byte[]>> models = new ArrayList<>();
    for (int round = 0; round < 5; round++) {
      fill(length);
      views.add(table.freeze());
      models.add(Map.copyOf(model));
      put(round, length);
      put(round, length);
    }
    for (int round = 0; round < 5; round++) {
      assertView(views.get(round), models.get(round));
    }
    assertSame();
  }

  private Entry found(int number) {
    return Objects.requireNonNull(table.find(("key" + number).getBytes(UTF_8)));
  }

  /** Gives a key another value of the same length; returns whether it lies where it lay. */
  private boolean staysWhenPut(int number, int length) {
    byte[] page = found(number).page();
    int at = found(number).at();
    put(number, length);
    return found(number).page() == page && found(number).at() == at;
  }

  @ParameterizedTest
  @ValueSource(ints = {100, LARGE})
  void whatIsThereStaysAsItIsAsLongAsAnyViewOfItIsRead(int length) {
    fill(length);
    assertThat(staysWhenPut(1, length)).isTrue();
    EntryTable.View first = table.freeze();
    Map<String, byte[]> then = Map.copyOf(model);
    EntryTable.View second = table.freeze();
    second.end();
    assertThat(staysWhenPut(1, length)).isFalse();
    assertView(first, then);
    EntryTable.View third = table.freeze();
    then = Map.copyOf(model);
    table.freeze().end();
    assertThat(staysWhenPut(1, length)).isFalse();
    assertView(third, then);
    first.end();
    assertThat(staysWhenPut(2, length)).isFalse();
    assertView(third, then);
    third.end();
    for (int number = 1; number < 4; number++) {
      assertThat(staysWhenPut(number, length)).isTrue();
    }
    assertSame();
  }

  private long liveBytes() {
    long[] bytes = {0};
    table.freeze().forEach(entry -> bytes[0] += Entry.spaceAt(entry.page(), entry.at()));
    return bytes[0];
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 3000, 26_200, 33_000})
  void notMuchMoreThanHalfOfThePagesIsWasted(int length) {
    int keys = 20_000_000 / (length + 100) / 10;
    for (int i = 0; i < 20 * keys; i++) {
      put(random.nextInt(keys), length + 8 * random.nextInt(2));
    }
    assertThat(table.pageBytes()).isLessThan(2 * liveBytes() + 4 * PAGE);
  }

  @Test
  void whatFitsInNoPageIsWastedToo() {
    for (int i = 0; i < 400; i++) {
      put(i, 26_200);
    }
    for (int i = 0; i < 400; i++) {
      if (i % 4 < 2) {
        remove(i);
      }
    }
    assertThat(table.pageBytes()).isLessThan(2 * liveBytes() + 4 * PAGE);
  }

  @Test
  void noChangePaysForWhatOthersLeft() {
    int keys = 100_000;
    for (int i = 0; i < keys; i++) {
      put(i, 100);
    }
    int aPage = PAGE / Entry.space(Pair.of("key10000".getBytes(UTF_8), new byte[100]), 1);
    for (int i = 0; i < keys; i++) {
      if (i / (aPage / 2 + 1) % 2 == 0) {
        remove(i);
      }
    }
    long most = 0;
    for (int i = 0; i < keys; i++) {
      long before = table.moved();
      remove(i);
      most = Math.max(most, table.moved() - before);
    }
    assertThat(most).isBetween(1L, 4L);
    assertThat(table.pageBytes()).isLessThanOrEqualTo(2 * PAGE);
  }

  @Test
  void aKeyThatIsWrittenOftenDoesNotKeepThePagesOfOthers() {
    for (int cold = 0; cold < 300; cold++) {
      put(cold, 100);
      for (int i = 0; i < PAGE / 160; i++) {
        put(-1, 100 + 8 * (i % 2));
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
