package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.EveryField;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class KVStoreEffectsTest {
  private static final String OK = "stored";

  private static KVStoreConfig.Builder config() {
    return KVStoreConfig.builder();
  }

  @TestFactory
  Stream<DynamicTest> everyFieldMatters() {
    KVStoreConfig defaults = config().build();
    return EveryField.of(KVStoreConfig.class)
        .matters(
            "maxEntries",
            defaults,
            OK,
            config().maxEntries(1).build(),
            "STORE_FULL",
            config -> set(config, "other", 1))
        .matters(
            "maxMemoryMb",
            defaults,
            OK,
            config().maxMemoryMb(1).build(),
            "STORE_FULL",
            config -> set(config, "other", 1 << 20))
        .matters(
            "maxKeySize",
            defaults,
            OK,
            config().maxKeySize(8).build(),
            "INVALID_KEY",
            config -> set(config, "nine long", 1))
        .matters(
            "maxValueSize",
            defaults,
            OK,
            config().maxValueSize(10).build(),
            "VALUE_TOO_LARGE",
            config -> set(config, "other", 11))
        .matters(
            "enableNotifications",
            defaults,
            "2 events",
            config().enableNotifications(false).build(),
            "NO_HISTORY",
            config -> history(config, 1))
        .matters(
            "historyEvents",
            defaults,
            "2 events",
            config().historyEvents(1).build(),
            "1 events",
            config -> history(config, 1))
        .matters(
            "historyMb",
            defaults,
            "2 events",
            config().historyMb(1).build(),
            "1 events",
            config -> history(config, 600_000))
        .matters(
            "compressSnapshots",
            defaults,
            false,
            config().compressSnapshots(true).build(),
            true,
            KVStoreEffectsTest::snapshotIsSmallerThanItsOnlyValue)
        .matters(
            "requestTimeout",
            defaults,
            5000L,
            config().requestTimeout(Duration.ofMillis(1234)).build(),
            1234L,
            KVStoreEffectsTest::timeoutOfARequest)
        .tests();
  }

  @TestFactory
  Stream<DynamicTest> everyStatisticShows() {
    StoreStatistics fresh = statistics();
    KvCommand.Put put =
        new KvCommand.Put(new byte[] {1}, new byte[9], KvCommand.Put.When.ALWAYS, 1000);
    byte[] timed = KvCodec.encode(put);
    return EveryField.of(StoreStatistics.class)
        .shows("entries", fresh, 1, () -> statistics(timed))
        .shows("memoryBytes", fresh, KvStateMachine.ENTRY_OVERHEAD + 10L, () -> statistics(timed))
        .shows("version", fresh, 1L, () -> statistics(timed))
        .shows("expiring", fresh, 1, () -> statistics(timed))
        .shows("nextExpiry", fresh, 1007L, () -> statistics(timed))
        .shows("logTime", fresh, 7L, () -> statistics(timed))
        .shows("events", fresh, 1, () -> statistics(timed))
        .shows(
            "eventBytes",
            fresh,
            EventHistory.EVENT_OVERHEAD
                + EventHistory.ENTRY_OVERHEAD
                + Entry.HEAD
                + 10L
                + Long.BYTES,
            () -> statistics(timed))
        .tests();
  }

  private static StoreStatistics statistics(byte[]... commands) {
    KvStateMachine store = new KvStateMachine(KVStoreConfig.defaults());
    for (byte[] command : commands) {
      store.apply(3, 7, ByteBuffer.wrap(command));
    }
    byte[] query = KvCodec.encode(new KvQuery.Statistics());
    return ((KvResult.Counted) KvCodec.decodeResult(store.query(ByteBuffer.wrap(query))))
        .statistics();
  }

  /** What becomes of a second key with a value of so many bytes. */
  private static String set(KVStoreConfig config, String key, int valueBytes) {
    KvStateMachine store = new KvStateMachine(config);
    store.apply(1, 1, command("first", 1));
    KvResult result = KvCodec.decodeResult(store.apply(2, 2, command(key, valueBytes)));
    return result instanceof KvResult.Failed failed ? failed.error().name() : OK;
  }

  private static String history(KVStoreConfig config, int valueBytes) {
    KvStateMachine store = new KvStateMachine(config);
    store.apply(1, 1, command("first", valueBytes));
    store.apply(2, 2, command("second", valueBytes));
    KvQuery all = new KvQuery.Watch(EventPosition.afterVersion(0), NotificationFilter.all(), 9);
    int events = 0;
    while (true) {
      KvResult result = KvCodec.decodeResult(store.query(ByteBuffer.wrap(KvCodec.encode(all))));
      if (!(result instanceof KvResult.Changes changes)) {
        return ((KvResult.Failed) result).error().name();
      }
      if (changes.events().isEmpty()) {
        return events + " events";
      }
      events += changes.events().size();
      all =
          new KvQuery.Watch(
              EventPosition.afterVersion(changes.upTo()), NotificationFilter.all(), 9);
    }
  }

  private static boolean snapshotIsSmallerThanItsOnlyValue(KVStoreConfig config)
      throws IOException {
    KvStateMachine store = new KvStateMachine(config);
    store.apply(1, 1, command("first", 100_000));
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    store.snapshot(written);
    KvStateMachine plain = new KvStateMachine(KVStoreConfig.defaults());
    plain.restore(new ByteArrayInputStream(written.toByteArray()));
    assertThat(plain.stateHash()).isEqualTo(store.stateHash());
    return written.size() < 100_000;
  }

  private static ByteBuffer command(String key, int valueBytes) {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.wrap(KvCodec.encode(new KvCommand.Set(bytes, new byte[valueBytes])));
  }

  private static long timeoutOfARequest(KVStoreConfig config) {
    try (FakeCluster cluster = new FakeCluster()) {
      FakeCluster.Node node = cluster.node(1);
      KVStore.on(node, config).set("a", "b");
      return node.lastTimeoutMillis();
    }
  }
}
