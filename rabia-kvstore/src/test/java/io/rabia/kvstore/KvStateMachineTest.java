package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.statemachine.StateView;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class KvStateMachineTest {
  private final KvStateMachine store = new KvStateMachine(KVStoreConfig.defaults());
  private long slot;

  @Test
  void storesAndFindsWithVersionAndTimes() {
    assertThat(apply(set("a", "1"))).isEqualTo(new KvResult.Stored(1));
    assertThat(apply(set("b", "2"))).isEqualTo(new KvResult.Stored(2));
    assertThat(apply(set("a", "3"))).isEqualTo(new KvResult.Stored(3));

    KvEntry entry = find("a");
    assertThat(entry.value()).isEqualTo(bytes("3"));
    assertThat(entry.version()).isEqualTo(3);
    assertThat(entry.created()).isEqualTo(10);
    assertThat(entry.updated()).isEqualTo(30);
    assertThat(entry.size()).isEqualTo(1);
    assertThat(store.entries()).isEqualTo(2);
    assertThat(store.memoryBytes()).isEqualTo(2 * (KvStateMachine.ENTRY_OVERHEAD + 2));
  }

  @Test
  void deletesSeveralKeysAtOnceAndCountsThoseThatExisted() {
    apply(set("a", "1"));
    apply(set("b", "2"));
    KvCommand delete =
        new KvCommand.Delete(List.of(bytes("a"), bytes("x"), bytes("b"), bytes("a")));
    assertThat(apply(delete)).isEqualTo(new KvResult.Deleted(2));
    assertThat(query(new KvQuery.Get(bytes("a")))).isEqualTo(new KvResult.Absent());
    assertThat(query(new KvQuery.Exists(bytes("b")))).isEqualTo(new KvResult.Exists(false));
    assertThat(store.memoryBytes()).isZero();
    assertThat(store.entries()).isZero();
  }

  @Test
  void deletesNothingWhenOneOfTheKeysIsInvalid() {
    apply(set("a", "1"));
    refused(new KvCommand.Delete(List.of(bytes("a"), bytes(""))), StoreError.INVALID_KEY);
    assertThat(find("a").value()).isEqualTo(bytes("1"));
  }

  @Test
  void comparesBeforeItSets() {
    assertThat(apply(cas("a", null, "1"))).isInstanceOf(KvResult.Stored.class);
    assertThat(((KvResult.Mismatch) apply(cas("a", null, "2"))).current().value())
        .isEqualTo(bytes("1"));
    assertThat(apply(cas("a", "0", "2"))).isInstanceOf(KvResult.Mismatch.class);
    assertThat(apply(cas("a", "1", "2"))).isInstanceOf(KvResult.Stored.class);
    assertThat(find("a").value()).isEqualTo(bytes("2"));
    assertThat(apply(cas("b", "1", "2"))).isEqualTo(new KvResult.Mismatch(null));
  }

  @Test
  void aTransactionIsUndoneInAStoreWithoutHistoryToo() {
    KvStateMachine plain =
        new KvStateMachine(KVStoreConfig.builder().enableNotifications(false).build());
    plain.apply(1, 1, StoreModel.encoded(set("a", "x1")));
    long before = plain.stateHash();
    KvCommand transaction =
        new KvCommand.Transaction(
            List.of(),
            List.of(
                set("a", "x2"),
                set("b", "1"),
                set("a", "x3"),
                new KvCommand.Delete(List.of(bytes("a"))),
                set("a", "x4"),
                new KvCommand.Increment(bytes("a"), 1)),
            List.of());
    assertThat(KvCodec.decodeResult(plain.apply(1, 1, StoreModel.encoded(transaction))))
        .isInstanceOf(KvResult.Failed.class);
    assertThat(plain.stateHash()).isEqualTo(before);
    assertThat(plain.entries()).isEqualTo(1);
    KvQuery get = new KvQuery.Get(bytes("a"));
    KvResult found = KvCodec.decodeResult(plain.query(ByteBuffer.wrap(KvCodec.encode(get))));
    assertThat(((KvResult.Found) found).entry().value()).isEqualTo(bytes("x1"));
  }

  @Test
  void remembersChangesOfValuesOfAllLengths() {
    SplittableRandom random = new SplittableRandom(1);
    List<byte[]> values = new ArrayList<>();
    List<byte[]> before = new ArrayList<>();
    Map<String, byte[]> now = new HashMap<>();
    for (int i = 0; i < 2000; i++) {
      byte[] value = new byte[random.nextInt(3000)];
      random.nextBytes(value);
      values.add(value);
      String key = "key" + random.nextInt(10);
      apply(new KvCommand.Set(bytes(key), value));
      before.add(now.put(key, value));
    }
    long after = 0;
    while (after < values.size()) {
      KvQuery watch =
          new KvQuery.Watch(EventPosition.afterVersion(after), NotificationFilter.all(), 100);
      List<KvEvent> events = ((KvResult.Changes) query(watch)).events();
      assertThat(events).isNotEmpty();
      for (KvEvent event : events) {
        assertThat(event.newValue()).isEqualTo(values.get((int) after));
        assertThat(event.oldValue()).isEqualTo(before.get((int) after));
        after++;
      }
    }
  }

  @Test
  void incrementsDecimalNumbersOnly() {
    assertThat(((KvResult.Number) apply(new KvCommand.Increment(bytes("n"), 5))).value())
        .isEqualTo(5);
    assertThat(((KvResult.Number) apply(new KvCommand.Increment(bytes("n"), -7))).value())
        .isEqualTo(-2);
    for (String text :
        List.of(
            "",
            "-",
            "01",
            "-0",
            "+1",
            " 1",
            "1 ",
            "1x",
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999")) {
      apply(set("n", text));
      refused(new KvCommand.Increment(bytes("n"), 1), StoreError.NOT_A_NUMBER);
    }
  }

  @Test
  void refusesSumsThatDoNotFit() {
    apply(set("max", "9223372036854775807"));
    refused(new KvCommand.Increment(bytes("max"), 1), StoreError.OVERFLOW);
    apply(set("min", "-9223372036854775808"));
    refused(new KvCommand.Increment(bytes("min"), -1), StoreError.OVERFLOW);
    assertThat(
            ((KvResult.Number) apply(new KvCommand.Increment(bytes("min"), Long.MAX_VALUE)))
                .value())
        .isEqualTo(-1);
  }

  @Test
  void refusesWhatIsOverTheLimitsAndChangesNothing() {
    KvStateMachine small =
        new KvStateMachine(
            KVStoreConfig.builder()
                .maxEntries(2)
                .maxMemoryMb(1)
                .maxKeySize(3)
                .maxValueSize(700_000)
                .build());
    String large = "x".repeat(700_000);
    assertThat(apply(small, set("a", large))).isInstanceOf(KvResult.Stored.class);
    long hash = small.stateHash();
    assertThat(error(small, set("", "1"))).isEqualTo(StoreError.INVALID_KEY);
    assertThat(error(small, set("long", "1"))).isEqualTo(StoreError.INVALID_KEY);
    assertThat(error(small, set("b", large + "x"))).isEqualTo(StoreError.VALUE_TOO_LARGE);
    assertThat(error(small, set("b", large))).isEqualTo(StoreError.STORE_FULL);
    assertThat(small.stateHash()).isEqualTo(hash);
    assertThat(apply(small, set("b", "1"))).isInstanceOf(KvResult.Stored.class);
    assertThat(error(small, set("c", "1"))).isEqualTo(StoreError.STORE_FULL);
    assertThat(error(small, new KvCommand.Increment(bytes("c"), 1)))
        .isEqualTo(StoreError.STORE_FULL);
    assertThat(apply(small, set("a", "1"))).isInstanceOf(KvResult.Stored.class);
    assertThat(apply(small, set("b", large))).isInstanceOf(KvResult.Stored.class);
  }

  @Test
  void hashesEqualStatesAlikeAndOthersApart() {
    KvStateMachine other = new KvStateMachine(KVStoreConfig.defaults());
    long empty = store.stateHash();
    assertThat(other.stateHash()).isEqualTo(empty);
    apply(set("a", "1"));
    apply(set("b", "2"));
    long ab = store.stateHash();
    slot = 0;
    apply(other, set("a", "1"));
    assertThat(other.stateHash()).isNotEqualTo(ab);
    apply(other, set("b", "2"));
    assertThat(other.stateHash()).isEqualTo(ab);
    apply(new KvCommand.Delete(List.of(bytes("a"))));
    assertThat(store.stateHash()).isNotEqualTo(ab).isNotEqualTo(empty);
  }

  @Test
  void hasAnotherHashUnderOtherLimits() {
    KVStoreConfig.Builder base = KVStoreConfig.builder();
    long hash = new KvStateMachine(base.build()).stateHash();
    assertThat(new KvStateMachine(base.maxEntries(5).build()).stateHash()).isNotEqualTo(hash);
    base = KVStoreConfig.builder();
    assertThat(new KvStateMachine(base.maxMemoryMb(5).build()).stateHash()).isNotEqualTo(hash);
    base = KVStoreConfig.builder();
    assertThat(new KvStateMachine(base.maxKeySize(5).build()).stateHash()).isNotEqualTo(hash);
    base = KVStoreConfig.builder();
    assertThat(new KvStateMachine(base.maxValueSize(5).build()).stateHash()).isNotEqualTo(hash);
    base = KVStoreConfig.builder();
    assertThat(new KvStateMachine(base.historyEvents(5).build()).stateHash()).isNotEqualTo(hash);
    base = KVStoreConfig.builder();
    assertThat(new KvStateMachine(base.historyMb(5).build()).stateHash()).isNotEqualTo(hash);
    base = KVStoreConfig.builder().enableNotifications(false);
    assertThat(new KvStateMachine(base.build()).stateHash()).isNotEqualTo(hash);
  }

  @Test
  void agreesWithAPlainMapOverManyRandomOperations() {
    SplittableRandom random = new SplittableRandom(4711);
    Map<String, String> model = new HashMap<>();
    for (int i = 0; i < 200_000; i++) {
      String key = "k" + random.nextInt(20_000);
      if (random.nextInt(3) == 0) {
        boolean existed = model.remove(key) != null;
        assertThat(apply(new KvCommand.Delete(List.of(bytes(key)))))
            .isEqualTo(new KvResult.Deleted(existed ? 1 : 0));
      } else {
        model.put(key, "v" + i);
        apply(set(key, "v" + i));
      }
    }
    assertThat(store.entries()).isEqualTo(model.size());
    model.forEach((key, value) -> assertThat(find(key).value()).isEqualTo(bytes(value)));
  }

  @Test
  void comesBackFromItsSnapshotWithEverything() throws IOException {
    for (int i = 0; i < 1000; i++) {
      apply(set("k" + i, "v" + i));
    }
    apply(new KvCommand.Delete(List.of(bytes("k7"))));
    KvStateMachine restored = new KvStateMachine(KVStoreConfig.defaults());
    apply(restored, set("other", "gone"));
    restored.restore(new ByteArrayInputStream(snapshot()));
    assertThat(restored.stateHash()).isEqualTo(store.stateHash());
    assertThat(restored.entries()).isEqualTo(999);
    assertThat(restored.memoryBytes()).isEqualTo(store.memoryBytes());
    slot = 5000;
    KvResult next = apply(set("n", "1"));
    slot = 5000;
    assertThat(apply(restored, set("n", "1"))).isEqualTo(next);
    assertThat(restored.stateHash()).isEqualTo(store.stateHash());
  }

  @Test
  void aFrozenStateStaysAsItWasWhateverIsAppliedLater() throws IOException {
    for (int i = 0; i < 1000; i++) {
      apply(set("k" + i, "v" + i));
    }
    long hash = store.stateHash();
    byte[] before = snapshot();
    StateView frozen = store.freeze();
    for (int i = 0; i < 1000; i += 2) {
      apply(set("k" + i, "changed"));
      apply(set("new" + i, "x".repeat(i)));
      apply(new KvCommand.Delete(List.of(bytes("k" + (i + 1)))));
    }
    StateView second = store.freeze();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    frozen.writeTo(out);
    assertThatThrownBy(() -> frozen.writeTo(out)).isInstanceOf(IllegalStateException.class);
    assertThat(out.toByteArray()).isEqualTo(before);
    KvStateMachine restored = new KvStateMachine(KVStoreConfig.defaults());
    restored.restore(new ByteArrayInputStream(out.toByteArray()));
    assertThat(restored.stateHash()).isEqualTo(hash);
    out.reset();
    second.writeTo(out);
    restored.restore(new ByteArrayInputStream(out.toByteArray()));
    assertThat(restored.stateHash()).isEqualTo(store.stateHash()).isNotEqualTo(hash);
  }

  @Test
  void refusesDamagedSnapshotsAndKeepsItsState() throws IOException {
    apply(put("a", "1", 1000));
    apply(set("b", "22"));
    apply(new KvCommand.Delete(List.of(bytes("a"))));
    byte[] good = snapshot();
    long hash = store.stateHash();
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> store.restore(new ByteArrayInputStream(cut)))
          .isInstanceOf(IOException.class);
    }
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] flipped = good.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> store.restore(new ByteArrayInputStream(flipped)))
          .isInstanceOf(IOException.class);
    }
    assertThat(store.stateHash()).isEqualTo(hash);
    assertThat(find("b").value()).isEqualTo(bytes("22"));
  }

  @Test
  void answersNonsenseWithAResult() {
    byte[] result = store.apply(1, 1, ByteBuffer.wrap(new byte[] {99, 1, 2}));
    assertThat(((KvResult.Failed) KvCodec.decodeResult(result)).error())
        .isEqualTo(StoreError.MALFORMED);
    result = store.query(ByteBuffer.wrap(new byte[0]));
    assertThat(((KvResult.Failed) KvCodec.decodeResult(result)).error())
        .isEqualTo(StoreError.MALFORMED);
  }

  @Test
  void preparesForTheKeyOfACommandThatHasOne() {
    for (KvCommand command : KvForms.COMMANDS) {
      boolean hasOne =
          !(command instanceof KvCommand.Delete
              || command instanceof KvCommand.Clear
              || command instanceof KvCommand.Tick
              || command instanceof KvCommand.Ask
              || command instanceof KvCommand.Transaction);
      ByteBuffer bytes = ByteBuffer.wrap(KvCodec.encode(command));
      assertThat(CommandCodec.keyLength(bytes)).as("%s", command).isEqualTo(hasOne ? 3 : -1);
      if (hasOne) {
        assertThat(bytes.slice(CommandCodec.KEY_AT, 3))
            .isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
      }
    }
  }

  /** Commands that end anywhere, with keys of any length, before pages are there and after. */
  @Test
  void preparesForAnythingAndChangesNothing() {
    for (int round = 0; round < 2; round++) {
      long hash = store.stateHash();
      for (KvCommand command : KvForms.COMMANDS) {
        byte[] bytes = KvCodec.encode(command);
        for (int length = 0; length <= bytes.length; length++) {
          store.prepare(ByteBuffer.wrap(bytes, 0, length));
        }
      }
      for (int length = 0; length <= 0xFFFF; length += 51) {
        store.prepare(ByteBuffer.wrap(KvCodec.encode(set("k".repeat(length), ""))));
      }
      assertThat(store.stateHash()).isEqualTo(hash);
      apply(new KvCommand.Set(new byte[] {1, 2, 3}, new byte[0]));
    }
  }

  private byte[] snapshot() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    store.snapshot(out);
    return out.toByteArray();
  }

  private KvResult apply(KvCommand command) {
    return apply(store, command);
  }

  private KvResult apply(KvStateMachine machine, KvCommand command) {
    slot++;
    return KvCodec.decodeResult(
        machine.apply(slot, slot * 10, ByteBuffer.wrap(KvCodec.encode(command))));
  }

  private void refused(KvCommand command, StoreError error) {
    assertThat(error(store, command)).isEqualTo(error);
  }

  private StoreError error(KvStateMachine machine, KvCommand command) {
    return ((KvResult.Failed) apply(machine, command)).error();
  }

  private KvResult query(KvQuery query) {
    return KvCodec.decodeResult(store.query(ByteBuffer.wrap(KvCodec.encode(query))));
  }

  private KvEntry find(String key) {
    return ((KvResult.Found) query(new KvQuery.Get(bytes(key)))).entry();
  }

  private static KvCommand set(String key, String value) {
    return new KvCommand.Set(bytes(key), bytes(value));
  }

  private static KvCommand put(String key, String value, long timeToLive) {
    return new KvCommand.Put(bytes(key), bytes(value), KvCommand.Put.When.ALWAYS, timeToLive);
  }

  private static KvCommand cas(String key, String expected, String value) {
    return new KvCommand.CompareAndSet(
        bytes(key), expected == null ? null : bytes(expected), bytes(value));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
