package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Times to live, by the log time that commands bring. */
final class ExpiryTest {
  private final KvStateMachine store = new KvStateMachine(KVStoreConfig.defaults());
  private long slot;

  private KvResult apply(long logTime, KvCommand command) {
    return KvCodec.decodeResult(store.apply(++slot, logTime, StoreModel.encoded(command)));
  }

  private KvResult query(KvQuery query) {
    return KvCodec.decodeResult(store.query(ByteBuffer.wrap(KvCodec.encode(query))));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static KvCommand put(String key, long timeToLive) {
    return new KvCommand.Put(bytes(key), bytes("v"), KvCommand.Put.When.ALWAYS, timeToLive);
  }

  private boolean exists(String key) {
    return ((KvResult.Exists) query(new KvQuery.Exists(bytes(key)))).exists();
  }

  @Test
  void aKeyLivesUpToItsTimeAndNoLonger() {
    apply(1000, put("a", 50));
    apply(1049, new KvCommand.Tick());
    assertThat(exists("a")).isTrue();
    assertThat(query(new KvQuery.TimeToLive(bytes("a")))).isEqualTo(new KvResult.Remaining(1));
    apply(1050, new KvCommand.Tick());
    assertThat(exists("a")).isFalse();
    assertThat(store.entries()).isZero();
    assertThat(store.memoryBytes()).isZero();
  }

  private int expiring() {
    return ((KvResult.Counted) query(new KvQuery.Statistics())).statistics().expiring();
  }

  @Test
  void aTransactionThatIsRefusedLeavesTimesAsTheyWere() {
    apply(1000, put("a", 50));
    KvCommand keep =
        new KvCommand.Put(bytes("a"), bytes("w"), KvCommand.Put.When.ALWAYS, KvCommand.Put.KEEP);
    KvCommand refused = new KvCommand.Increment(bytes("a"), 1);
    long before = store.stateHash();
    assertThat(
            apply(
                1000,
                new KvCommand.Transaction(List.of(), List.of(keep, keep, refused), List.of())))
        .isInstanceOf(KvResult.Failed.class);
    assertThat(store.stateHash()).isEqualTo(before);
    assertThat(expiring()).isEqualTo(1);
    apply(1050, new KvCommand.Tick());
    assertThat(expiring()).isZero();
    assertThat(store.entries()).isZero();
  }

  @Test
  void logTimeMayBeNegativeOrPassZero() {
    apply(-1000, put("a", 50));
    apply(-1000, put("b", 1000));
    apply(-951, new KvCommand.Tick());
    assertThat(exists("a")).isTrue();
    apply(-950, new KvCommand.Tick());
    assertThat(exists("a")).isFalse();
    apply(-1, new KvCommand.Tick());
    assertThat(exists("b")).isTrue();
    apply(1, new KvCommand.Tick());
    assertThat(exists("b")).isFalse();
  }

  @Test
  void aWriteGivesItTheTimeItSays() {
    apply(0, put("a", 50));
    apply(1, put("a", KvCommand.Put.KEEP));
    apply(1, new KvCommand.Append(bytes("a"), bytes("w")));
    apply(50, new KvCommand.Tick());
    assertThat(exists("a")).isFalse();
    apply(60, put("a", 50));
    apply(61, new KvCommand.Set(bytes("a"), bytes("v")));
    apply(1000, new KvCommand.Tick());
    assertThat(exists("a")).isTrue();
    apply(1000, put("a", Long.MAX_VALUE));
    apply(Long.MAX_VALUE - 1, new KvCommand.Tick());
    assertThat(exists("a")).isTrue();
  }

  @Test
  void oneCommandRemovesSoManyAndTheOthersAreHiddenUntilTheNextDoes() throws IOException {
    int many = 2 * StoreState.EXPIRED_AT_ONCE + 1;
    for (int i = 0; i < many; i++) {
      apply(i, put("k" + (1000 + i), 10_000 - i)); // all at the same time
    }
    KvResult more = apply(10_000, new KvCommand.Tick());
    assertThat(more).isEqualTo(new KvResult.Exists(true));
    assertThat(store.entries()).isEqualTo(many - StoreState.EXPIRED_AT_ONCE);
    String last = "k" + (1000 + many - 1);
    assertThat(exists(last)).isFalse();
    KvPage page = ((KvResult.Page) query(new KvQuery.Scan(new byte[0], null, 1000, true))).page();
    assertThat(page.items()).isEmpty();

    ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
    store.snapshot(snapshot);
    KvStateMachine other = new KvStateMachine(KVStoreConfig.defaults());
    other.restore(new ByteArrayInputStream(snapshot.toByteArray()));
    KvCommand create = new KvCommand.CompareAndSet(bytes(last), null, bytes("new"));
    byte[] answer = other.apply(slot + 1, 10_000, StoreModel.encoded(create));
    assertThat(apply(10_000, create)).isInstanceOf(KvResult.Stored.class);
    assertThat(KvCodec.decodeResult(answer)).isInstanceOf(KvResult.Stored.class);
    assertThat(other.stateHash()).isEqualTo(store.stateHash());
    assertThat(apply(10_000, new KvCommand.Tick())).isEqualTo(new KvResult.Exists(false));
    assertThat(store.entries()).isEqualTo(1);
  }

  @Test
  void whatIsRolledBackIsThereAgainWithItsTime() {
    apply(0, put("a", 50));
    apply(0, new KvCommand.Set(bytes("n"), bytes("none")));
    long hash = store.stateHash();
    KvResult refused =
        apply(
            1,
            new KvCommand.Transaction(
                List.of(),
                List.of(
                    new KvCommand.Expire(bytes("a"), KvCommand.Put.FOREVER),
                    new KvCommand.Take(bytes("a")),
                    put("b", 70),
                    new KvCommand.Increment(bytes("n"), 1)),
                List.of()));
    assertThat(((KvResult.Failed) refused).error()).isEqualTo(StoreError.NOT_A_NUMBER);
    assertThat(store.stateHash()).isEqualTo(hash);
    assertThat(store.entries()).isEqualTo(2);
    apply(50, new KvCommand.Tick());
    assertThat(exists("a")).isFalse();
  }
}
