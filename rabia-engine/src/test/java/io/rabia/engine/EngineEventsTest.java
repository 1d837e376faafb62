package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EngineEventsTest {

  @Test
  void everyEventOfTheListenerHappens() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode node = cluster.node(1);
      cluster.wires.cut(1, 2);
      cluster.wires.cut(1, 3);
      cluster.settle();
      cluster.wires.heal(1, 2);
      cluster.settle();
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
