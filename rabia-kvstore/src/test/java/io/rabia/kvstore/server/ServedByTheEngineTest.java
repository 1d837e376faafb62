package io.rabia.kvstore.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.Submitter;
import io.rabia.engine.RabiaEngine;
import io.rabia.kvstore.FreePorts;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.KvStateMachine;
import io.rabia.kvstore.client.KvClient;
import io.rabia.network.NettyTransport;
import io.rabia.network.client.HostPort;
import io.rabia.network.server.Listening;
import io.rabia.network.server.PortLimits;
import io.rabia.network.server.RabiaServer;
import io.rabia.persistence.InMemoryPersistence;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server for clients on the thread of the engine that it serves. */
@Timeout(60)
final class ServedByTheEngineTest {
  private static final NodeId ID = NodeId.of(1);

  private final ClusterConfig cluster = ClusterConfig.parse("1=127.0.0.1:" + FreePorts.next());
  private final Set<String> threads = ConcurrentHashMap.newKeySet();
  private final NettyTransport transport = NettyTransport.builder(ID, cluster).build();
  private final RabiaEngine engine =
      RabiaEngine.builder()
          .nodeId(ID)
          .cluster(cluster)
          .stateMachine(new KvStateMachine(KVStoreConfig.defaults()))
          .transport(transport)
          .persistence(new InMemoryPersistence())
          .build();

  @BeforeEach
  void start() {
    engine.start();
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  private RabiaServer serve(int port) {
    return RabiaServer.start(
        ID, "127.0.0.1:" + port, PortLimits.defaults(), new Watched(), transport);
  }

  private static KvClient client(RabiaServer server) {
    return KvClient.connect("127.0.0.1:" + server.port());
  }

  @Test
  void noOtherThreadIsBetweenAClientAndTheMembers() {
    try (RabiaServer server = serve(0);
        KvClient client = client(server)) {
      client.set("k", "v");
      assertThat(client.get("k")).hasValue("v");
      assertThat(threads).containsExactly("rabia-1-engine");
      assertThat(server.drain(Duration.ofSeconds(5))).isTrue();
    }
  }

  @Test
  void aServerThatIsClosedLeavesItsEngineAndGivesItsAddressFree() {
    RabiaServer server = serve(0);
    KvClient client = client(server);
    client.set("k", "before");
    server.close();
    client.close();
    try (RabiaServer again = serve(server.port());
        KvClient next = client(again)) {
      assertThat(next.get("k")).hasValue("before");
    }
  }

  @Test
  void itEndsWithItsEngineAndIsThenClosedAtOnce() {
    RabiaServer server = serve(0);
    try (KvClient client = client(server)) {
      client.set("k", "v");
      engine.close();
      assertThatThrownBy(() -> client.set("k", "after")).isInstanceOf(RuntimeException.class);
    }
    long begin = System.nanoTime();
    assertThat(server.drain(Duration.ofSeconds(20))).isTrue();
    server.close();
    server.close();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(1));
    assertThatThrownBy(() -> serve(server.port())).isInstanceOf(RabiaException.Closed.class);
    Listening.at("again", new HostPort("127.0.0.1", server.port())).close();
  }

  @Test
  void anAddressThatIsTakenIsSaidBeforeAnythingElse() {
    try (Listening taken = Listening.at("first", new HostPort("127.0.0.1", 0))) {
      assertThatThrownBy(() -> serve(taken.address().getPort()))
          .isInstanceOf(RabiaException.Network.class)
          .hasMessageContaining("the client port 127.0.0.1:" + taken.address().getPort());
    }
    assertThatThrownBy(() -> Listening.at("far", new HostPort("no.such.host.invalid", 0)))
        .isInstanceOf(RabiaException.Network.class)
        .hasMessageContaining("the host name cannot be resolved");
  }

  /** Writes down which threads commands and queries are submitted on. */
  private final class Watched implements Submitter {
    @Override
    public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
      threads.add(Thread.currentThread().getName());
      return engine.submit(command, timeout);
    }

    @Override
    public CompletableFuture<byte[]> read(
        byte[] query, ReadConsistency consistency, Duration timeout) {
      threads.add(Thread.currentThread().getName());
      return engine.read(query, consistency, timeout);
    }

    @Override
    public CompletableFuture<Long> openSession(Duration timeout) {
      return engine.openSession(timeout);
    }

    @Override
    public ClusterId clusterId() {
      return engine.clusterId();
    }
  }
}
