package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.engine.Backup;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What the store can do, over a real engine with one member. */
@Timeout(30)
@Execution(ExecutionMode.SAME_THREAD)
final class OpenStoreTest {
  private static final KVStore KV = KVStore.open(KVStoreConfig.defaults());

  @AfterAll
  static void close() {
    KV.close();
  }

  @BeforeEach
  void empty() {
    KV.clear();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void writesAndReadsSeveralKeysAtOnce() {
    KV.setAll(new TreeMap<>(Map.of("a", "1", "b", "2", "c", "3")));
    assertThat(KV.getAll(List.of("c", "x", "a")))
        .containsExactly(Map.entry("c", "3"), Map.entry("a", "1"));
    List<Optional<KvEntry>> entries = KV.getAll(List.of(bytes("b"), bytes("x")));
    assertThat(entries.get(0).map(KvEntry::value)).contains(bytes("2"));
    assertThat(entries.get(1)).isEmpty();
    assertThat(KV.size()).isEqualTo(3);
    assertThat(KV.clear()).isEqualTo(3);
    assertThat(KV.size()).isZero();
  }

  @Test
  void writesNoneOfSeveralKeysWhenOneIsRefused() {
    KV.set("n", "none");
    assertThatThrownBy(() -> KV.setAll(new TreeMap<>(Map.of("a", "1", "", "2"))))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.error()).isEqualTo(StoreError.INVALID_KEY));
    assertThatThrownBy(
            () ->
                KV.batch(
                    List.of(
                        new KvCommand.Set(bytes("a"), bytes("1")),
                        new KvCommand.Delete(List.of(bytes("n"))),
                        new KvCommand.Set(bytes("n"), bytes("again")),
                        new KvCommand.Increment(bytes("n"), 1))))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> {
              assertThat(e.error()).isEqualTo(StoreError.NOT_A_NUMBER);
              assertThat(e).hasMessageContaining("command 4 of 4");
            });
    assertThat(KV.keys("")).containsExactly("n");
    assertThat(KV.get("n")).contains("none");
  }

  @Test
  void walksAPrefixInOrderOverManyPagesAndStopsWhereItEnds() {
    for (int i = 0; i < 2500; i++) {
      KV.setAsync(bytes("p" + (1000 + i)), bytes("v" + i));
    }
    KV.set("q", "no");
    KV.set("o", "no");
    List<String> keys = KV.keys("p");
    assertThat(keys).hasSize(2500).isSorted();
    List<String> values = new ArrayList<>();
    KV.scan(bytes("p"))
        .forEach(item -> values.add(new String(item.entry().value(), StandardCharsets.UTF_8)));
    assertThat(values).hasSize(2500).startsWith("v0", "v1").endsWith("v2499");
    KvPage page = KV.range("p1010", "p1013", 2);
    assertThat(page.items())
        .extracting(item -> new String(item.key(), StandardCharsets.UTF_8))
        .containsExactly("p1010", "p1011");
    assertThat(page.next()).isEqualTo(bytes("p1012"));
    KV.set("r", "later");
    assertThat(KV.range("p1012", "p1013", 2).next()).isNull();
    assertThat(KV.range("p1012", "p1013", 2).version()).isEqualTo(page.version() + 1);
  }

  @Test
  void endsAPageBeforeItIsLargeAndRefusesTooManyLargeValuesAtOnce() {
    byte[] large = new byte[200_000];
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      keys.add(bytes("k" + i));
      KV.set(bytes("k" + i), large);
    }
    KvPage page = KV.range("", null, 100);
    assertThat(page.items()).hasSize(1);
    assertThat(page.next()).isEqualTo(bytes("k1"));
    assertThatThrownBy(() -> KV.getAll(keys))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.error()).isEqualTo(StoreError.ANSWER_TOO_LARGE));
    assertThat(KV.getAll(keys.subList(0, 10))).hasSize(10);
  }

  @Test
  void aTransactionDoesOneThingOrTheOther() {
    KV.set("from", "10");
    List<KvCondition> rich = List.of(KvCondition.hasValue("from", "10"), KvCondition.absent("to"));
    List<KvCommand> move =
        List.of(
            new KvCommand.Increment(bytes("from"), -10), new KvCommand.Increment(bytes("to"), 10));
    List<KvCommand> look = List.of(new KvCommand.Ask(new KvQuery.Get(bytes("from"))));
    assertThat(KV.transaction(rich, move, look).held()).isTrue();
    KvResult.Transacted second = KV.transaction(rich, move, look);
    assertThat(second.held()).isFalse();
    assertThat(((KvResult.Found) second.results().get(0)).entry().value()).isEqualTo(bytes("0"));
    assertThat(KV.getAll(List.of("from", "to"))).isEqualTo(Map.of("from", "0", "to", "10"));
    assertThat(
            KV.transaction(
                    List.of(KvCondition.exists("to"), KvCondition.exists("nothing")), move, look)
                .held())
        .isFalse();
  }

  @Test
  void aClosureSeesItsOwnWritesAndWritesAllAtOnce() {
    KV.set("a", "1");
    String seen =
        KV.inTransaction(
            tx -> {
              tx.set("b", "2");
              tx.delete("a");
              return tx.get("a").orElse("none") + tx.get("b").orElse("none") + tx.exists("c");
            });
    assertThat(seen).isEqualTo("none2false");
    assertThat(KV.keys("")).containsExactly("b");
    KV.transaction(
        tx -> {
          tx.get("b");
          tx.set("c", "3");
        });
    assertThat(KV.get("c")).contains("3");
  }

  @Test
  void aClosureRunsAgainWhenWhatItReadHasChangedAndGivesUpAfterItsBound() {
    KV.set("n", "0");
    AtomicInteger runs = new AtomicInteger();
    KV.transaction(
        tx -> {
          int n = Integer.parseInt(tx.get("n").orElseThrow());
          if (runs.incrementAndGet() < 3) {
            KV.increment("n", 100);
          }
          tx.set("n", String.valueOf(n + 1));
        });
    assertThat(runs.get()).isEqualTo(3);
    assertThat(KV.get("n")).contains("201");
    assertThatThrownBy(
            () ->
                KV.inTransaction(
                    2,
                    tx -> {
                      KV.increment("absent before", 1);
                      return tx.get("absent before")
                          .map(before -> KV.increment("absent before", 1));
                    }))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> {
              assertThat(e.error()).isEqualTo(StoreError.TRANSACTION_CONFLICT);
              assertThat(e.recoverable()).isTrue();
            });
    assertThat(KV.get("absent before")).contains("4");
  }

  @Test
  void takesASnapshotOfWhatIsInItNow() {
    KV.set("a", "1");
    Backup first = KV.snapshot();
    assertThat(first.slot()).isPositive();
    KV.set("a", "2");
    Backup second = KV.snapshot();
    assertThat(second.slot()).isGreaterThan(first.slot());
    assertThat(second.data()).isNotEqualTo(first.data());
    try (FakeCluster cluster = new FakeCluster();
        KVStore elsewhere = KVStore.on(cluster.node(1), KVStoreConfig.defaults())) {
      assertThatThrownBy(elsewhere::snapshot).isInstanceOf(UnsupportedOperationException.class);
    }
  }

  private static int sumOfTwo(AtomicInteger runs, int changes) {
    return KV.inTransaction(
        4,
        tx -> {
          int left = Integer.parseInt(tx.get("left").orElseThrow());
          int run = runs.incrementAndGet();
          if (run <= changes) {
            KV.setAll(Map.of("left", String.valueOf(5 + run), "right", String.valueOf(5 - run)));
          }
          int sum = left + Integer.parseInt(tx.get("right").orElseThrow());
          if (sum != 10) {
            throw new IllegalStateException("the sum is " + sum);
          }
          return sum;
        });
  }

  @Test
  void whatAClosureThrowsOverAStateThatNeverWasIsThrownAway() {
    KV.setAll(Map.of("left", "5", "right", "5"));
    AtomicInteger runs = new AtomicInteger();
    assertThat(sumOfTwo(runs, 2)).isEqualTo(10);
    assertThat(runs.get()).isEqualTo(3);
    assertThatThrownBy(() -> sumOfTwo(new AtomicInteger(), 100))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.error()).isEqualTo(StoreError.TRANSACTION_CONFLICT))
        .hasRootCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void whatAClosureThrowsOverAStateThatWasIsThrownAtOnce() {
    KV.setAll(Map.of("left", "5", "right", "6"));
    AtomicInteger runs = new AtomicInteger();
    assertThatThrownBy(() -> sumOfTwo(runs, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the sum is 11");
    assertThat(runs.get()).isEqualTo(1);
    assertThatThrownBy(() -> KV.transaction(tx -> tx.get("")))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.error()).isEqualTo(StoreError.INVALID_KEY));
  }

  @Test
  void transfersOfManyThreadsLoseNothing() {
    int accounts = 5;
    for (int i = 0; i < accounts; i++) {
      KV.set("account" + i, "100");
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<CompletableFuture<Void>> work = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int thread = t;
      work.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 20; i++) {
                  transfer("account" + (i + thread) % accounts, "account" + (i + 1) % accounts);
                }
              },
              threads));
    }
    work.forEach(CompletableFuture::join);
    threads.shutdown();
    int total = KV.getAll(KV.keys("account")).values().stream().mapToInt(Integer::parseInt).sum();
    assertThat(total).isEqualTo(500);
  }

  private static void transfer(String from, String to) {
    KV.inTransaction(
        1000,
        tx -> {
          int have = Integer.parseInt(tx.get(from).orElseThrow());
          tx.set(from, String.valueOf(have - 1));
          tx.set(to, String.valueOf(Integer.parseInt(tx.get(to).orElseThrow()) + 1));
          return have;
        });
  }

  @Test
  void keysGoWhenTheirTimeIsOverEvenWhenNobodyWrites() {
    KvCommand.Put brief =
        new KvCommand.Put(bytes("short"), bytes("1"), KvCommand.Put.When.ALWAYS, 100_000_000);
    KvCommand look = new KvCommand.Ask(new KvQuery.Get(bytes("short")));
    assertThat(KV.batch(List.of(brief, look)).get(1)).isInstanceOf(KvResult.Found.class);
    KV.set("long", "1", Duration.ofHours(1));
    KV.set("for ever", "1");
    assertThat(KV.timeToLive("long").orElseThrow())
        .isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
    assertThat(KV.timeToLive("for ever")).isEmpty();
    assertThat(KV.persist("long")).isTrue();
    assertThat(KV.persist("long")).isFalse();
    assertThat(KV.expire("nothing", Duration.ofHours(1))).isFalse();
    assertThat(KV.expire("for ever", Duration.ofMillis(1))).isTrue();
    Awaitility.await().untilAsserted(() -> assertThat(KV.keys("")).containsExactly("long"));
    assertThatThrownBy(() -> KV.set("a", "b", Duration.ZERO)).isInstanceOf(StoreException.class);
  }
}
