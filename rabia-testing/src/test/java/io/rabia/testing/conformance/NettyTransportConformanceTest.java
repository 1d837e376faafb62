package io.rabia.testing.conformance;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.transport.Transport;
import io.rabia.network.NettyTransport;
import io.rabia.network.NettyTransportConfig;
import io.rabia.network.TlsConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class NettyTransportConformanceTest {

  private static NettyTransport.Builder builder(NodeId id, ClusterConfig cluster) {
    return NettyTransport.builder(id, cluster)
        .config(
            NettyTransportConfig.builder()
                .maxFrameBytes(TransportConformance.BIG_FRAME_BYTES)
                .outboundQueueBytes(TransportConformance.QUEUE_BYTES)
                .idleTimeout(Duration.ofSeconds(20))
                .build());
  }

  /** On ports that were free a moment ago. */
  private static ClusterConfig loopback() {
    ClusterConfig.Builder builder = ClusterConfig.builder().name("test");
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int id = 1; id <= 3; id++) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        held.add(socket);
        builder.member(NodeId.of(id), "127.0.0.1", socket.getLocalPort());
      }
      for (ServerSocket socket : held) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return builder.build();
  }

  @Nested
  class Plain extends TransportConformance {
    private final ClusterConfig cluster = loopback();

    @Override
    protected Transport transport(NodeId id) {
      return builder(id, cluster).build();
    }
  }

  @Nested
  class OverTls extends TransportConformance {
    @TempDir static Path directory;
    private static TlsConfig tls;
    private final ClusterConfig cluster = loopback();

    @BeforeAll
    static void makeCertificate() throws Exception {
      tls = SelfSigned.in(directory);
    }

    @Override
    protected Transport transport(NodeId id) {
      return builder(id, cluster).tls(tls).build();
    }
  }
}
