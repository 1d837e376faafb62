package io.rabia.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.NodeId;
import io.rabia.core.transport.Transport;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InMemoryNetworkTest {
  private final InMemoryNetwork network = new InMemoryNetwork();
  private final Polls polls = new Polls();

  @AfterEach
  void closeAll() {
    polls.closeAll();
  }

  @Test
  void cutsAndHealsALink() {
    RecordingListener[] listeners = new RecordingListener[4];
    for (int id = 1; id <= 3; id++) {
      listeners[id] = new RecordingListener(id);
      Transport transport = network.transport(NodeId.of(id));
      transport.start(listeners[id]);
      polls.add(transport);
    }
    polls.until("all", () -> listeners[2].connectedTo(1) && listeners[2].connectedTo(3));
    network.cut(NodeId.of(2), NodeId.of(1));
    polls.until("cut", () -> !listeners[2].connectedTo(1) && !listeners[1].connectedTo(2));
    polls.during(Duration.ofMillis(100));
    assertThat(listeners[1].count("+2")).isEqualTo(1);
    assertThat(listeners[2].connectedTo(3)).isTrue();
    network.heal(NodeId.of(1), NodeId.of(2));
    polls.until("healed", () -> listeners[2].connectedTo(1) && listeners[1].connectedTo(2));
    assertThat(listeners[3].events).doesNotContain("-1", "-2");
  }
}
