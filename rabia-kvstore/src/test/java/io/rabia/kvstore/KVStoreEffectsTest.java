package io.rabia.kvstore;

import io.rabia.core.EveryField;
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
            "requestTimeout",
            defaults,
            5000L,
            config().requestTimeout(Duration.ofMillis(1234)).build(),
            1234L,
            KVStoreEffectsTest::timeoutOfARequest)
        .tests();
  }

  /** What becomes of a second key with a value of so many bytes. */
  private static String set(KVStoreConfig config, String key, int valueBytes) {
    KvStateMachine store = new KvStateMachine(config);
    store.apply(1, 1, command("first", 1));
    KvResult result = KvCodec.decodeResult(store.apply(2, 2, command(key, valueBytes)));
    return result instanceof KvResult.Failed failed ? failed.error().name() : OK;
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
