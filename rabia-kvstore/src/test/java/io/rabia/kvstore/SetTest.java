package io.rabia.kvstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sets as the log brings them: a key and a value somewhere in a buffer that is read-only. */
final class SetTest {
  private final KvStateMachine store =
      new KvStateMachine(KVStoreConfig.builder().maxKeySize(0xFFFF).build());
  private long slot;

  private KvResult apply(long logTime, ByteBuffer command) {
    return KvCodec.decodeResult(store.apply(++slot, logTime, command));
  }

  private KvResult apply(KvCommand command) {
    return apply(1, StoreModel.encoded(command));
  }

  private KvResult query(KvQuery query) {
    return KvCodec.decodeResult(store.query(ByteBuffer.wrap(KvCodec.encode(query))));
  }

  private static KvCommand.Set set(String key, String value) {
    return new KvCommand.Set(key.getBytes(UTF_8), value.getBytes(UTF_8));
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "-" : new String(bytes, UTF_8);
  }

  private List<String> events() {
    KvQuery all = new KvQuery.Watch(EventPosition.afterVersion(0), NotificationFilter.all(), 9999);
    List<String> events = new ArrayList<>();
    for (KvEvent event : ((KvResult.Changes) query(all)).events()) {
      String values = text(event.oldValue()) + " " + text(event.newValue());
      events.add(event.version() + " " + event.type() + " " + text(event.key()) + " " + values);
    }
    return events;
  }

  @ParameterizedTest
  @CsvSource({
    "'', 'needs 1 bytes, has 0'",
    "01, 'needs 2 bytes, has 0'",
    "0100, 'needs 2 bytes, has 1'",
    "010004616263, 'needs 4 bytes, has 3'",
    "01FFFF616263, 'needs 65535 bytes, has 3'"
  })
  void whatEndsBeforeItsKeyDoesIsMalformed(String hex, String message) {
    apply(set("abc", "1"));
    long before = store.stateHash();
    byte[] command = new byte[hex.length() / 2];
    for (int i = 0; i < command.length; i++) {
      command[i] = (byte) Integer.parseInt(hex, 2 * i, 2 * i + 2, 16);
    }
    assertThat(apply(1, ByteBuffer.wrap(command)))
        .isEqualTo(new KvResult.Failed(StoreError.MALFORMED, message));
    assertThat(store.stateHash()).isEqualTo(before);
  }

  @Test
  void saysWhatIsWrongWithAKeyOrAValue() {
    KvStateMachine small =
        new KvStateMachine(KVStoreConfig.builder().maxKeySize(3).maxValueSize(70_000).build());
    for (int value : new int[] {0, 70_000}) {
      assertThat(small.apply(1, 1, StoreModel.encoded(set("", "v".repeat(value)))))
          .isEqualTo(KvCodec.encode(new KvResult.Failed(StoreError.INVALID_KEY, "empty")));
    }
    assertThat(small.apply(1, 1, StoreModel.encoded(set("abcd", "v"))))
        .isEqualTo(
            KvCodec.encode(new KvResult.Failed(StoreError.INVALID_KEY, "4 bytes of at most 3")));
    assertThat(small.apply(1, 1, StoreModel.encoded(set("abc", "v".repeat(70_001)))))
        .isEqualTo(
            KvCodec.encode(
                new KvResult.Failed(StoreError.VALUE_TOO_LARGE, "70001 bytes of at most 70000")));
    assertThat(small.entries()).isZero();
  }

  /** Around 64 KiB in all, and far from it, in buffers of both kinds, under keys of all lengths. */
  @Test
  void everyLengthOfKeyAndValueComesBack() {
    SplittableRandom random = new SplittableRandom(1);
    int[] keys = {1, 2, 1000, 0xFFFE, 0xFFFF};
    int[] sums = {0, 1, 20, 3000, 0xFFFF, 0x10000, 0x10001, 100_000, 1 << 20};
    Map<String, byte[]> model = new TreeMap<>();
    for (int i = 0; i < 500; i++) {
      int length = keys[random.nextInt(keys.length)];
      String key = "k".repeat(length - 1) + (char) ('a' + random.nextInt(3));
      byte[] value = new byte[Math.max(0, sums[random.nextInt(sums.length)] - length)];
      random.nextBytes(value);
      byte[] command = KvCodec.encode(new KvCommand.Set(key.getBytes(UTF_8), value));
      ByteBuffer log =
          random.nextBoolean()
              ? ByteBuffer.allocate(command.length + 12)
              : ByteBuffer.allocateDirect(command.length + 12);
      log.put(5, command);
      assertThat(apply(1, log.slice(5, command.length).asReadOnlyBuffer()))
          .isEqualTo(new KvResult.Stored(i + 1));
      model.put(key, value);
    }
    Map<String, byte[]> found = new TreeMap<>();
    store.forEach((key, entry, left) -> found.put(text(key), entry.value()));
    assertThat(found.keySet()).isEqualTo(model.keySet());
    model.forEach((key, value) -> assertThat(found.get(key)).isEqualTo(value));
  }

  @Test
  void aSetOverAKeyThatIsOverButStillThereIsOfANewOne() {
    int many = StoreState.EXPIRED_AT_ONCE + 1;
    for (int i = 0; i < many; i++) {
      byte[] key = ("k" + (1000 + i)).getBytes(UTF_8);
      apply(new KvCommand.Put(key, new byte[] {'v'}, KvCommand.Put.When.ALWAYS, 5));
    }
    String last = "k" + (1000 + many - 1);
    apply(6, StoreModel.encoded(set(last, "new")));
    assertThat(store.entries()).isEqualTo(1);
    assertThat(events().subList(2 * many - 1, 2 * many + 1))
        .containsExactly(
            2 * many + " EXPIRED " + last + " v -", 2 * many + 1 + " CREATED " + last + " - new");
    apply(7, StoreModel.encoded(set(last, "newer")));
    assertThat(events()).last().isEqualTo(2 * many + 2 + " UPDATED " + last + " new newer");
  }

  @Test
  void onlyTransactionsThatAreNotUndoneAreRemembered() {
    apply(set("a", "1"));
    apply(new KvCommand.Put(new byte[] {'t'}, new byte[] {'5'}, KvCommand.Put.When.ALWAYS, 50));
    long before = store.stateHash();
    List<KvCommand> sets =
        List.of(set("a", "2"), set("b", "22"), set("t", "6"), set("a", "333"), set("b", "23"));
    List<KvCommand> refused = new ArrayList<>(sets);
    refused.add(set("", "x"));
    assertThat(apply(new KvCommand.Transaction(List.of(), refused, List.of())))
        .isEqualTo(new KvResult.Failed(StoreError.INVALID_KEY, "command 6 of 6: empty"));
    assertThat(store.stateHash()).isEqualTo(before);
    apply(new KvCommand.Transaction(List.of(), sets, List.of()));
    apply(set("a", "4"));
    assertThat(events())
        .containsExactly(
            "1 CREATED a - 1",
            "2 CREATED t - 5",
            "3 UPDATED a 1 2",
            "4 CREATED b - 22",
            "5 UPDATED t 5 6",
            "6 UPDATED a 2 333",
            "7 UPDATED b 22 23",
            "8 UPDATED a 333 4");
  }
}
