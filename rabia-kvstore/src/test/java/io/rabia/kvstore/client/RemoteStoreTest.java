package io.rabia.kvstore.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.kvstore.EventPosition;
import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvCondition;
import io.rabia.kvstore.KvEvent;
import io.rabia.kvstore.NotificationFilter;
import io.rabia.kvstore.StoreError;
import io.rabia.kvstore.StoreException;
import io.rabia.kvstore.Subscription;
import io.rabia.kvstore.TestServer;
import io.rabia.network.client.ClientConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole store from somewhere else. */
@Timeout(60)
final class RemoteStoreTest {
  private static final int BEHIND = 50_000;

  private final FakeCluster cluster = new FakeCluster();
  private final TestServer one = TestServer.start(cluster, 1);
  private TestServer two = TestServer.start(cluster, 2);
  private final KvClient kv = KvClient.connect(one.client() + "," + two.client());

  @AfterEach
  void stop() {
    kv.close();
    one.close();
    two.close();
    cluster.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void doesWhatTheEmbeddedStoreDoes() {
    kv.setAll(new TreeMap<>(Map.of("a", "1", "b", "2")));
    assertThat(kv.getAll(List.of("b", "a", "x"))).isEqualTo(Map.of("a", "1", "b", "2"));
    assertThat(kv.keys("")).containsExactly("a", "b");
    assertThat(kv.range("b", null, 5).items()).hasSize(1);
    assertThat(kv.set("a", "10", Duration.ofHours(1))).isEqualTo(3);
    assertThat(kv.timeToLive("a")).isPresent();
    kv.transaction(
        tx -> {
          String a = tx.get("a").orElseThrow();
          tx.set("b", a);
          tx.delete("a");
        });
    assertThat(kv.get("b")).contains("10");
    assertThat(
            kv.transaction(
                    List.of(KvCondition.absent("a")),
                    List.of(new KvCommand.Increment(bytes("b"), 1)),
                    List.of())
                .held())
        .isTrue();
    assertThat(kv.get("b")).contains("11");
    assertThat(kv.statistics().entries()).isEqualTo(1);
    assertThat(kv.clear()).isEqualTo(1);
    assertThat(kv.size()).isZero();
  }

  @Test
  void walksMoreKeysThanFitAnAnswer() {
    List<KvCommand> sets = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      sets.add(new KvCommand.Set(bytes("k" + (100 + i)), new byte[10_000]));
    }
    kv.batch(sets);
    List<String> keys = new ArrayList<>();
    kv.scan(bytes("k")).forEach(item -> keys.add(new String(item.key(), StandardCharsets.UTF_8)));
    assertThat(keys).hasSize(100).isSorted();
  }

  @Test
  void aListenerThatIsFarBehindGoesOnAtAnotherServerWithoutGapOrRepetition() {
    CountDownLatch wait = new CountDownLatch(1);
    List<Long> versions = new CopyOnWriteArrayList<>();
    List<Long> buffer = new ArrayList<>(BEHIND);
    Subscription sub =
        kv.subscribe(
            NotificationFilter.all(),
            event -> {
              if (event.version() == 1) {
                versions.add(event.version());
                waitFor(wait);
              }
              buffer.add(event.version());
            });
    await().until(() -> sub.position() == 0);
    KvCommand increment = new KvCommand.Increment(bytes("n"), 1);
    kv.execute(increment).join();
    await().until(() -> !versions.isEmpty());
    for (int i = 1; i < BEHIND; i += 100) {
      kv.batch(java.util.Collections.nCopies(100, increment));
    }
    int port = two.port("client");
    two.close();
    wait.countDown();
    await().until(() -> sub.position() > BEHIND / 4);
    two = TestServer.startAgain(cluster, 2, port);
    one.close();
    long last = cluster.store().entries() == 1 ? Long.parseLong(kv.get("n").orElseThrow()) : -1;
    await().atMost(Duration.ofSeconds(40)).until(() -> sub.position() == last);
    sub.close();
    sub.ended().join();
    assertThat(buffer).isEqualTo(LongStream.rangeClosed(1, last).boxed().toList());
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aSecondListenerGoesOnFromAnyPlaceAtAnyServer() {
    for (int i = 1; i <= 10; i++) {
      kv.set("k", "v" + i);
    }
    try (KvClient other = KvClient.connect(two.client())) {
      List<KvEvent> events = new CopyOnWriteArrayList<>();
      other.subscribe(NotificationFilter.key("k"), EventPosition.fromSlot(8), events::add);
      await().until(() -> events.size() == 3);
      assertThat(events).extracting(KvEvent::version).containsExactly(8L, 9L, 10L);
      assertThat(events.get(0).oldValue()).isEqualTo(bytes("v7"));
    }
  }

  @Test
  void closingTheClientEndsItsSubscriptions() {
    KvClient other = KvClient.connect(two.client());
    Subscription sub = other.subscribe(NotificationFilter.all(), event -> {});
    await().until(() -> sub.position() >= 0);
    other.close();
    sub.ended().join();
  }

  @Test
  void saysWhatWasRefused() {
    Assertions.assertThatThrownBy(() -> kv.setAll(Map.of("", "x")))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.error()).isEqualTo(StoreError.INVALID_KEY));
    assertThat(KVStoreConfig.defaults().maxAnswerBytes())
        .isLessThan(ClientConfig.defaults().maxFrame());
  }
}
