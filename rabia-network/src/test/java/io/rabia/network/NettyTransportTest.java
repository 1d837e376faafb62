package io.rabia.network;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.transport.Transport;
import java.time.Duration;

class NettyTransportTest extends TransportConformance {
  private final ClusterConfig cluster = Loopback.cluster("127.0.0.1", 3);

  @Override
  Transport transport(int id) {
    return NettyTransport.builder(NodeId.of(id), cluster).config(config()).build();
  }

  static NettyTransportConfig config() {
    return NettyTransportConfig.builder()
        .maxFrameBytes(BIG_FRAME_BYTES)
        .outboundQueueBytes(QUEUE_BYTES)
        .idleTimeout(Duration.ofSeconds(20))
        .build();
  }
}
