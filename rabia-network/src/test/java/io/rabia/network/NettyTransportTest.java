package io.rabia.network;

import io.netty.util.ResourceLeakDetector;
import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.transport.Transport;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;

class NettyTransportTest extends TransportConformance {
  private final ClusterConfig cluster = Loopback.cluster("127.0.0.1", 3);

  @BeforeAll
  static void lookForLeaks() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
  }

  @Override
  Transport transport(int id) {
    NettyTransportConfig config =
        NettyTransportConfig.builder()
            .maxFrameBytes(BIG_FRAME_BYTES)
            .outboundQueueBytes(QUEUE_BYTES)
            .idleTimeout(Duration.ofSeconds(20))
            .build();
    return NettyTransport.builder(NodeId.of(id), cluster).config(config).build();
  }
}
