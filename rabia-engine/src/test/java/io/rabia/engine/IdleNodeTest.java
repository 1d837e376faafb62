package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.message.Message;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class IdleNodeTest {

  @Test
  void theTimeAtRestIsNoReasonToSendACommandTwice() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      TestNode a = cluster.node(1);
      a.submit("x");
      cluster.elapse(Duration.ofSeconds(1));
      cluster.wires.sent().clear();
      a.submit("y");
      cluster.pause(Duration.ofMillis(150));
      assertThat(a.machine.entries()).containsExactly("x", "y");
      assertThat(cluster.wires.sentBy(1, Message.Propose.class))
          .as("one for each slot of the round and each receiver")
          .hasSize(6);
      for (int id = 1; id <= 3; id++) {
        assertThat(cluster.wires.sentBy(id, Message.Decide.class)).isEmpty();
        assertThat(cluster.node(id).member().replica().statistics().resends()).isZero();
      }
    }
  }
}
