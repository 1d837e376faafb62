package io.rabia.kvstore.server.cli;

import static io.rabia.kvstore.server.cli.ServerProcesses.awaitSoon;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.TransportListener;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.RawClient;
import io.rabia.network.NettyTransport;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.RequestKind;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Strangers at every port of a running member: closed, counted, and of no other effect. */
@Execution(ExecutionMode.CONCURRENT)
@Tag("integration")
@Timeout(120)
final class HostileClientsTest {
  private static final int TARGET = 3;
  private static final int MEGABYTES = 48;
  private static final String PREFACE = "RABIA\u0001\u0000\u0001";

  @TempDir private Path directory;
  private ServerProcesses servers;
  private Map<String, String> before = Map.of();

  @BeforeEach
  void start() {
    servers = new ServerProcesses(directory, TARGET, "os");
    servers.virtualMachine("-Xmx" + MEGABYTES + "m", "-XX:MaxDirectMemorySize=" + MEGABYTES + "m");
    servers.startAll();
    assertThat(servers.run("set", "a", "1").code()).isZero();
    servers.assertEqual();
    before = servers.status(TARGET);
  }

  @AfterEach
  void stop() {
    servers.close();
  }

  @Test
  void closesStrangersAtEveryPortWithoutAnyOtherEffect() throws Exception {
    List<byte[]> nonsense = new ArrayList<>(garbage(60));
    nonsense.add(bytes("GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\n"));
    nonsense.add(bytes("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001"));
    nonsense.add(bytes(PREFACE));
    nonsense.add(ByteBuffer.allocate(8).putInt(Integer.MAX_VALUE).putInt(-1).array());
    for (String port : List.of("client", "redis", "http")) {
      for (byte[] bytes : nonsense) {
        say(port, bytes);
      }
      awaitCount(port, "malformed", 10);
    }
    for (byte[] bytes : nonsense) {
      say("peer", bytes);
    }
    awaitCount("peers", "corrupted", 30);
    assertUnchanged();
  }

  @Test
  void refusesMembersOfAnotherVersionAnotherClusterOrAnotherConfiguration() throws Exception {
    try (RawClient other = connect("peer")) {
      other.send(bytes(PREFACE.replace("\u0000\u0001", "\u0000\u0009")));
      assertThat(other.readUntilClosed()).contains("format version 9");
    }
    long refused = awaitCount("peers", "refused", 1);
    for (Handshake stranger :
        List.of(
            hello("test", ClusterId.NONE, 9),
            hello("another", ClusterId.NONE, 1),
            hello("test", new ClusterId(4, 4), 1))) {
      try (Stranger transport = new Stranger(stranger)) {
        awaitSoon("refused " + stranger).pollInSameThread().until(() -> transport.dials() > 1);
        assertThat(transport.connected).isFalse();
      }
      refused = awaitCount("peers", "refused", refused + 1);
    }
    assertUnchanged();
  }

  @Test
  void servesOthersWhileManySendMoreThanItsMemoryHoldsOfWhatNeverEnds() throws Exception {
    byte[] half = new byte[1_900_000];
    whileOpen(
        60,
        i -> {
          RawClient client =
              i % 2 == 0
                  ? greeted().send(b -> b.writeInt(2_000_000))
                  : connect("redis").send("*2\r\n$3\r\nGET\r\n$1000000\r\n");
          return client.send(i % 2 == 0 ? half : Arrays.copyOf(half, 900_000));
        });
  }

  @Test
  void servesOthersWhileManyAskForMoreThanItsMemoryHoldsAndReadNothing() throws Exception {
    try (RawClient client = connect("redis")) {
      client.send("*3\r\n$3\r\nSET\r\n$1\r\nv\r\n$1000000\r\n");
      client.send(new byte[1_000_000]).send("\r\n");
      assertThat(client.line()).isEqualTo("+OK");
    }
    byte[] query = KvCodec.encode(new KvQuery.Get(bytes("v")));
    whileOpen(
        20,
        i ->
            i % 2 == 0
                ? connect("redis").send("GET v\r\n".repeat(100))
                : greeted()
                    .send(
                        b -> {
                          for (int n = 0; n < 100; n++) {
                            Frames.writeRequest(
                                b, Request.of(n, RequestKind.READ_LOCAL, 5000, 0, query));
                          }
                        }));
  }

