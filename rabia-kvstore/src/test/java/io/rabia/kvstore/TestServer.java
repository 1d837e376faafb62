package io.rabia.kvstore;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.persistence.Durability;
import io.rabia.kvstore.server.KvPorts;
import io.rabia.kvstore.server.LogLimits;
import io.rabia.kvstore.server.ServerConfig;
import io.rabia.network.client.HostPort;
import io.rabia.network.server.Port;
import io.rabia.network.server.PortLimits;
import io.rabia.network.server.PortStatistics;
import java.time.Duration;

/** The ports of a server over a {@link FakeCluster}'s node, on free ports of the loopback. */
public final class TestServer implements AutoCloseable {
  public static final PortLimits LIMITS =
      new PortLimits(
          100,
          1000,
          3 << 20,
          64 << 20,
          256 << 20,
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofMinutes(1));

  private final FakeCluster.Node node;
  private final KvPorts ports;

  private TestServer(FakeCluster cluster, int id, PortLimits limits, int port) {
    node = cluster.node(id);
    ports = new KvPorts(config(id, limits, port));
    ports.open(node, node, node, node::clientAddresses, cluster.store(), null);
  }

  public static TestServer start(FakeCluster cluster, int id) {
    return new TestServer(cluster, id, LIMITS, FreePorts.next());
  }

  public static TestServer start(FakeCluster cluster, int id, PortLimits limits) {
    return new TestServer(cluster, id, limits, 0);
  }

  /** On the client port that another one had. */
  public static TestServer startAgain(FakeCluster cluster, int id, int clientPort) {
    return new TestServer(cluster, id, LIMITS, clientPort);
  }

  public static ServerConfig config(int id, PortLimits limits, int clientPort) {
    HostPort any = new HostPort("127.0.0.1", 0);
    return new ServerConfig(
        NodeId.of(id),
        ClusterConfig.parse("1=127.0.0.1:1,2=127.0.0.1:2,3=127.0.0.1:3"),
        ServerConfig.Initial.NEW,
        new HostPort("127.0.0.1", clientPort),
        null,
        any,
        any,
        null,
        Durability.MEMORY,
        Duration.ofMinutes(10),
        LogLimits.defaults(),
        KVStoreConfig.defaults(),
        limits);
  }

  public FakeCluster.Node node() {
    return node;
  }

  public KvPorts ports() {
    return ports;
  }

  public int port(String name) {
    String line = ports.readyLine();
    int start = line.indexOf(name + "=127.0.0.1:") + name.length() + "=127.0.0.1:".length();
    return Integer.parseInt(line.substring(start).split(" ", 2)[0]);
  }

  public String client() {
    return "127.0.0.1:" + port("client");
  }

  public long count(String name, PortStatistics.Event event) {
    Port port = ports.ports().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
    return port.statistics().get(event);
  }

  @Override
  public void close() {
    ports.close();
  }
}
