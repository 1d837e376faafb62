package io.rabia.kvstore.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.rabia.core.ClusterId;
import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.RawClient;
import io.rabia.kvstore.TestServer;
import io.rabia.kvstore.client.KvClient;
import io.rabia.network.server.PortLimits;
import io.rabia.network.server.PortStatistics.Event;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.RequestKind;
import io.rabia.network.wire.Welcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class ClientPortTest {
  private static final byte[] BIG = {1};
  private static final PortLimits TIGHT =
      new PortLimits(
          3,
          5,
          1 << 16,
          1 << 16,
          1 << 20,
          Duration.ofMillis(300),
          Duration.ofMillis(300),
          Duration.ofMillis(800));

  private final FakeCluster cluster = new FakeCluster();
  private TestServer server = TestServer.start(cluster, 1);

  @AfterEach
  void stop() {
    server.close();
    cluster.close();
  }

  private void restart(PortLimits limits) {
    server.close();
    server = TestServer.start(cluster, 1, limits);
  }

  private RawClient connect() throws IOException {
    return new RawClient(server.port("client"));
  }

  private RawClient greeted() throws IOException {
    RawClient client =
        connect().send(b -> Frames.writeHello(b, new Hello(1, ClusterId.NONE, Integer.MAX_VALUE)));
    ByteBuf welcome = client.frame();
    assertThat(welcome.readByte()).isEqualTo(Frames.WELCOME);
    assertThat(Frames.readWelcome(welcome)).isEqualTo(new Welcome(1, 1, FakeCluster.ID));
    return client;
  }

  @Test
  void closesAtOnceOnLengthsOutOfBounds() throws IOException {
    for (int length : new int[] {0, -1, 65, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      try (RawClient client = connect().send(b -> b.writeInt(length))) {
        client.readUntilClosed();
      }
    }
    for (int length : new int[] {0, -1, (3 << 20) + 1, Integer.MAX_VALUE}) {
      try (RawClient client = greeted().send(b -> b.writeInt(length))) {
        client.readUntilClosed();
      }
    }
    await().until(() -> server.count("client", Event.MALFORMED) == 9);
  }

  @Test
  void closesOnHttpTlsAndRedis() throws IOException {
    for (String garbage :
        List.of(
            "GET / HTTP/1.1\r\n\r\n",
            "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001",
            "*1\r\n$4\r\nPING\r\n")) {
      try (RawClient client = connect().send(garbage)) {
        client.readUntilClosed();
      }
    }
    assertThat(server.count("client", Event.MALFORMED)).isEqualTo(3);
  }

  @Test
  void survivesRandomFramesAndGoesOnServing() throws IOException {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 200; i++) {
      byte[] body = new byte[1 + random.nextInt(60)];
      random.nextBytes(body);
      body[0] = i % 2 == 0 ? Frames.REQUEST : body[0];
      try (RawClient client = greeted().send(b -> b.writeInt(body.length).writeBytes(body))) {
        assertThat(client).isNotNull();
      }
    }
    try (KvClient kv = KvClient.connect(server.client())) {
      assertThat(kv.set("a", "1")).isPositive();
    }
  }

  @Test
  void refusesAnotherVersionAndAnotherClusterWithTheReason() throws IOException {
    try (RawClient client = connect()) {
      client.send(
          b -> b.writeInt(22).writeByte(1).writeInt(Frames.MAGIC).writeByte(9).writeZero(16));
      expectRefusal(client, ErrorCode.VALIDATION, "version 9");
    }
    try (RawClient client =
        connect()
            .send(
                b -> Frames.writeHello(b, new Hello(1, new ClusterId(1, 1), Integer.MAX_VALUE)))) {
      expectRefusal(client, ErrorCode.WRONG_CLUSTER, "cluster");
    }
    assertThat(server.count("client", Event.REFUSED)).isEqualTo(2);
    try (RawClient client = connect().send(b -> b.writeInt(22).writeByte(1).writeZero(21))) {
      expectRefusal(client, ErrorCode.SERIALIZATION, "hello");
    }
    assertThat(server.count("client", Event.MALFORMED)).isEqualTo(1);
  }

  private static void expectRefusal(RawClient client, ErrorCode code, String reason)
      throws IOException {
    ByteBuf frame = client.frame();
    assertThat(frame.readByte()).isEqualTo(Frames.REFUSED);
    Throwable refusal = Frames.readRefused(frame);
    assertThat(ErrorCode.of(refusal)).isEqualTo(code);
    assertThat(refusal).hasMessageContaining(reason);
    assertThat(client.readUntilClosed()).isEmpty();
  }

  @Test
  void closesOnRequestsWithoutASession() throws IOException {
    byte[] command = KvCodec.encode(new KvCommand.Increment(new byte[] {1}, 1));
    try (RawClient client =
        greeted().send(b -> Frames.writeRequest(b, Request.submit(1, 1000, 0, 1, 1, command)))) {
      client.readUntilClosed();
    }
    assertThat(cluster.applied()).isZero();
  }

  @Test
  void endsHalfHellosHalfRequestsAndTheSilent() throws IOException {
    restart(TIGHT);
    try (RawClient silentBeforeHello = connect();
        RawClient half = greeted().send(b -> b.writeInt(100).writeByte(Frames.REQUEST))) {
      silentBeforeHello.readUntilClosed();
      half.readUntilClosed();
    }
    try (RawClient idle = greeted()) {
      idle.readUntilClosed();
    }
    assertThat(server.count("client", Event.TIMED_OUT)).isEqualTo(3);
  }

  @Test
  void refusesConnectionsBeyondItsBound() throws IOException {
    restart(TIGHT);
    try (RawClient a = greeted();
        RawClient b = greeted();
        RawClient c = greeted();
        RawClient d = connect()) {
      expectRefusal(d, ErrorCode.OVERLOAD, "connections");
      a.send(x -> Frames.writeEmpty(x, Frames.PING));
      assertThat(a.frame().readByte()).isEqualTo(Frames.PONG);
      assertThat(List.of(b, c)).hasSize(2);
    }
    await().untilAsserted(() -> greeted().close());
  }

  @Test
  void refusesRequestsBeyondItsBoundAndAnswersTheOthers() throws IOException {
    restart(TIGHT);
    server.node().mode(FakeCluster.Mode.SILENT);
    try (RawClient client = greeted()) {
      for (int i = 0; i < 8; i++) {
        int correlation = i;
        client.send(
            b ->
                Frames.writeRequest(
                    b, Request.of(correlation, RequestKind.OPEN_SESSION, 1000, 0, null)));
      }
      List<Long> refused = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        ByteBuf frame = client.frame();
        assertThat(frame.readByte()).isEqualTo(Frames.RESPONSE);
        refused.add(Frames.readCorrelation(frame));
        assertThat(ErrorCode.of(frame.readByte())).isEqualTo(ErrorCode.OVERLOAD);
      }
      assertThat(refused).containsExactly(5L, 6L, 7L);
    }
    assertThat(server.count("client", Event.OVERLOADED)).isEqualTo(3);
    assertThat(server.count("client", Event.REQUESTS)).isEqualTo(5);
  }

  @Test
  void takesInOnlyWhatItsBytesAllowAndTheRestLater() throws IOException {
    restart(withBytes(1 << 20));
    byte[] query = KvCodec.encode(new KvQuery.Get(BIG));
    try (RawClient one = greeted();
        RawClient two = greeted()) {
      for (int i = 0; i < 20; i++) {
        Request read = Request.of(i, RequestKind.READ_LOCAL, 1000, 0, query);
        one.send(b -> Frames.writeRequest(b, read));
        two.send(b -> Frames.writeRequest(b, read));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(one.frame().readByte()).isEqualTo(Frames.RESPONSE);
        assertThat(two.frame().readByte()).isEqualTo(Frames.RESPONSE);
      }
      assertThat(server.count("client", Event.REQUESTS)).isEqualTo(40);

      server.node().mode(FakeCluster.Mode.SILENT);
      Request read = Request.of(1, RequestKind.READ_LOCAL, 1000, 0, query);
      one.send(b -> Frames.writeRequest(b, read)).send(b -> Frames.writeRequest(b, read));
      await().until(() -> server.count("client", Event.REQUESTS) == 41);
      two.send(b -> Frames.writeEmpty(b, Frames.PING));
      assertThat(two.frame().readByte()).isEqualTo(Frames.PONG);
      assertThat(server.count("client", Event.REQUESTS)).isEqualTo(41);
    }
  }

  @Test
  void tellsWhoseRequestWaitsForRoomOrIsOnItsWayThatTheServerIsThere() throws IOException {
    restart(withBytes(1 << 20));
    server.node().mode(FakeCluster.Mode.SILENT);
    byte[] query = KvCodec.encode(new KvQuery.Get(BIG));
    try (RawClient one = greeted();
        RawClient two = greeted();
        RawClient three = greeted()) {
      Request read = Request.of(1, RequestKind.READ_LOCAL, 1000, 0, query);
      one.send(b -> Frames.writeRequest(b, read));
      await().until(() -> server.count("client", Event.REQUESTS) == 1);
      two.send(b -> Frames.writeRequest(b, read));
      assertThat(two.frame().readByte()).isEqualTo(Frames.PONG);
      assertThat(two.frame().readByte()).isEqualTo(Frames.PONG);
      three.send(b -> b.writeInt(100_000).writeByte(Frames.REQUEST));
      assertThat(three.frame().readByte()).isEqualTo(Frames.PONG);
      assertThat(server.count("client", Event.REQUESTS)).isEqualTo(1);
    }
  }

  @Test
  void cutsOffWhoHoldsMostWhenAllTogetherHoldTooMuch() throws IOException {
    restart(withBytes(1 << 20));
    try (RawClient small = greeted().send(b -> b.writeInt(900_000).writeZero(100_000));
        RawClient large = greeted()) {
      large.send(b -> b.writeInt(1_000_000).writeZero(999_000));
      large.readUntilClosed();
      assertThat(server.count("client", Event.CUT_OFF)).isEqualTo(1);
      small.send(new byte[800_000]);
      assertThat(small.readUntilClosed()).isNotEmpty(); // refused for what it says, not before
      assertThat(server.count("client", Event.MALFORMED)).isEqualTo(1);
    }
  }

  @Test
  void countsWholeRequestsThatWaitAmongWhatIsHeld() throws IOException {
    Duration patience = Duration.ofSeconds(20);
    restart(new PortLimits(40, 10, 1 << 20, 8 << 20, 8 << 20, patience, patience, patience));
    server.node().mode(FakeCluster.Mode.SILENT);
    byte[] command = KvCodec.encode(new KvCommand.Set(BIG, new byte[1_000_000]));
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 30; i++) {
        RawClient client = greeted();
        clients.add(client);
        try {
          client.send(b -> Frames.writeRequest(b, Request.submit(1, 60_000, 1, 1, 1, command)));
        } catch (IOException cutOff) {
          // as it may be
        }
      }
      // Eight are with the engine, eight may wait.
      await().until(() -> server.count("client", Event.CUT_OFF) >= 14);
      assertThat(server.count("client", Event.REQUESTS)).isEqualTo(8);
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  private static PortLimits withBytes(int bytes) {
    Duration patience = Duration.ofSeconds(20);
    return new PortLimits(10, 1000, 1 << 20, 8 << 20, bytes, patience, patience, patience);
  }

  @Test
  void cutsOffWhoNeverReadsAndServesTheOthers() throws IOException {
    PortLimits small =
        new PortLimits(
            10,
            1000,
            3 << 20,
            8 << 20,
            256 << 20,
            Duration.ofSeconds(5),
            Duration.ofMillis(500),
            Duration.ofMinutes(1));
    restart(small);
    try (KvClient kv = KvClient.connect(server.client());
        RawClient deaf = greeted()) {
      kv.set(BIG, new byte[1 << 20]);
      byte[] query = KvCodec.encode(new KvQuery.Get(BIG));
      for (int i = 0; i < 64; i++) {
        int correlation = i;
        deaf.send(
            b ->
                Frames.writeRequest(
                    b, Request.of(correlation, RequestKind.READ_LOCAL, 1000, 0, query)));
      }
      await().until(() -> server.count("client", Event.CUT_OFF) == 1);
      assertThat(kv.get("missing")).isEmpty();
    }
  }

  @Test
  void answersStatusAndStatusAtASlot() throws IOException {
    try (RawClient client = greeted()) {
      client.send(b -> Frames.writeRequest(b, Request.of(1, RequestKind.STATUS, 1000, 0, null)));
      assertThat(response(client))
          .isEqualTo(
              "status id=1 state=SERVING reason=- epoch=1 decided=0 applied=0"
                  + " hash=0000000000000abc slots=0 batches=0 noop=0 forfeits=0 fast=1.0000"
                  + " pending=0 connected=2 own=0 data=2ecf52accddefdcd");
      client.send(b -> Frames.writeRequest(b, Request.of(2, RequestKind.STATUS_AT, 1000, 5, null)));
      assertThat(response(client)).isEqualTo("slot 5");
    }
  }

  private static String response(RawClient client) throws IOException {
    ByteBuf frame = client.frame();
    frame.skipBytes(10);
    return frame.toString(StandardCharsets.UTF_8);
  }
}