  /** Opens connections, of which the server may end any at any time, and uses it meanwhile. */
  private void whileOpen(int count, Opener opener) throws Exception {
    List<RawClient> open = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        try {
          open.add(opener.open(i));
        } catch (SocketException | EOFException ended) {
          // as it may be
        }
      }
      assertThat(servers.run("set", "b", "2").code()).isZero();
      assertThat(servers.status(TARGET)).containsEntry("state", "SERVING");
      assertThat(count("client", "cut_off") + count("redis", "cut_off")).isPositive();
    } finally {
      for (RawClient client : open) {
        client.close();
      }
    }
    assertThat(servers.errors(TARGET)).doesNotContain("OutOf", "\tat ");
  }

  private interface Opener {
    RawClient open(int number) throws IOException;
  }

  private RawClient connect(String port) throws IOException {
    return new RawClient(servers.port(TARGET, port));
  }

  private RawClient greeted() throws IOException {
    RawClient client = connect("client");
    client
        .send(b -> Frames.writeHello(b, new Hello(1, ClusterId.NONE, Integer.MAX_VALUE)))
        .frame()
        .release();
    return client;
  }

  private void say(String port, byte[] bytes) throws IOException {
    try (RawClient client = connect(port)) {
      client.send(bytes);
    }
  }

  private static List<byte[]> garbage(int count) {
    SplittableRandom random = new SplittableRandom(7);
    List<byte[]> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] bytes = new byte[40 + random.nextInt(3000)];
      random.nextBytes(bytes);
      all.add(bytes);
    }
    return all;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private void assertUnchanged() {
    assertThat(servers.run("get", "a").out().strip()).isEqualTo("1");
    assertThat(servers.status(TARGET))
        .containsEntry("state", "SERVING")
        .containsEntry("connected", "3")
        .containsEntry("applied", before.get("applied"))
        .containsEntry("hash", before.get("hash"));
    assertThat(servers.errors(TARGET))
        .doesNotContain("\tat ")
        .satisfies(
            text ->
                assertThat(text.lines().filter(l -> l.contains("WARN")).count())
                    .isBetween(1L, 15L));
  }

  /** Waits until the counter has come so far and returns it. */
  private long awaitCount(String port, String event, long least) throws Exception {
    long[] count = new long[1];
    awaitSoon(port + " " + event + " " + least)
        .until(() -> (count[0] = count(port, event)) >= least);
    return count[0];
  }

  private long count(String port, String event) throws IOException, InterruptedException {
    URI status = URI.create("http://" + servers.address(TARGET, "http") + "/status");
    String page =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(status).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    return Long.parseLong(
        page.replaceAll(".*\"" + port + "\":\\{[^}]*\"" + event + "\":(\\d+).*\\R", "$1"));
  }

  /** As a member would say it, but for what is given. */
  private static Handshake hello(String name, ClusterId cluster, int id) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(bytes(name + "\u0000"));
    long secretHash = ByteBuffer.wrap(digest.digest()).getLong(16);
    return new Handshake(
        name, cluster, NodeId.of(id), new Token(5, 6), 0, 128, secretHash, 0, 0, Token.NONE);
  }

  /** A transport that dials the target with a handshake of its own. */
  private final class Stranger implements TransportListener, AutoCloseable {
    private final Handshake hello;
    private final NettyTransport transport;
    private boolean connected;
    private int dialed;

    Stranger(Handshake hello) {
      this.hello = hello;
      ClusterConfig config =
          ClusterConfig.parse(
              hello.id() + "=127.0.0.1:1," + TARGET + "=" + servers.address(TARGET, "peer"));
      transport =
          NettyTransport.builder(hello.id(), config)
              .bind(new InetSocketAddress("127.0.0.1", 0))
              .build();
      transport.start(this);
      NodeId target = NodeId.of(TARGET);
      transport.members(config.member(target).stream().toList(), true);
    }

    int dials() {
      transport.poll(10_000_000);
      return dialed;
    }

    @Override
    public Handshake handshakeFor(NodeId peer) {
      dialed++;
      return hello;
    }

    @Override
    public @Nullable String refuse(Handshake peer) {
      return null;
    }

    @Override
    public void onConnected(Handshake peer) {
      connected = true;
    }

    @Override
    public void onDisconnected(NodeId peer, String reason) {}

    @Override
    public void onFrame(NodeId peer, ByteBuffer body) {}

    @Override
    public void close() {
      transport.close();
    }
  }
}
