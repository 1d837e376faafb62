package io.rabia.testing;

import io.rabia.core.NodeId;
import io.rabia.core.transport.Transport;
import io.rabia.testing.conformance.TransportConformance;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The simulated network keeps a transport's promises, also while everything takes its time. */
@Tag("network-sim")
class FaultyTransportConformanceTest {

  abstract static class OnSimulator extends TransportConformance {
    private final NetworkSimulator network =
        new NetworkSimulator(
            id -> {
              throw new IllegalArgumentException("no node " + id);
            },
            QUEUE_BYTES,
            1);

    OnSimulator(NetworkConditions conditions) {
      network.updateConditions(conditions);
    }

    @Override
    protected Transport transport(NodeId id) {
      return new FaultyTransport(
          id, network.transport(id), network, new Gate(), new Random(id.value()));
    }
  }

  @Nested
  class Perfect extends OnSimulator {
    Perfect() {
      super(NetworkConditions.perfect());
    }
  }

  @Nested
  class Slow extends OnSimulator {
    Slow() {
      super(
          NetworkConditions.builder()
              .latency(Duration.ofMillis(1), Duration.ofMillis(5))
              .bandwidth(100 << 20)
              .build());
    }
  }
}
