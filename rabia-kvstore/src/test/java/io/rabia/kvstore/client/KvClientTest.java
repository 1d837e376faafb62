package io.rabia.kvstore.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rabia.core.ClusterId;
import io.rabia.core.RabiaException;
import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.NotificationFilter;
import io.rabia.kvstore.StoreError;
import io.rabia.kvstore.StoreException;
import io.rabia.kvstore.Subscription;
import io.rabia.kvstore.TestServer;
import io.rabia.network.client.ClientConfig;
import io.rabia.network.client.ClientCore;
import io.rabia.network.client.ClientSession;
import io.rabia.network.server.PortStatistics.Event;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class KvClientTest {
  private static final ClientConfig DEFAULTS = ClientConfig.defaults();
  private static final ClientConfig QUICK =
      DEFAULTS.withRequestTimeout(Duration.ofSeconds(10)).withSilence(Duration.ofMillis(200));

  private final FakeCluster cluster = new FakeCluster();
  private TestServer one;
  private TestServer two;

  @BeforeEach
  void start() {
    one = TestServer.start(cluster, 1);
    two = TestServer.start(cluster, 2);
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
    cluster.close();
  }

  private String both() {
    return one.client() + "," + two.client();
  }

  @Test
  void doesEveryOperation() {
    try (KvClient kv = KvClient.connect(both())) {
      assertThat(kv.set("a", "1")).isEqualTo(1);
      assertThat(kv.get("a")).contains("1");
      assertThat(kv.compareAndSet("a", "1", "2")).isTrue();
      assertThat(kv.exists("a")).isTrue();
      assertThat(kv.increment("a", 40)).isEqualTo(42);
      assertThat(kv.delete("a")).isTrue();
      assertThat(kv.get("a")).isEmpty();
    }
  }

  @Test
  void executesEachOfManyPipelinedCommandsOnceInOneSession() {
    try (KvClient kv = KvClient.connect(one.client())) {
      assertThat(increments(kv, 5000)).hasSize(5000).doesNotHaveDuplicates();
      assertThat(kv.get("n")).contains("5000");
      assertThat(cluster.sessions()).isEqualTo(1);
    }
  }

  @Test
  void leavesNoSessionBehind() {
    try (KvClient kv = KvClient.connect(both())) {
      kv.set("a", "1");
      assertThat(cluster.sessions()).isEqualTo(1);
    }
    await().until(() -> cluster.sessions() == 0);
  }

  @Test
  void executesEqualCommandsOfTwoClientsTwice() {
    try (KvClient a = KvClient.connect(one.client());
        KvClient b = KvClient.connect(one.client())) {
      a.increment("n", 1);
      assertThat(b.increment("n", 1)).isEqualTo(2);
    }
  }

  @Test
  void sendsAgainToAnotherServerWhenTheConnectionDiesAndExecutesOnce() {
    try (ClientCore core = ClientCore.connect(both(), DEFAULTS)) {
      CompletableFuture<byte[]> result = submitThroughSilentFirst(core);
      one.close();
      assertThat(result).succeedsWithin(Duration.ofSeconds(5));
      assertThat(two.count("client", Event.REQUESTS)).isEqualTo(1);
      assertThat(cluster.applied()).isEqualTo(2);
    }
  }

  @Test
  void leavesAServerThatKeepsSilentAndExecutesOnce() throws IOException {
    try (ServerSocket mute = new ServerSocket(0);
        ClientCore core =
            ClientCore.connect("127.0.0.1:" + mute.getLocalPort() + "," + two.client(), QUICK)) {
      assertThat(submit(core, core.newSession(), Duration.ofSeconds(10)))
          .succeedsWithin(Duration.ofSeconds(5));
      assertThat(cluster.applied()).isEqualTo(1);
    }
  }

  @Test
  void staysWithAServerThatIsSlowButAnswersPings() {
    try (ClientCore core = ClientCore.connect(both(), QUICK)) {
      CompletableFuture<byte[]> result = submitThroughSilentFirst(core);
      long acceptedByTwo = two.count("client", Event.REQUESTS);
      await()
          .pollDelay(Duration.ofMillis(700))
          .until(() -> two.count("client", Event.REQUESTS) == acceptedByTwo);
      assertThat(result).isNotDone();
      assertThat(one.count("client", Event.ACCEPTED)).isEqualTo(1);
    }
  }

  @Test
  void goesToAnotherServerWhenOneHasNoQuorum() {
    one.node().mode(FakeCluster.Mode.NO_QUORUM);
    try (ClientCore core = ClientCore.connect(both(), DEFAULTS)) {
      connectToFirst(core);
      long before = one.count("client", Event.REQUESTS);
      assertThat(submit(core, core.newSession(), Duration.ofSeconds(5)))
          .succeedsWithin(Duration.ofSeconds(5));
      assertThat(one.count("client", Event.REQUESTS)).isGreaterThan(before);
    }
  }

  @Test
  void succeedsOnceAQuorumIsBack() {
    one.node().mode(FakeCluster.Mode.NO_QUORUM);
    try (KvClient kv = KvClient.connect(one.client())) {
      CompletableFuture<Long> answer = kv.setAsync(new byte[] {1}, new byte[] {2});
      await().until(() -> one.count("client", Event.REQUESTS) > 3);
      one.node().mode(FakeCluster.Mode.SERVING);
      assertThat(answer).succeedsWithin(Duration.ofSeconds(5));
    }
  }

  @Test
  void reportsAnUnknownOutcomeAtItsDeadline() {
    try (ClientCore core = ClientCore.connect(one.client(), DEFAULTS)) {
      ClientSession session = core.newSession();
      assertThat(submit(core, session, Duration.ofSeconds(5)))
          .succeedsWithin(Duration.ofSeconds(5));
      one.node().mode(FakeCluster.Mode.SILENT);
      CompletableFuture<byte[]> late = submit(core, session, Duration.ofMillis(100));
      assertThat(late)
          .failsWithin(Duration.ofSeconds(5))
          .withThrowableThat()
          .withCauseInstanceOf(RabiaException.Timeout.class)
          .withMessageContaining("unknown");
      one.node().mode(FakeCluster.Mode.SERVING);
      assertThat(submit(core, session, Duration.ofSeconds(5)))
          .succeedsWithin(Duration.ofSeconds(5));
    }
  }

  @Test
  void saysThatNothingWasExecutedWhenNobodyCouldBeReached() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    try (ClientCore core = ClientCore.connect("127.0.0.1:" + free, DEFAULTS)) {
      assertThat(submit(core, core.newSession(), Duration.ofMillis(200)))
          .failsWithin(Duration.ofSeconds(5))
          .withThrowableThat()
          .withCauseInstanceOf(RabiaException.Network.class);
    }
  }

  @Test
  void saysThatTheSessionWasClosedAndOpensAnother() {
    try (KvClient kv = KvClient.connect(one.client())) {
      kv.set("a", "1");
      cluster.closeSessions();
      assertThatThrownBy(() -> kv.set("a", "2"))
          .isInstanceOfSatisfying(
              StoreException.class,
              e -> assertThat(e.error()).isEqualTo(StoreError.SESSION_CLOSED));
      assertThat(kv.set("a", "3")).isEqualTo(2);
    }
  }

  @Test
  void failsOverWithoutAnErrorWhenAServerDrainsUnderLoad() {
    try (KvClient kv = KvClient.connect(both())) {
      List<CompletableFuture<Long>> sent = new ArrayList<>();
      for (int i = 0; i < 4000; i++) {
        sent.add(kv.incrementAsync("n".getBytes(StandardCharsets.UTF_8), 1));
        if (i == 1000) {
          assertThat(one.ports().drain(Duration.ofSeconds(5))).isTrue();
          one.close();
        }
      }
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new))
          .orTimeout(10, TimeUnit.SECONDS)
          .join();
      assertThat(kv.get("n")).contains("4000");
    }
  }

  @Test
  void comesBackToAServerThatWasRestarted() {
    int port = one.port("client");
    try (KvClient kv = KvClient.connect("127.0.0.1:" + port)) {
      kv.set("a", "1");
      one.close();
      CompletableFuture<Long> meanwhile = kv.setAsync(new byte[] {1}, new byte[] {2});
      one = TestServer.startAgain(cluster, 1, port);
      assertThat(meanwhile).succeedsWithin(Duration.ofSeconds(5));
      assertThat(cluster.sessions()).isEqualTo(1);
    }
  }

  @Test
  void refusesAServerOfAnotherCluster() {
    int portOfTwo = two.port("client");
    two.close();
    try (ClientCore core = ClientCore.connect(one.client() + ",127.0.0.1:" + portOfTwo, DEFAULTS)) {
      ClientSession session = core.newSession();
      assertThat(submit(core, session, Duration.ofSeconds(5)))
          .succeedsWithin(Duration.ofSeconds(5));
      two = TestServer.startAgain(cluster, 2, portOfTwo);
      two.node().clusterId(new ClusterId(1, 1));
      one.close();
      assertThat(submit(core, session, Duration.ofMillis(500)))
          .failsWithin(Duration.ofSeconds(5))
          .withThrowableThat()
          .havingRootCause()
          .withMessageContaining("cluster");
      assertThat(cluster.applied()).isEqualTo(1);
    }
  }

  @Test
  void holdsNoMoreRequestsThanItsBound() {
    ClientConfig small = DEFAULTS.withMaxRequests(1, 3);
    try (KvClient kv = KvClient.connect(one.client(), small)) {
      kv.set("a", "1");
      one.node().mode(FakeCluster.Mode.SILENT);
      List<CompletableFuture<Long>> sent = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        sent.add(kv.setAsync(new byte[] {1}, new byte[] {2}));
      }
      await()
          .until(
              () -> sent.stream().filter(CompletableFuture::isCompletedExceptionally).count() == 6);
    }
  }

  @Test
  void hasNoMoreSubscriptionsThanItMay() {
    try (KvClient kv = KvClient.connect(one.client())) {
      List<Subscription> all = new ArrayList<>();
      for (int i = 0; i < 256; i++) {
        all.add(kv.subscribe(NotificationFilter.all(), event -> {}));
      }
      assertThatThrownBy(() -> kv.subscribe(NotificationFilter.all(), event -> {}))
          .isInstanceOfSatisfying(
              StoreException.class, e -> assertThat(e.error()).isEqualTo(StoreError.OVERLOADED));
      all.get(0).close();
      all.get(0).ended().join();
      kv.subscribe(NotificationFilter.all(), event -> {});
    }
  }

  @Test
  void failsWhatIsOutstandingWhenItIsClosed() {
    KvClient kv = KvClient.connect(one.client());
    kv.set("a", "1");
    one.node().mode(FakeCluster.Mode.SILENT);
    CompletableFuture<Long> outstanding = kv.setAsync(new byte[] {1}, new byte[] {2});
    kv.close();
    assertThatThrownBy(outstanding::join).hasMessageContaining("SHUTTING_DOWN");
    assertThatThrownBy(() -> kv.set("a", "2"))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.error()).isEqualTo(StoreError.SHUTTING_DOWN));
  }

  private static List<Long> increments(KvClient kv, int count) {
    List<CompletableFuture<Long>> sent = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sent.add(kv.incrementAsync("n".getBytes(StandardCharsets.UTF_8), 1));
    }
    return sent.stream().map(CompletableFuture::join).toList();
  }

  /**
   * Opens the session through the first server, then submits there while it executes but does not
   * answer.
   */
  private CompletableFuture<byte[]> submitThroughSilentFirst(ClientCore core) {
    connectToFirst(core);
    ClientSession session = core.newSession();
    CompletableFuture<byte[]> opening = submit(core, session, Duration.ofSeconds(5));
    assertThat(opening).succeedsWithin(Duration.ofSeconds(5));
    long before = cluster.applied();
    one.node().mode(FakeCluster.Mode.SILENT);
    CompletableFuture<byte[]> result = submit(core, session, Duration.ofSeconds(10));
    await().until(() -> cluster.applied() == before + 1);
    return result;
  }

  /** Else a request goes to whichever server is there first. */
  private static void connectToFirst(ClientCore core) {
    CompletableFuture<byte[]> status = new CompletableFuture<>();
    core.status(0, Duration.ofSeconds(5), (text, failure) -> status.complete(text));
    assertThat(status).succeedsWithin(Duration.ofSeconds(5)).isNotNull();
  }

  private static CompletableFuture<byte[]> submit(
      ClientCore core, ClientSession session, Duration timeout) {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    byte[] command =
        KvCodec.encode(new KvCommand.Increment("n".getBytes(StandardCharsets.UTF_8), 1));
    core.submit(
        session,
        command,
        0,
        timeout,
        (value, failure) -> {
          if (failure == null) {
            future.complete(value);
          } else {
            future.completeExceptionally(failure);
          }
        });
    return future;
  }
}
