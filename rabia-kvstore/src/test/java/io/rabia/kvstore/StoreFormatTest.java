package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.Golden;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Snapshots of the store as releases have them. */
class StoreFormatTest {
  private static final byte[] KEY = {1, 2, 3};
  private static final byte[] VALUE = {9, 8};

  private static KvStateMachine store() {
    KvStateMachine store = new KvStateMachine(KVStoreConfig.defaults());
    KvCommand put = new KvCommand.Put(KEY, VALUE, KvCommand.Put.When.ALWAYS, 1000);
    store.apply(1, 4, StoreModel.encoded(new KvCommand.Set(VALUE, KEY)));
    store.apply(2, 5, StoreModel.encoded(new KvCommand.Delete(List.of(VALUE))));
    store.apply(3, 6, StoreModel.encoded(put));
    return store;
  }

  private static byte[] snapshot(KvStateMachine store) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    store.snapshot(out);
    return out.toByteArray();
  }

  private static KvStateMachine restored(byte[] snapshot) throws IOException {
    KvStateMachine store = new KvStateMachine(KVStoreConfig.defaults());
    store.restore(new ByteArrayInputStream(snapshot));
    return store;
  }

  private static KvResult get(KvStateMachine store) {
    return KvCodec.decodeResult(store.query(ByteBuffer.wrap(KvCodec.encode(new KvQuery.Get(KEY)))));
  }

  @Test
  void ofThisVersion() throws IOException {
    Map<String, byte[]> parts = new LinkedHashMap<>();
    parts.put("empty", snapshot(new KvStateMachine(KVStoreConfig.defaults())));
    parts.put("one entry, three changes", snapshot(store()));
    Golden.assertUnchanged("snapshot", StoreSnapshot.VERSION, parts);
    isThatStore(restored(Golden.read("snapshot", 3).get("one entry, three changes")));
  }

  @Test
  void ofTheSecondVersionWhichHadNoBlocks() throws IOException {
    isThatStore(restored(Golden.read("snapshot", 2).get("one entry, three changes")));
  }

  private static void isThatStore(KvStateMachine store) {
    assertThat(store.stateHash()).isEqualTo(store().stateHash());
    assertThat(events(store)).usingRecursiveComparison().isEqualTo(events(store()));
  }

  private static List<KvEvent> events(KvStateMachine store) {
    KvQuery all = new KvQuery.Watch(EventPosition.fromSlot(1), NotificationFilter.all(), 10);
    byte[] answer = store.query(ByteBuffer.wrap(KvCodec.encode(all)));
    return ((KvResult.Changes) KvCodec.decodeResult(answer)).events();
  }

  @Test
  void ofTheFirstVersionWhichKnewNeitherTimesToLiveNorChanges() throws IOException {
    KvStateMachine store = restored(Golden.read("snapshot", 1).get("one entry"));
    assertThat(((KvResult.Found) get(store)).entry())
        .usingRecursiveComparison()
        .isEqualTo(new KvEntry(VALUE, 7, 4, 5));
    assertThat(store.entries()).isEqualTo(1);
    KvResult next =
        KvCodec.decodeResult(store.apply(9, 9, StoreModel.encoded(new KvCommand.Set(KEY, VALUE))));
    assertThat(next).isEqualTo(new KvResult.Stored(8));
    KvQuery all = new KvQuery.Watch(EventPosition.fromSlot(1), NotificationFilter.all(), 10);
    KvResult.Changes changes =
        (KvResult.Changes) KvCodec.decodeResult(store.query(ByteBuffer.wrap(KvCodec.encode(all))));
    assertThat(changes.missed()).as("nobody knows what was before").isEqualTo(-1);
    assertThat(changes.events()).hasSize(1);
  }
}
