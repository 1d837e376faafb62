package io.rabia.network;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Addresses of test clusters on this machine. */
final class Loopback {
  private Loopback() {}

  /** Members 1 to n on ports that were free a moment ago. */
  static ClusterConfig cluster(String host, int members) {
    List<ServerSocket> held = new ArrayList<>();
    ClusterConfig.Builder builder = ClusterConfig.builder().name("test");
    try {
      for (int id = 1; id <= members; id++) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        held.add(socket);
        builder.member(NodeId.of(id), host, socket.getLocalPort());
      }
      for (ServerSocket socket : held) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return builder.build();
  }
}
