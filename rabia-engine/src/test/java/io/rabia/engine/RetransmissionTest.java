package io.rabia.engine;

import static java.util.Collections.frequency;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.message.Message;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class RetransmissionTest {

  /** The engine sleeps at rest: nothing was open all that time, so nothing can have been lost. */
  @Test
  void whatIsSaidAfterARestIsSaidOnce() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      cluster.node(1).submit("x");
      cluster.pause(Duration.ofSeconds(1));
      cluster.elapse(Duration.ofMillis(10));
      for (int from = 1; from <= 3; from++) {
        List<Long> proposed = slots(cluster, from, Message.Propose.class, Message.Propose::slot);
        List<Long> voted = slots(cluster, from, Message.Vote2.class, Message.Vote2::slot);
        assertThat(proposed).hasSize(12).allMatch(slot -> frequency(proposed, slot) == 2);
        assertThat(voted).allMatch(slot -> frequency(voted, slot) <= 2);
      }
    }
  }

  @Test
  void whatIsLostIsSaidAgain() {
    try (TestCluster cluster = TestCluster.serving(3)) {
      cluster.wires.hold(1, 2);
      cluster.wires.hold(1, 3);
      Answer answer = cluster.node(1).submit("x");
      cluster.settle();
      cluster.wires.lose(1, 2);
      cluster.wires.lose(1, 3);
      cluster.elapse(Duration.ofSeconds(1));
      assertThat(answer.text()).startsWith("x@");
    }
  }

  /** Of what was sent, one for each receiver. */
  private static <M extends Message> List<Long> slots(
      TestCluster cluster, int from, Class<M> kind, Function<M, Long> slot) {
    return cluster.wires.sentBy(from, kind).stream().map(slot).toList();
  }
}
