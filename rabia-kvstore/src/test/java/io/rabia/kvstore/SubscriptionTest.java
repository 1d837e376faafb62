package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
@Timeout(30)
final class SubscriptionTest {
  private static final int HISTORY = 20;

  /** So slow that nothing is over by the clock of the machine before it is by the log's. */
  private static final long NANOS_OF_SLOT = Duration.ofSeconds(100).toNanos();

  private final FakeCluster cluster =
      new FakeCluster(KVStoreConfig.builder().historyEvents(HISTORY).build(), NANOS_OF_SLOT);
  private final KVStore kv = KVStore.on(cluster.node(1), KVStoreConfig.defaults());
  private final List<String> seen = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    kv.close();
    cluster.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ConditionFactory soon() {
    return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2));
  }

  private static void sees(List<String> seen, String... events) {
    soon().untilAsserted(() -> assertThat(seen).containsExactly(events));
  }

  private static void begun(Subscription subscription) {
    soon().until(() -> subscription.position() >= 0);
  }

  /** From the first change on, so that no test waits for it to begin. */
  private Subscription fromTheStart(NotificationFilter filter) {
    return kv.subscribe(
        filter, EventPosition.fromSlot(0), event -> seen.add(StoreModel.describe(event)));
  }

  /** Writes down all that it is told. */
  private final class Notes implements KvListener {
    @Override
    public void onEvent(KvEvent event) {
      seen.add(StoreModel.describe(event));
    }

    @Override
    public void onMissed(long count) {
      seen.add("missed " + count);
    }

    @Override
    public void onOutage(StoreException reason) {
      seen.add("outage " + reason.error());
    }

    @Override
    public void onResumed() {
      seen.add("resumed");
    }
  }

  @Test
  void tellsEveryKindOfChangeWithBothValuesVersionAndSlot() {
    List<KvEvent> events = new CopyOnWriteArrayList<>();
    kv.set("a", "1");
    kv.set("a", "2", Duration.ofNanos(3 * NANOS_OF_SLOT / 2));
    kv.set("b", "3");
    kv.delete("b");
    kv.set("c", "4");
    kv.clear();
    kv.subscribe(NotificationFilter.all(), EventPosition.fromSlot(0), events::add);
    soon().until(() -> events.size() == 7);
    assertThat(events)
        .extracting(StoreModel::describe)
        .containsExactly(
            "1 CREATED a null>1",
            "2 UPDATED a 1>2",
            "3 CREATED b null>3",
            "4 EXPIRED a 2>null",
            "5 DELETED b 3>null",
            "6 CREATED c null>4",
            "7 CLEARED");
    assertThat(events).extracting(KvEvent::slot).containsExactly(1L, 2L, 3L, 4L, 4L, 5L, 6L);
    Set<ChangeType> types = events.stream().map(KvEvent::type).collect(Collectors.toSet());
    assertThat(types).isEqualTo(EnumSet.allOf(ChangeType.class));
  }

  @Test
  void everyFilterLetsPassWhatItsNameSays() {
    NotificationFilter key = NotificationFilter.key("ab");
    NotificationFilter prefix = NotificationFilter.keyPrefix("ab");
    NotificationFilter created = NotificationFilter.changeType(ChangeType.CREATED);
    List<NotificationFilter> filters =
        List.of(
            NotificationFilter.all(),
            key,
            prefix,
            created,
            NotificationFilter.and(prefix, created),
            NotificationFilter.or(key, created));
    assertThat(filters.stream().map(Object::getClass).distinct().toList())
        .hasSameElementsAs(Arrays.asList(NotificationFilter.class.getPermittedSubclasses()));
    List<String> changes =
        List.of("CREATED ab", "CREATED abc", "CREATED a", "DELETED ab", "DELETED abc", "CLEARED ");
    List<List<Integer>> pass =
        List.of(
            List.of(0, 1, 2, 3, 4, 5),
            List.of(0, 3, 5),
            List.of(0, 1, 3, 4, 5),
            List.of(0, 1, 2),
            List.of(0, 1),
            List.of(0, 1, 2, 3, 5));
    for (int f = 0; f < filters.size(); f++) {
      List<Integer> passed = new ArrayList<>();
      for (int c = 0; c < changes.size(); c++) {
        String[] change = changes.get(c).split(" ", -1);
        byte[] padded = bytes("--" + change[1] + "--");
        if (filters.get(f).matches(ChangeType.valueOf(change[0]), padded, 2, change[1].length())) {
          passed.add(c);
        }
      }
      assertThat(passed).as(filters.get(f).getClass().getSimpleName()).isEqualTo(pass.get(f));
    }
  }

  @Test
  void tellsOnlyWhatIsNewAndWhatItsFilterLetsPass() {
    kv.set("user:1", "old");
    Subscription sub =
        kv.subscribe(
            NotificationFilter.keyPrefix("user:"), event -> seen.add(StoreModel.describe(event)));
    begun(sub);
    kv.set("order:1", "x");
    kv.set("user:1", "new");
    sees(seen, "3 UPDATED user:1 old>new");
    soon().until(() -> sub.position() == 3);
    sub.close();
    sub.ended().join();
    kv.set("user:1", "unseen");
    sees(seen, "3 UPDATED user:1 old>new");
  }

  @Test
  void goesOnFromASlotOrAVersion() {
    for (int i = 1; i <= 5; i++) {
      kv.set("k", String.valueOf(i));
    }
    kv.subscribe(
        NotificationFilter.all(),
        EventPosition.fromSlot(4),
        event -> seen.add(StoreModel.describe(event)));
    sees(seen, "4 UPDATED k 3>4", "5 UPDATED k 4>5");
    seen.clear();
    kv.subscribe(
        NotificationFilter.all(),
        EventPosition.afterVersion(4),
        event -> seen.add(StoreModel.describe(event)));
    sees(seen, "5 UPDATED k 4>5");
  }

  @Test
  void whoIsTooFarBehindIsToldHowManyChangesItMissed() {
    CountDownLatch slow = new CountDownLatch(1);
    Subscription sub =
        kv.subscribe(
            NotificationFilter.all(),
            new KvListener() {
              @Override
              public void onEvent(KvEvent event) {
                seen.add("v" + event.version());
                try {
                  slow.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              }

              @Override
              public void onMissed(long count) {
                seen.add("missed " + count);
              }
            });
    begun(sub);
    kv.set("k", "first");
    sees(seen, "v1");
    for (int i = 0; i < HISTORY + 7; i++) {
      kv.set("k", "v" + i);
    }
    slow.countDown();
    soon().until(() -> sub.position() == HISTORY + 8);
    assertThat(seen).hasSize(1 + 1 + HISTORY).startsWith("v1", "missed 7", "v9");
  }

  @Test
  void whoDoesNotSayWhatToDoWithMissedChangesIsEndedByThem() {
    for (int i = 0; i < HISTORY + 1; i++) {
      kv.set("k", "v" + i);
    }
    Subscription sub = fromTheStart(NotificationFilter.all());
    assertThatThrownBy(() -> sub.ended().join())
        .isInstanceOf(CompletionException.class)
        .satisfies(
            e -> assertThat(StoreException.from(e).error()).isEqualTo(StoreError.EVENTS_MISSED));
    assertThat(seen).isEmpty();
  }

  @Test
  void anExceptionOfTheListenerEndsItAndNothingElse() {
    Subscription broken =
        kv.subscribe(
            NotificationFilter.all(),
            EventPosition.fromSlot(0),
            event -> {
              throw new IllegalArgumentException("for a test");
            });
    fromTheStart(NotificationFilter.all());
    kv.set("a", "1");
    assertThatThrownBy(() -> broken.ended().join())
        .hasCauseInstanceOf(IllegalArgumentException.class);
    sees(seen, "1 CREATED a null>1");
  }

  @Test
  void outlivesAnOutageOfTheStore() {
    FakeCluster.Node node = cluster.node(2);
    KVStore other = KVStore.on(node, KVStoreConfig.defaults());
    other.subscribe(NotificationFilter.all(), EventPosition.fromSlot(0), new Notes());
    kv.set("a", "1");
    sees(seen, "1 CREATED a null>1");
    node.mode(FakeCluster.Mode.NO_QUORUM);
    kv.set("a", "2");
    soon().until(() -> node.refusedWatches() > 1);
    node.mode(FakeCluster.Mode.SERVING);
    sees(seen, "1 CREATED a null>1", "outage UNAVAILABLE", "resumed", "2 UPDATED a 1>2");
    other.close();
  }

  @Test
  void isToldWhenItsPositionIsOfAHistoryThatWentFurther() {
    kv.set("a", "1");
    kv.set("a", "2");
    Subscription sub =
        kv.subscribe(NotificationFilter.all(), EventPosition.afterVersion(4), new Notes());
    sees(seen, "missed -1");
    assertThat(sub.position()).isEqualTo(2);
    kv.set("a", "3");
    sees(seen, "missed -1", "3 UPDATED a 2>3");
  }

  @Test
  void saysThatAStoreWithoutHistoryHasNothingToTell() {
    try (FakeCluster silent =
            new FakeCluster(KVStoreConfig.builder().enableNotifications(false).build());
        KVStore store = KVStore.on(silent.node(1), KVStoreConfig.defaults())) {
      Subscription sub = store.subscribe(NotificationFilter.all(), event -> seen.add("no"));
      assertThatThrownBy(() -> sub.ended().join())
          .satisfies(
              e -> assertThat(StoreException.from(e).error()).isEqualTo(StoreError.NO_HISTORY));
    }
  }

  /**
   * Two replicas, of which one is behind; local reads go to either in turn, or to that one alone,
   * which is cut off.
   */
  private static final class TwoReplicas implements Submitter {
    private final boolean cutOff;
    private final KvStateMachine ahead = new KvStateMachine(KVStoreConfig.defaults());
    private final KvStateMachine behind = new KvStateMachine(KVStoreConfig.defaults());
    private final List<byte[]> commands = new ArrayList<>();
    private int applied;
    private int localReads;

    TwoReplicas(boolean cutOff) {
      this.cutOff = cutOff;
    }

    synchronized int localReads() {
      return localReads;
    }

    private synchronized void catchUp(int count) {
      for (; applied < Math.min(commands.size(), applied + count); count--, applied++) {
        behind.apply(applied + 1, applied + 1, ByteBuffer.wrap(commands.get(applied)));
      }
    }

    @Override
    public synchronized CompletableFuture<byte[]> submit(Command command, Duration timeout) {
      commands.add(command.payload());
      return CompletableFuture.completedFuture(
          ahead.apply(commands.size(), commands.size(), ByteBuffer.wrap(command.payload())));
    }

    @Override
    public synchronized CompletableFuture<byte[]> read(
        byte[] query, ReadConsistency consistency, Duration timeout) {
      boolean stale = consistency == ReadConsistency.LOCAL && (localReads++ % 2 == 0 || cutOff);
      if (!cutOff) {
        catchUp(1);
      }
      return CompletableFuture.completedFuture(
          (stale ? behind : ahead).query(ByteBuffer.wrap(query)));
    }

    @Override
    public CompletableFuture<Long> openSession(Duration timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public ClusterId clusterId() {
      return ClusterId.NONE;
    }
  }

  @Test
  void repeatsAndSkipsNothingWhenItIsAnsweredByReplicasThatAreBehind() {
    try (KVStore store = KVStore.on(new TwoReplicas(false), KVStoreConfig.defaults())) {
      List<Long> versions = new CopyOnWriteArrayList<>();
      List<Long> expected = new ArrayList<>();
      store.set("k", "before");
      Subscription sub =
          store.subscribe(NotificationFilter.all(), event -> versions.add(event.version()));
      begun(sub);
      for (long i = 2; i <= 60; i++) {
        store.set("k", "v" + i);
        expected.add(i);
      }
      soon().untilAsserted(() -> assertThat(versions).isEqualTo(expected));
    }
  }

  @Test
  void catchesUpElsewhereWhileTheServerItAsksFirstIsCutOff() {
    TwoReplicas replicas = new TwoReplicas(true);
    try (KVStore store = KVStore.on(replicas, KVStoreConfig.defaults())) {
      List<Long> versions = new CopyOnWriteArrayList<>();
      Subscription sub =
          store.subscribe(NotificationFilter.all(), event -> versions.add(event.version()));
      begun(sub);
      for (int i = 0; i < 5000; i++) {
        store.set("k", "v");
      }
      soon().until(() -> sub.position() == 5000);
      assertThat(versions).hasSize(5000);
      assertThat(replicas.localReads()).as("questions that brought nothing").isLessThan(250);
    }
  }
}
