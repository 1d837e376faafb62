package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random commands on the store and on its model: the same answers, values and changes. */
final class StoreModelTest {
  private static final int COMMANDS = 5_000;

  private static KvResult query(KvStateMachine store, KvQuery query) {
    return KvCodec.decodeResult(store.query(ByteBuffer.wrap(KvCodec.encode(query))));
  }

  private static Map<String, String> scan(KvStateMachine store) {
    Map<String, String> found = new HashMap<>();
    byte[] from = {};
    String last = "";
    while (from != null) {
      KvPage page = ((KvResult.Page) query(store, new KvQuery.Scan(from, null, 5, false))).page();
      for (KvPage.Item item : page.items()) {
        String key = new String(item.key(), StandardCharsets.UTF_8);
        assertThat(key).isGreaterThan(last);
        last = key;
        found.put(key, new String(item.entry().value(), StandardCharsets.UTF_8));
      }
      from = page.next();
    }
    return found;
  }

  private static KvStateMachine restored(KvStateMachine store) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    store.snapshot(out);
    KvStateMachine other = new KvStateMachine(KVStoreConfig.defaults());
    other.restore(new ByteArrayInputStream(out.toByteArray()));
    return other;
  }

  @Test
  void answersAndHoldsWhatItsModelDoes() throws IOException {
    compare(1);
  }

  @Test
  @Tag("long")
  void answersAndHoldsWhatItsModelDoesForLonger() throws IOException {
    for (long seed = 2; seed <= 200; seed++) {
      compare(seed);
    }
  }

  private static void compare(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    StoreModel model = new StoreModel();
    KvStateMachine store = new KvStateMachine(KVStoreConfig.defaults());
    KvStateMachine replica = new KvStateMachine(KVStoreConfig.defaults());
    long logTime = 1;
    for (int slot = 1; slot <= COMMANDS; slot++) {
      logTime += random.nextInt(3);
      KvCommand command = model.random(random);
      store.prepare(StoreModel.encoded(command));
      byte[] answer = store.apply(slot, logTime, StoreModel.encoded(command));
      assertThat(StoreModel.describe(KvCodec.decodeResult(answer)))
          .as("seed %d: %s in slot %d", seed, command, slot)
          .isEqualTo(model.apply(logTime, command));
      assertThat(replica.apply(slot, logTime, StoreModel.encoded(command))).isEqualTo(answer);
      assertThat(replica.stateHash()).isEqualTo(store.stateHash());
      if (slot % 500 == 0) {
        assertThat(scan(store)).isEqualTo(model.values());
        replica = restored(store);
        assertThat(replica.stateHash()).isEqualTo(store.stateHash());
      }
    }
    assertThat(events(store)).isEqualTo(model.events());
    assertThat(events(replica)).isEqualTo(model.events());
  }

  private static List<String> events(KvStateMachine store) {
    List<String> events = new ArrayList<>();
    long after = 0;
    while (true) {
      KvResult.Changes changes =
          (KvResult.Changes)
              query(
                  store,
                  new KvQuery.Watch(
                      EventPosition.afterVersion(after), NotificationFilter.all(), 777));
      changes.events().forEach(event -> events.add(StoreModel.describe(event)));
      if (changes.upTo() == after) {
        return events;
      }
      assertThat(changes.missed()).isZero();
      after = changes.upTo();
    }
  }

  @Test
  void statesThatDifferInTheirPastOnlyHaveOtherHashes() {
    KvStateMachine one = new KvStateMachine(KVStoreConfig.defaults());
    KvStateMachine other = new KvStateMachine(KVStoreConfig.defaults());
    one.apply(1, 1, StoreModel.encoded(new KvCommand.Set(new byte[] {1}, new byte[] {1})));
    other.apply(1, 1, StoreModel.encoded(new KvCommand.Set(new byte[] {1}, new byte[] {2})));
    assertThat(one.stateHash()).isNotEqualTo(other.stateHash());
    one.apply(2, 2, StoreModel.encoded(new KvCommand.Set(new byte[] {1}, new byte[] {3})));
    other.apply(2, 2, StoreModel.encoded(new KvCommand.Set(new byte[] {1}, new byte[] {3})));
    assertThat(one.stateHash()).as("the history is part of it").isNotEqualTo(other.stateHash());
  }
}
