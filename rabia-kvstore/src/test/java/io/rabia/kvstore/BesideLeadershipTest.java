package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rabia.core.NodeId;
import io.rabia.core.Submitter;
import io.rabia.engine.CompositeStateMachine;
import io.rabia.kvstore.server.KvPorts;
import io.rabia.leader.LeaderConfig;
import io.rabia.leader.LeaderManager;
import io.rabia.leader.LeaderStateMachine;
import io.rabia.network.client.RabiaClient;
import io.rabia.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The store and leadership share one log; leaders write with their token. */
@Tag("integration")
class BesideLeadershipTest {
  private static final KVStoreConfig CONFIG = KVStoreConfig.defaults();
  private static final LeaderConfig QUICK =
      LeaderConfig.builder()
          .heartbeatInterval(Duration.ofMillis(100))
          .leaderTimeout(Duration.ofMillis(500))
          .electionTimeout(Duration.ofSeconds(1))
          .build();

  private final TestCluster cluster =
      TestCluster.builder()
          .stateMachine(
              () ->
                  CompositeStateMachine.of(
                      Map.of("kv", new KvStateMachine(CONFIG), "leader", new LeaderStateMachine())))
          .start();

  @AfterEach
  void close() {
    cluster.close();
  }

  private KVStore store(int node) {
    return KVStore.on(CompositeStateMachine.part(cluster.engine(NodeId.of(node)), "kv"), CONFIG);
  }

  private static void refused(KVStore store) {
    Stream.<Runnable>of(
            () -> store.set("k", "stale"),
            () -> store.transaction(tx -> tx.set("k", "stale")),
            () -> store.transaction(tx -> tx.set("k", "stale" + tx.get("k"))),
            () -> store.delete("k"),
            store::clear)
        .forEach(
            write ->
                assertThatThrownBy(write::run)
                    .isInstanceOfSatisfying(
                        StoreException.class,
                        e -> assertThat(e.error()).isEqualTo(StoreError.FENCED)));
  }

  @Test
  void aDeposedLeadersTransactionsAreRefusedAndItsReadsAreNot() {
    try (LeaderManager first = LeaderManager.on(cluster.engine(NodeId.of(1)), "leader", QUICK);
        LeaderManager second = LeaderManager.on(cluster.engine(NodeId.of(2)), "leader", QUICK);
        KVStore plain = store(3)) {
      first.campaign();
      await().until(first::isLeader);
      try (KVStore fenced = KVStore.on(first.fenced("kv"), CONFIG)) {
        fenced.transaction(tx -> tx.set("k", "first"));
        fenced.set("k", "again");
        second.campaign();
        await()
            .until(() -> second.view().election("leader").orElseThrow().candidates().size() == 2);
        first.stepDown().join();
        refused(fenced);
        assertThat(fenced.get("k")).hasValue("again");
      }
      await().until(second::isLeader);
      try (KVStore fenced = KVStore.on(second.fenced("kv"), CONFIG)) {
        fenced.transaction(tx -> tx.set("k", tx.get("k").orElseThrow() + " second"));
      }
      plain.set("other", "unfenced");
      assertThat(plain.get("k")).hasValue("again second");
      assertThat(cluster.engine(NodeId.of(2)).status().join().applied()).isPositive();
    }
    cluster.awaitEqual();
  }

  @Test
  void aProcessThatIsNoMemberLeadsAndWritesThroughTheClient() throws Exception {
    try (KvPorts ports = new KvPorts(TestServer.config(1, TestServer.LIMITS, 0));
        FakeCluster status = new FakeCluster()) {
      FakeCluster.Node node = status.node(1);
      ports.open(
          cluster.engine(NodeId.of(1)), node, node, node::clientAddresses, status.store(), null);
      String line = ports.readyLine();
      String address = line.substring(line.indexOf("client=") + 7).split(" ", 2)[0];
      try (RabiaClient client = RabiaClient.connect(address);
          LeaderManager remote = LeaderManager.on(client, "leader", "worker-1", QUICK);
          LeaderManager member = LeaderManager.on(cluster.engine(NodeId.of(2)), "leader", QUICK);
          KVStore store = store(2)) {
        remote.campaign();
        await().until(remote::isLeader);
        await().until(() -> member.leader().isPresent());
        assertThat(member.leader().orElseThrow().name()).isEqualTo("worker-1");
        assertThat(member.leader().orElseThrow().node()).isEmpty();
        Submitter token = remote.fenced("kv");
        try (KVStore fenced = KVStore.on(token, CONFIG)) {
          fenced.batch(List.of(new KvCommand.Set(new byte[] {'k'}, new byte[] {'v'})));
          assertThat(store.get("k")).hasValue("v");
          member.campaign();
          await()
              .until(() -> member.view().election("leader").orElseThrow().candidates().size() == 2);
          remote.stepDown().join();
          await().until(member::isLeader);
          refused(fenced);
        }
      }
    }
  }
}
