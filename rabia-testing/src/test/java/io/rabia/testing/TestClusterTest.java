package io.rabia.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.persistence.Durability;
import io.rabia.engine.EngineState;
import io.rabia.engine.Initial;
import io.rabia.engine.RabiaConfig;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fault-injection")
class TestClusterTest {
  private static final NodeId A = NodeId.of(1);
  private static final NodeId B = NodeId.of(2);
  private static final NodeId C = NodeId.of(3);
  private static final Duration LONG = Duration.ofSeconds(20);

  private static CompletableFuture<byte[]> submit(TestCluster cluster, NodeId node, String key) {
    return cluster.engine(node).submit(Command.of("SET " + key + " x"), LONG);
  }

  private static void set(TestCluster cluster, NodeId node, String key) {
    assertThat(submit(cluster, node, key).join()).asString(UTF_8).isEqualTo("OK");
  }

  private static String local(TestCluster cluster, NodeId node, String key) {
    byte[] query = ("GET " + key).getBytes(UTF_8);
    return new String(cluster.engine(node).read(query, ReadConsistency.LOCAL).join(), UTF_8);
  }

  private static EngineState state(TestCluster cluster, NodeId node) {
    return cluster.engine(node).lastStatus().state();
  }

  @Test
  @RabiaCluster(nodes = 3)
  void aKilledNodeIsDownAndComesBackWithWhatItHad(TestCluster cluster) {
    set(cluster, A, "k");
    cluster.kill(A);
    assertThat(cluster.isRunning(A)).isFalse();
    assertThatThrownBy(() -> cluster.engine(A)).isInstanceOf(IllegalStateException.class);
    set(cluster, B, "meanwhile");
    cluster.start(A);
    assertThat(cluster.failure(A)).isEmpty();
    cluster.awaitServing();
    cluster.awaitEqual();
    assertThat(local(cluster, A, "k")).isEqualTo("x");
    assertThat(local(cluster, A, "meanwhile")).isEqualTo("x");
    assertThatThrownBy(() -> cluster.start(A)).hasMessageContaining("running");
  }

  @Test
  @RabiaCluster(nodes = 3)
  void whoeverWaitsForAKilledNodeIsTold(TestCluster cluster) {
    cluster.isolate(A);
    await().until(() -> state(cluster, A) == EngineState.RECOVERING);
    cluster.rejoin(A);
    cluster.awaitServing();
    cluster.kill(B);
    cluster.kill(C);
    CompletableFuture<byte[]> waiting = submit(cluster, A, "k");
    cluster.kill(A);
    assertThat(waiting.handle((result, failure) -> failure).orTimeout(20, TimeUnit.SECONDS).join())
        .isInstanceOf(RabiaException.class);
  }

  @Test
  void nothingAnsweredIsLostWhenAllNodesAreKilledOrLosePower() {
    for (Durability durability : new Durability[] {Durability.FSYNC, Durability.OS}) {
      try (TestCluster cluster = TestCluster.builder().durability(durability).start()) {
        for (int i = 0; i < 30; i++) {
          set(cluster, cluster.nodes().get(i % 3), "k" + i);
        }
        cluster.nodes().forEach(durability == Durability.OS ? cluster::kill : cluster::powerOff);
        cluster.nodes().forEach(cluster::start);
        cluster.awaitServing();
        cluster.awaitEqual();
        for (int i = 0; i < 30; i++) {
          assertThat(local(cluster, C, "k" + i)).isEqualTo("x");
        }
      }
    }
  }

  @Test
  void aLossOfPowerIsNoticedWhereNothingWasForced() {
    try (TestCluster cluster = TestCluster.builder().durability(Durability.OS).start()) {
      set(cluster, A, "k");
      cluster.powerOff(C);
      cluster.start(C);
      await().until(() -> state(cluster, C) == EngineState.DEGRADED);
      assertThat(cluster.engine(C).lastStatus().reason()).contains("boot");
      set(cluster, A, "others-go-on");
      cluster.awaitEqual();
    }
  }

  /** Its vote is needed when another one is gone. */
  private static void comesBackWithAVote(TestCluster cluster) {
    cluster.start(C);
    cluster.awaitServing();
    cluster.awaitEqual();
    cluster.kill(A);
    set(cluster, B, "by-two-of-three");
    assertThat(local(cluster, C, "k")).isEqualTo("x");
  }

  @Test
  void whoHasNothingLeftButMemoryComesBackWithAVote() {
    try (TestCluster cluster = TestCluster.builder().durability(Durability.MEMORY).start()) {
      set(cluster, A, "k");
      cluster.kill(C);
      comesBackWithAVote(cluster);
    }
  }

  @Test
  @RabiaCluster(nodes = 3)
  void aDestroyedNodeComesBackWithAVote(TestCluster cluster) {
    set(cluster, A, "k");
    cluster.destroy(C);
    comesBackWithAVote(cluster);
  }

