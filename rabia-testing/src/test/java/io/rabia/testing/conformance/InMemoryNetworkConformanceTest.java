package io.rabia.testing.conformance;

import io.rabia.core.NodeId;
import io.rabia.core.transport.Transport;
import io.rabia.network.InMemoryNetwork;

class InMemoryNetworkConformanceTest extends TransportConformance {
  private final InMemoryNetwork network = new InMemoryNetwork(QUEUE_BYTES);

  @Override
  protected Transport transport(NodeId id) {
    return network.transport(id);
  }
}
