package io.rabia.kvstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.engine.RabiaEngine;
import io.rabia.leader.LeaderConfig;
import io.rabia.leader.LeaderEvent;
import io.rabia.leader.LeaderManager;
import io.rabia.leader.LeaderNotificationFilter;
import io.rabia.leader.LeaderStateMachine;
import io.rabia.leader.Topology;
import io.rabia.network.NettyTransport;
import io.rabia.persistence.InMemoryPersistence;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a member hears of the others through connections of TCP. */
@Tag("integration")
class LeadershipOverTcpTest {
  private static final NodeId TWO = NodeId.of(2);
  private static final NodeId THREE = NodeId.of(3);

  private final String members =
      IntStream.rangeClosed(1, 3)
          .mapToObj(id -> id + "=127.0.0.1:" + FreePorts.next())
          .collect(Collectors.joining(","));

  private RabiaEngine started(int id) {
    ClusterConfig cluster = ClusterConfig.parse(members);
    RabiaEngine engine =
        RabiaEngine.builder()
            .nodeId(NodeId.of(id))
            .cluster(cluster)
            .stateMachine(new LeaderStateMachine())
            .transport(NettyTransport.builder(NodeId.of(id), cluster).build())
            .persistence(new InMemoryPersistence())
            .build();
    engine.start();
    return engine;
  }

  /** The manager is there before there is a cluster. */
  @Test
  void aMemberHearsOfTheOthersAsTheyComeAndGo() {
    List<LeaderEvent> events = new CopyOnWriteArrayList<>();
    try (RabiaEngine first = started(1);
        LeaderManager manager = LeaderManager.on(first, LeaderConfig.defaults())) {
      manager.bus().subscribe(LeaderNotificationFilter.all(), events::add);
      assertThat(manager.topology().topology().members()).isEmpty();
      try (RabiaEngine second = started(2);
          RabiaEngine third = started(3)) {
        await().until(() -> connected(manager), Set.of(1, 2, 3)::equals);
        Topology whole = manager.topology().topology();
        assertThat(whole.quorum()).isEqualTo(2);
        await().until(() -> manager.topology().topology().quorumReached());
        await()
            .untilAsserted(
                () ->
                    assertThat(events)
                        .contains(
                            new LeaderEvent.NodeJoined(TWO),
                            new LeaderEvent.NodeJoined(THREE),
                            new LeaderEvent.ConsensusAppeared())
                        .hasAtLeastOneElementOfType(LeaderEvent.ConsensusStateChanged.class)
                        .hasAtLeastOneElementOfType(LeaderEvent.QuorumChanged.class)
                        .doesNotContain(new LeaderEvent.ConsensusDisappeared()));
        third.abort();
        await().until(() -> connected(manager), Set.of(1, 2)::equals);
        second.abort();
        await().until(() -> connected(manager), Set.of(1)::equals);
        await()
            .untilAsserted(
                () ->
                    assertThat(events)
                        .contains(new LeaderEvent.ConsensusDisappeared())
                        .filteredOn(event -> event instanceof LeaderEvent.NodeLeft)
                        .extracting(event -> event.about().orElseThrow())
                        .contains(TWO, THREE));
        assertThat(manager.topology().topology().quorumReached()).isFalse();
      }
    }
  }

  private static Set<Integer> connected(LeaderManager manager) {
    return manager.topology().topology().members().stream()
        .filter(Topology.Member::connected)
        .map(member -> member.id().value())
        .collect(Collectors.toSet());
  }
}
