package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.EveryField;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.transport.Handshake;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ClusterConfigEffectsTest {

  @TestFactory
  Stream<DynamicTest> everyFieldMatters() {
    ClusterConfig base = TestCluster.config(2).build();
    return EveryField.of(ClusterConfig.class)
        .matters(
            "name",
            base,
            "formed",
            TestCluster.config(2).name("other").build(),
            "another cluster name: test",
            ClusterConfigEffectsTest::meetingOfMember2WithThis)
        .matters(
            "secret",
            base,
            "formed",
            TestCluster.config(2).secret(new byte[] {1}).build(),
            "another cluster secret",
            ClusterConfigEffectsTest::meetingOfMember2WithThis)
        .matters(
            "alpha",
            base,
            128L,
            TestCluster.config(2).alpha(16).build(),
            16L,
            ClusterConfigEffectsTest::openSlots)
        .matters(
            "members",
            base,
            "no-quorum or forming",
            TestCluster.config(1).build(),
            "serving",
            ClusterConfigEffectsTest::member1Alone)
        .tests();
  }

  @Test
  void membersWithDifferentWindowsFormNoCluster() {
    assertThat(meetingOfMember2WithThis(TestCluster.config(2).alpha(16).build()))
        .startsWith("another alpha: ");
  }

  private static String meetingOfMember2WithThis(ClusterConfig other) {
    ClusterConfig base = TestCluster.config(2).build();
    try (TestCluster cluster = new TestCluster(base, RabiaConfig.defaults())) {
      cluster.node(1).start();
      TestNode stranger = cluster.stranger(NodeId.of(2), other, RabiaConfig.defaults());
      stranger.start();
      cluster.elapse(Duration.ofMillis(10));
      boolean formed = !cluster.node(1).agent().clusterId().equals(ClusterId.NONE);
      return formed ? "formed" : cluster.wires.refusals().get(0);
    }
  }

  private static long openSlots(ClusterConfig config) {
    try (TestCluster cluster = new TestCluster(config, RabiaConfig.defaults()).startAll()) {
      var replica = cluster.node(1).member().replica();
      return replica.limit() - replica.applied();
    }
  }

  private static String member1Alone(ClusterConfig config) {
    try (TestCluster cluster = new TestCluster(config, RabiaConfig.defaults())) {
      cluster.node(1).start();
      cluster.settle();
      return cluster.node(1).agent().state() == EngineState.SERVING
          ? "serving"
          : "no-quorum or forming";
    }
  }

  // ---- the handshake with a cluster that is formed

  private record Changed(Handshake handshake) {
    Handshake withCluster(ClusterId id) {
      return copy(id, handshake.id(), handshake.token(), handshake.epoch(), handshake.alpha());
    }

    Handshake withId(int id) {
      return copy(
          handshake.clusterId(),
          NodeId.of(id),
          handshake.token(),
          handshake.epoch(),
          handshake.alpha());
    }

    Handshake withToken(Token token) {
      return copy(
          handshake.clusterId(), handshake.id(), token, handshake.epoch(), handshake.alpha());
    }

    Handshake withAlpha(int alpha) {
      return copy(
          handshake.clusterId(), handshake.id(), handshake.token(), handshake.epoch(), alpha);
    }

    Handshake withEpoch(long epoch) {
      return copy(
          handshake.clusterId(), handshake.id(), handshake.token(), epoch, handshake.alpha());
    }

    private Handshake copy(ClusterId cluster, NodeId id, Token token, long epoch, int alpha) {
      return new Handshake(
          handshake.clusterName(),
          cluster,
          id,
          token,
          epoch,
          alpha,
          handshake.secretHash(),
          handshake.logPosition(),
          handshake.seenOfReceiver(),
          handshake.seenToken());
    }
  }

  @Test
  void aFormedMemberJudgesWhomItMeets() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      EngineAgent judge = cluster.node(1).agent();
      Handshake good = cluster.node(2).agent().handshakeFor(NodeId.of(1));
      Changed changed = new Changed(good);
      assertThat(judge.refuse(good)).isNull();
      assertThat(judge.refuse(changed.withCluster(ClusterId.NONE)))
          .as("one that is not formed yet is told INIT")
          .isNull();
      assertThat(judge.refuse(changed.withCluster(new ClusterId(1, 1))))
          .contains("another cluster");
      assertThat(judge.refuse(changed.withId(9))).contains("votes of member 2 under the id 9");
      assertThat(judge.refuse(new Changed(changed.withId(9)).withToken(new Token(1, 1))))
          .as("one that may become a member")
          .isNull();
      Changed unformed = new Changed(new Changed(changed.withId(9)).withCluster(ClusterId.NONE));
      assertThat(judge.refuse(unformed.handshake())).contains("not a member: 9");
      assertThat(judge.refuse(unformed.withEpoch(Handshake.JOINS)))
          .as("one that asks to become a member")
          .isNull();
      assertThat(judge.refuse(changed.withId(1))).as("the own id").contains("not a member: 1");
      assertThat(judge.refuse(changed.withId(3))).contains("votes of member 2 under the id 3");
      assertThat(judge.refuse(changed.withAlpha(64))).contains("another alpha: 64");
      Handshake without = changed.withToken(new Token(1, 1));
      assertThat(judge.refuse(without))
          .as("a second process of one that is up")
          .contains("member 2 is connected with other votes");
      cluster.node(2).kill();
      cluster.settle();
      assertThat(judge.refuse(without)).as("one that lost its votes and may come back").isNull();
    }
  }

  @Test
  void aDataDirectoryBelongsToItsMemberClusterAndSecret() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      MemoryLog log = cluster.node(2).log;
      assertRefused(log, NodeId.of(3), TestCluster.config(3), RabiaException.Validation.class);
      assertRefused(
          log,
          NodeId.of(2),
          TestCluster.config(3).name("other"),
          RabiaException.WrongCluster.class);
      assertRefused(
          log,
          NodeId.of(2),
          TestCluster.config(3).secret(new byte[] {1}),
          RabiaException.WrongCluster.class);
    }
  }

  private static void assertRefused(
      MemoryLog log, NodeId id, ClusterConfig.Builder members, Class<?> failure) {
    ClusterConfig config = members.build();
    try (TestCluster other = new TestCluster(config, RabiaConfig.defaults())) {
      TestNode node = other.node(id.value());
      node.log.replaceBy(log);
      node.start();
      assertThat(node.failure()).isInstanceOf(failure);
      assertThat(node.isRunning()).isFalse();
    }
  }
}