  /** And whoever waits for such a cluster is told why it is not whole. */
  @Test
  @RabiaCluster(nodes = 3)
  void whoLostItsDiskAndSaysThatTheClusterIsNewIsRefused(TestCluster cluster) {
    set(cluster, A, "k");
    cluster.destroy(C);
    cluster.start(C, Initial.NEW);
    await().until(() -> !cluster.isRunning(C));
    assertThat(cluster.failure(C))
        .get()
        .isInstanceOf(RabiaException.NotAMember.class)
        .asString()
        .contains("does not hold");
    set(cluster, A, "others-go-on");
    assertThatThrownBy(cluster::awaitServing)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("node 3 died")
        .hasMessageContaining("does not hold");
    assertThatThrownBy(cluster::awaitEqual).hasMessageContaining("node 3 died");
    comesBackWithAVote(cluster);
  }

  @Test
  @RabiaCluster(nodes = 3)
  void whoAFaultHasStoppedIsNotMissedUntilItIsOver(TestCluster cluster) {
    InjectedFault fault = cluster.simulator().injectFault(new FaultType.FsyncFailure(C, LONG));
    set(cluster, A, "unforced");
    await().until(() -> !cluster.isRunning(C));
    cluster.awaitServing();
    cluster.awaitEqual();
    fault.end();
    cluster.awaitServing(cluster.nodes());
  }

  @Test
  @RabiaCluster(nodes = 3)
  void aRestartIsOrderly(TestCluster cluster) {
    set(cluster, A, "k");
    cluster.restart(A);
    cluster.awaitServing();
    assertThat(local(cluster, A, "k")).isEqualTo("x");
  }

  @Test
  @RabiaCluster(nodes = 3)
  void cutNodesReachEachOtherOnlyThroughTheThird(TestCluster cluster) {
    cluster.cut(A, B);
    await().until(() -> cluster.engine(A).status().join().connected() == 2);
    set(cluster, A, "a");
    set(cluster, B, "b");
    cluster.cut(A, C);
    await().until(() -> state(cluster, A) == EngineState.RECOVERING);
    cluster.heal(A, C);
    cluster.heal(A, B);
    await().until(() -> cluster.engine(A).status().join().connected() == 3);
    cluster.awaitServing();
    cluster.awaitEqual();
  }

  @Test
  @RabiaCluster(nodes = 3)
  void aPausedNodeStandsStillAndCatchesUp(TestCluster cluster, NetworkSimulator simulator) {
    assertThat(simulator).isSameAs(cluster.simulator());
    cluster.pause(C);
    for (int i = 0; i < 50; i++) {
      set(cluster, A, "k" + i);
    }
    CompletableFuture<byte[]> waiting = submit(cluster, C, "late");
    cluster.kill(B);
    cluster.start(B);
    cluster.resume(C);
    assertThat(waiting.join()).asString(UTF_8).isEqualTo("OK");
    cluster.awaitServing();
    cluster.awaitEqual();
    assertThat(local(cluster, C, "k49")).isEqualTo("x");
  }

  @Test
  @RabiaCluster(nodes = 3)
  void aPausedNodeCanBeKilled(TestCluster cluster) {
    cluster.pause(C);
    cluster.kill(C);
    cluster.resume(C);
    cluster.start(C);
    cluster.awaitServing();
  }

  @Test
  @RabiaCluster(nodes = 1)
  void oneNodeIsACluster(TestCluster cluster) {
    assertThat(cluster.nodes()).containsExactly(A);
    set(cluster, A, "k");
    cluster.restart(A);
    cluster.awaitServing();
    assertThat(local(cluster, A, "k")).isEqualTo("x");
  }

  @Test
  @RabiaCluster(nodes = 3, stateMachine = Ledger.class, durability = Durability.OS)
  void theAnnotationChoosesTheStateMachine(TestCluster cluster) {
    cluster.engine(A).submit(Command.of(Ledger.command(7))).join();
    byte[] all = cluster.engine(A).read(new byte[0], ReadConsistency.LINEARIZABLE).join();
    assertThat(Ledger.decode(all)).containsExactly(7L);
    cluster.powerOff(C);
    cluster.start(C);
    await().until(() -> state(cluster, C) == EngineState.DEGRADED);
  }

  @Test
  void nodesRunByTheGivenConfiguration() {
    Consumer<RabiaConfig.Builder> hasty = config -> config.requestTimeout(Duration.ofMillis(50));
    try (TestCluster cluster = TestCluster.builder().config(hasty).start()) {
      cluster.pause(B);
      cluster.pause(C);
      assertThat(
              cluster
                  .engine(A)
                  .submit(Command.of("SET k x"))
                  .handle((r, failure) -> failure)
                  .join())
          .isInstanceOf(RabiaException.Timeout.class);
    }
  }

  @Test
  void theSeedDrawsTheLosses() {
    NetworkConditions lossy = NetworkConditions.builder().packetLossRate(0.5).build();
    try (TestCluster cluster = TestCluster.builder().seed(7).start()) {
      cluster.simulator().updateConditions(lossy);
      set(cluster, A, "k");
      assertThat(cluster.simulator().conditions()).isEqualTo(lossy);
      assertThat(cluster.simulator().statistics().lost()).isPositive();
    }
  }

  @Test
  @RabiaCluster(nodes = 3)
  void describesItselfForPeople(TestCluster cluster) {
    cluster.kill(B);
    assertThat(cluster.describe())
        .contains("node 1 is SERVING")
        .contains("node 2 is down")
        .contains("hash=");
  }
}
