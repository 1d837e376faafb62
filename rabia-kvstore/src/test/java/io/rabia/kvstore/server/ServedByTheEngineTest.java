package io.rabia.kvstore.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
import io.rabia.kvstore.TestServer;
import io.rabia.kvstore.client.KvClient;
import io.rabia.network.NettyTransport;
import io.rabia.network.client.HostPort;
import io.rabia.network.server.Listening;
import io.rabia.network.server.PortLimits;
import io.rabia.network.server.PortStatistics;
import io.rabia.network.server.RabiaServer;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.RequestKind;
import io.rabia.persistence.InMemoryPersistence;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
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
          .completionExecutor(Runnable::run)
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
    return serve(port, PortLimits.defaults());
  }

  private RabiaServer serve(int port, PortLimits limits) {
    return RabiaServer.start(ID, "127.0.0.1:" + port, limits, new Watched(), transport);
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
  void theServersOfTheStoreDoSo() {
    ServerConfig config = TestServer.config(77, TestServer.LIMITS, 0);
    int member = FreePorts.next();
    ServerConfig alone =
        new ServerConfig(
            config.nodeId(),
            ClusterConfig.parse("77=127.0.0.1:" + member),
            ServerConfig.Initial.NEW,
            config.client(),
            null,
            null,
            null,
            null,
            config.durability(),
            config.sessionTimeToLive(),
            config.log(),
            config.store(),
            config.limits());
    try (KvServer server = KvServer.start(alone, KvServer::startEngine, failure -> {})) {
      String address = server.readyLine().replaceAll(".*client=", "");
      try (KvClient client = KvClient.connect(address)) {
        client.set("k", "v");
        assertThat(client.get("k")).hasValue("v");
        assertThat(Thread.getAllStackTraces().keySet())
            .extracting(Thread::getName)
            .contains("rabia-77-engine")
            .doesNotContain("rabia-77-io");
      }
    }
  }

  /** Its time for the whole of a request is over, but all of it came in time. */
  @Test
  void nobodyIsCutOffForATimeInWhichTheEngineStoodStill() throws Exception {
    PortLimits d = PortLimits.defaults();
    PortLimits limits =
        new PortLimits(
            d.maxConnections(),
            d.maxInFlight(),
            d.maxFrame(),
            d.maxOutboundBytes(),
            d.maxBytes(),
            Duration.ofSeconds(1),
            d.slowReaderTimeout(),
            d.idleTimeout());
    byte[] query = new byte[1 << 19];
    ByteBuf hello = Unpooled.buffer();
    Frames.writeHello(hello, new Hello(1, ClusterId.NONE, d.maxFrame()));
    ByteBuf request = Unpooled.buffer();
    Frames.writeRequest(request, Request.of(7, RequestKind.READ_LOCAL, 5000, 0, query));
    try (RabiaServer server = serve(0, limits);
        Socket socket = new Socket("127.0.0.1", server.port())) {
      OutputStream out = socket.getOutputStream();
      DataInputStream in = new DataInputStream(socket.getInputStream());
      hello.readBytes(out, hello.readableBytes());
      assertThat(nextFrame(in)).isEqualTo(Frames.WELCOME);
      request.readBytes(out, 1000);
      await().until(() -> server.statistics().get(PortStatistics.Event.ACCEPTED) == 1);
      transport.loop().submit(() -> {}).sync();
      long end = System.nanoTime() + Duration.ofMillis(1500).toNanos();
      transport
          .loop()
          .execute(
              () -> {
                while (System.nanoTime() - end < 0) {
                  LockSupport.parkNanos(end - System.nanoTime());
                }
              });
      request.readBytes(out, request.readableBytes());
      byte type = nextFrame(in);
      while (type == Frames.PONG) {
        type = nextFrame(in);
      }
      assertThat(type).isEqualTo(Frames.RESPONSE);
    }
  }

  private static byte nextFrame(DataInputStream in) throws IOException {
    return in.readNBytes(in.readInt())[0];
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

  /** Writes down which threads commands and queries are submitted on, and answered on. */
  private final class Watched implements Submitter {
    private <T> CompletableFuture<T> watched(CompletableFuture<T> answer) {
      threads.add(Thread.currentThread().getName());
      return answer.whenComplete(
          (result, failure) -> threads.add(Thread.currentThread().getName()));
    }

    @Override
    public CompletableFuture<byte[]> submit(Command command, Duration timeout) {
      return watched(engine.submit(command, timeout));
    }

    @Override
    public CompletableFuture<byte[]> read(
        byte[] query, ReadConsistency consistency, Duration timeout) {
      return watched(engine.read(query, consistency, timeout));
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
