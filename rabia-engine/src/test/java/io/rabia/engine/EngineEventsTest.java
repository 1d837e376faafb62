package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EngineEventsTest {

  /** Each of the last ten forces of member 1 takes 150 ms. */
  static void slowForces(TestCluster cluster) {
    TestNode node = cluster.node(1);
    for (int i = 0; i < 10; i++) {
      node.log.manual();
      node.submit("slow " + i);
      cluster.elapse(Duration.ofMillis(150));
      node.log.automatic();
      cluster.elapse(Duration.ofMillis(20));
    }
    cluster.elapse(Duration.ofSeconds(1));
  }

  /** Member 3 proposes 50 ms after the slot was there, ten times. */
  static void lateProposals(TestCluster cluster) {
    for (int i = 0; i < 10; i++) {
      cluster.wires.hold(3, 1);
      cluster.node(1).submit("c" + i);
      cluster.elapse(Duration.ofMillis(50));
      cluster.wires.release(3, 1);
      cluster.elapse(Duration.ofMillis(20));
    }
    cluster.elapse(Duration.ofSeconds(1));
  }

  @Test
  void aSlowDiskIsReportedUntilItIsFastAgain() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      slowForces(cluster);
      assertThat(cluster.node(1).events).contains("slow disk").doesNotContain("fast disk");
      assertThat(cluster.node(2).events).doesNotContain("slow disk");
      cluster.node(1).submit("fast");
      cluster.elapse(Duration.ofSeconds(2));
      assertThat(cluster.node(1).events).endsWith("fast disk");
    }
  }

  @Test
  void onePauseIsNoSlowDisk() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      cluster.node(1).log.manual();
      cluster.node(1).submit("x");
      cluster.pause(Duration.ofMinutes(1));
      cluster.node(1).log.automatic();
      cluster.elapse(Duration.ofSeconds(2));
      assertThat(cluster.node(1).events).doesNotContain("slow disk");
    }
  }

  @Test
  void aMemberThatSpeaksLateIsReportedByThoseWhoHearItLate() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      lateProposals(cluster);
      assertThat(cluster.node(1).events).contains("late 3").doesNotContain("late 2");
      assertThat(cluster.node(2).events).doesNotContain("late 3");
    }
  }

  @Test
  void everyEventOfTheListenerHappens() {
    RabiaConfig config =
        RabiaConfig.builder()
            .snapshotInterval(50, Long.MAX_VALUE)
            .retainedSlots(64)
            .retainedLogBytes(0)
            .stateCheckInterval(3)
            .build();
    try (TestCluster cluster =
        new TestCluster(TestCluster.config(3).alpha(8).build(), config).startAll()) {
      TestNode node = cluster.node(1);
      lateProposals(cluster);
      slowForces(cluster);
      cluster.wires.cut(1, 2);
      cluster.wires.cut(1, 3);
      while (cluster.node(2).status().applied() < 400) {
        cluster.node(2).submit("c");
        cluster.elapse(Duration.ofMillis(2));
      }
      cluster.wires.heal(1, 2);
      cluster.elapse(Duration.ofMillis(500));
      while (cluster.node(2).status().applied() < 500) {
        cluster.node(2).submit("c");
        cluster.elapse(Duration.ofMillis(2));
      }
      cluster.elapse(Duration.ofMillis(500));
      cluster.node(2).change(node.view().withAlpha(32));
      cluster.elapse(Duration.ofMillis(500));
      cluster.wires.heal(1, 3);
      cluster.settle();
      cluster.node(3).machine.wrong = 1;
      node.submit("x");
      cluster.elapse(Duration.ofMillis(500));
      assertThat(node.heard)
          .containsExactlyInAnyOrderElementsOf(
              Arrays.stream(EngineListener.class.getDeclaredMethods())
                  .filter(Method::isDefault)
                  .map(Method::getName)
                  .toList());
      assertThat(node.events)
          .containsSubsequence(
              "RECOVERING forming",
              "+2",
              "quorum regained",
              "SERVING",
              "-2 cut",
              "quorum lost",
              "RECOVERING no-quorum",
              "+2",
              "quorum regained",
              "SERVING");
    }
  }

  @Test
  void aMemberThatIsFarBehindSaysSoUntilItHasCaughtUp() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      cluster.node(3).kill();
      for (int i = 0; i < 200; i++) {
        cluster.node(1).submit("c" + i);
        cluster.settle();
      }
      TestNode behind = cluster.node(3);
      behind.events.clear();
      behind.start();
      cluster.settle();
      assertThat(behind.events).contains("CATCHING_UP behind").endsWith("SERVING");
      assertThat(behind.machine.entries()).hasSize(200);
    }
  }

  /** Connected to all, it may have missed anything: those who know have not said so yet. */
  @Test
  void aMemberServesOnlyOnceAQuorumHasSaidWhereTheLogIs() {
    try (TestCluster cluster = TestCluster.serving(5)) {
      TestNode restarted = cluster.node(5);
      restarted.kill();
      IntStream.rangeClosed(1, 4).forEach(peer -> cluster.wires.hold(peer, 5));
      restarted.start();
      assertStateAfterAWhile(cluster, EngineState.CATCHING_UP);
      assertThat(restarted.status().connected()).isEqualTo(5);
      cluster.wires.release(1, 5);
      assertStateAfterAWhile(cluster, EngineState.CATCHING_UP);
      cluster.wires.release(2, 5);
      assertStateAfterAWhile(cluster, EngineState.SERVING);
    }
  }

  /** While a connection was down its other end went on. */
  @Test
  void whatAFormerConnectionSaidOfTheLogCountsNoLonger() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      cluster.wires.cut(1, 3);
      cluster.wires.cut(2, 3);
      cluster.settle();
      cluster.wires.hold(1, 3);
      cluster.wires.hold(2, 3);
      cluster.wires.heal(1, 3);
      cluster.wires.heal(2, 3);
      cluster.node(3).events.clear();
      assertStateAfterAWhile(cluster, EngineState.CATCHING_UP);
      assertThat(cluster.node(3).events).doesNotContain("SERVING");
      cluster.wires.release(1, 3);
      assertStateAfterAWhile(cluster, EngineState.SERVING);
    }
  }

  /** Of the last node. */
  private static void assertStateAfterAWhile(TestCluster cluster, EngineState state) {
    cluster.elapse(Duration.ofSeconds(1));
    assertThat(cluster.nodes().get(cluster.nodes().size() - 1).agent().state()).isEqualTo(state);
  }

  @Test
  void aListenerThatThrowsDoesNotStopTheNode() {
    try (TestCluster cluster = new TestCluster(3)) {
      cluster.node(1).listenerThrows = true;
      cluster.startAll();
      cluster.wires.cut(1, 2);
      Answer answer = cluster.node(1).submit("x");
      cluster.elapse(Duration.ofMillis(500));
      assertThat(answer.text()).isEqualTo("x@1");
      cluster.node(1).stop();
      assertThat(cluster.node(1).events).endsWith("STOPPED closed");
    }
  }

  @Test
  void aNodeThatStopsSaysThatLast() {
    try (TestCluster cluster = TestCluster.serving(1)) {
      cluster.node(1).stop();
      assertThat(cluster.node(1).events).endsWith("STOPPED closed");
    }
  }
}
