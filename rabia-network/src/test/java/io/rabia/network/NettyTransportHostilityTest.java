package io.rabia.network;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What strangers and broken members do to the port of member 2, while member 3 talks to it
 * undisturbed.
 */
class NettyTransportHostilityTest {
  private static final int MAX_FRAME = 1024 * 1024;
  private static final Duration HANDSHAKE_TIMEOUT = Duration.ofMillis(700);

  private final ClusterConfig cluster = Loopback.cluster("127.0.0.1", 3);
  private final Polls polls = new Polls();
  private final List<RawClient> clients = new ArrayList<>();
  private final RecordingListener listener = new RecordingListener(2);
  private final RecordingListener friend = new RecordingListener(3);
  private NettyTransport transport;
  private NettyTransport friendTransport;

  @BeforeEach
  void startTwoMembers() {
    transport = start(listener, Duration.ofSeconds(20));
    friendTransport = start(friend, Duration.ofSeconds(20));
    polls.until("friends", () -> listener.connectedTo(3) && friend.connectedTo(2));
  }

  private NettyTransport start(RecordingListener listener, Duration idleTimeout) {
    NettyTransportConfig config =
        NettyTransportConfig.builder()
            .maxFrameBytes(MAX_FRAME)
            .outboundQueueBytes(2 * MAX_FRAME)
            .handshakeTimeout(HANDSHAKE_TIMEOUT)
            .idleTimeout(idleTimeout)
            .maxPendingInbound(8)
            .build();
    NettyTransport started = NettyTransport.builder(listener.self, cluster).config(config).build();
    started.start(listener);
    polls.add(started);
    return started;
  }

  @AfterEach
  void closeAll() {
    polls.closeAll();
    clients.forEach(RawClient::close);
  }

  private RawClient connect() {
    RawClient client = new RawClient(transport.localAddress());
    clients.add(client);
    return client;
  }

  /** A connection of member 1 whose handshake is done. */
  private RawClient connectAsMemberOne() {
    long before = listener.count("+1");
    RawClient client = connect();
    client.send(HandshakeCodec.preface(), RawClient.hello(1));
    client.send(RawClient.frame(HandshakeCodec.accepted()));
    polls.until("member 1 connected", () -> listener.count("+1") == before + 1);
    return client;
  }

  private void awaitClosed(RawClient client, Duration limit) {
    long start = System.nanoTime();
    polls.until("closed", client::closed);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(limit);
  }

  private void assertFriendUndisturbed() {
    assertThat(listener.events).contains("+3").doesNotContain("-3");
    int before = listener.frames.size();
    assertThat(sendAsFriend("still here")).isTrue();
    polls.until("the friend's frame", () -> listener.frames.size() == before + 1);
  }

  private boolean sendAsFriend(String text) {
    boolean sent = friendTransport.send(NodeId.of(2), ByteBuffer.wrap(text.getBytes(UTF_8)));
    friendTransport.flush();
    return sent;
  }

  private HandshakeCodec.Refused refusalIn(byte[] received) {
    List<HandshakeCodec.Refused> refusals = new ArrayList<>();
    FrameCodec codec =
        new FrameCodec(
            body -> {
              if (body.get() == HandshakeCodec.REFUSED) {
                refusals.add(HandshakeCodec.readRefused(body));
              }
              return true;
            },
            HandshakeCodec.MAX_MESSAGE_BYTES);
    int preface = HandshakeCodec.PREFACE_BYTES;
    codec.decode(ByteBuffer.wrap(received, preface, received.length - preface).slice());
    assertThat(refusals).hasSize(1);
    return refusals.get(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000",
        "*1\r\n$4\r\nPING\r\n",
        "\n",
        "RABIB"
      })
  void closesOtherProtocolsAtOnce(String firstBytes) {
    RawClient client = connect();
    client.send(firstBytes.getBytes(UTF_8));
    awaitClosed(client, Duration.ofSeconds(1));
    assertThat(client.received()).isEmpty();
    assertThat(transport.statistics().corrupted()).isEqualTo(1);
    assertFriendUndisturbed();
  }

  @Test
  void refusesAnotherVersionWithAReason() {
    RawClient client = connect();
    byte[] preface = HandshakeCodec.preface();
    preface[7]++;
    client.send(preface, RawClient.hello(1));
    awaitClosed(client, Duration.ofSeconds(1));
    assertThat(refusalIn(client.received()).refusal()).isEqualTo(HandshakeCodec.Refusal.VERSION);
    assertThat(transport.statistics().refused()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"2, OWN_ID", "9, UNKNOWN_MEMBER", "3, WRONG_DIRECTION", "1, ENGINE"})
  void refusesWithATypedReason(int claimedId, HandshakeCodec.Refusal expected) {
    listener.judge = peer -> "not today";
    RawClient client = connect();
    client.send(HandshakeCodec.preface(), RawClient.hello(claimedId));
    awaitClosed(client, Duration.ofSeconds(1));
    assertThat(refusalIn(client.received()).refusal()).isEqualTo(expected);
    assertThat(transport.statistics().refused()).isEqualTo(1);
    assertFriendUndisturbed();
  }

  /** Though this side would dial: a process whose place another one has never hears it else. */
  @Test
  void saysWhatTheEngineSaysToASecondProcessOfAConnectedMember() {
    listener.judge = peer -> "another one has its place";
    RawClient client = connect();
    client.send(HandshakeCodec.preface(), RawClient.hello(3));
    awaitClosed(client, Duration.ofSeconds(1));
    assertThat(refusalIn(client.received()).reason()).isEqualTo("another one has its place");
    assertFriendUndisturbed();
  }

  @Test
  void closesASilentConnectionAfterTheHandshakeTimeout() {
    RawClient client = connect();
    awaitClosed(client, HANDSHAKE_TIMEOUT.plusSeconds(1));
    assertThat(transport.statistics().refused()).isEqualTo(1);
  }

  @Test
  void closesAHandshakeThatComesAByteAtATime() {
    RawClient client = connect();
    byte[] bytes = HandshakeCodec.preface();
    long start = System.nanoTime();
    int[] sent = new int[1];
    polls.until(
        "closed",
        () -> {
          long due = (System.nanoTime() - start) / TimeUnit.MILLISECONDS.toNanos(200);
          if (sent[0] <= due && sent[0] < bytes.length) {
            client.send(new byte[] {bytes[sent[0]++]});
          }
          return client.closed();
        });
    assertThat(sent[0]).isBetween(2, bytes.length - 1);
    assertThat(transport.statistics().refused()).isEqualTo(1);
    assertFriendUndisturbed();
  }

  @Test
  void closesWhoSaysHelloAndNeverAccepts() {
    RawClient client = connect();
    client.send(HandshakeCodec.preface(), RawClient.hello(1));
    awaitClosed(client, HANDSHAKE_TIMEOUT.plusSeconds(1));
    assertThat(listener.events).doesNotContain("+1");
    assertThat(transport.statistics().refused()).isEqualTo(1);
  }

  @Test
  void acceptsAHandshakeCutAnywhere() {
    byte[] hello = RawClient.hello(1);
    RawClient client = connect();
    client.send(HandshakeCodec.preface());
    for (byte b : hello) {
      client.send(new byte[] {b});
      polls.once();
    }
    client.send(RawClient.frame(HandshakeCodec.accepted()));
    polls.until("connected", () -> listener.connectedTo(1));
  }

  @Test
  void takesNoFrameOfTheEngineBeforeTheHandshakeIsDone() {
    RawClient client = connect();
    client.send(HandshakeCodec.preface(), RawClient.hello(1));
    client.send(RawClient.frame(ByteBuffer.wrap("vote".getBytes(UTF_8))));
    awaitClosed(client, Duration.ofSeconds(1));
    assertThat(listener.frames).isEmpty();
    assertThat(transport.statistics().corrupted()).isEqualTo(1);
  }

  @Test
  void refusesALongMessageBeforeTheHandshakeIsDone() {
    RawClient client = connect();
    client.send(HandshakeCodec.preface());
    client.send(RawClient.frame(ByteBuffer.allocate(HandshakeCodec.MAX_MESSAGE_BYTES + 1)));
    awaitClosed(client, Duration.ofSeconds(1));
    assertThat(transport.statistics().corrupted()).isEqualTo(1);
  }

  @Test
  void closesTheOldestStrangerWhenThereAreTooMany() {
    List<RawClient> strangers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      strangers.add(connect());
      polls.once();
    }
    polls.until("the first ones closed", () -> transport.statistics().refused() >= 12);
    assertThat(strangers.get(0).closed()).isTrue();
    assertThat(strangers.get(19).closed()).isFalse();
    connectAsMemberOne();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, MAX_FRAME + 1})
  void closesAConnectionWithALengthOutOfBounds(int length) {
    RawClient client = connectAsMemberOne();
    client.send(withLength(length));
    awaitClosed(client, Duration.ofSeconds(1));
    polls.until("told", () -> listener.count("-1") == 1);
    assertThat(transport.statistics().corrupted()).isEqualTo(1);
    assertFriendUndisturbed();
  }

  /** A header whose own checksum is right. */
  private static byte[] withLength(int length) {
    CRC32C crc = new CRC32C();
    ByteBuffer header = ByteBuffer.allocate(FrameCodec.HEADER_BYTES).putInt(length).putInt(0);
    crc.update(header.array(), 0, 8);
    return header.putInt((int) crc.getValue()).array();
  }

  @Test
  void closesAConnectionForAnyDamagedByte() {
    byte[] good = RawClient.frame(ByteBuffer.wrap("good".getBytes(UTF_8)));
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x10;
      long ends = listener.count("-1");
      RawClient client = connectAsMemberOne();
      client.send(good, bad, good);
      polls.until("closed", () -> client.closed() && listener.count("-1") == ends + 1);
    }
    assertThat(listener.texts()).hasSize(good.length).containsOnly("good");
    assertThat(transport.statistics().corrupted()).isEqualTo(good.length);
    assertFriendUndisturbed();
  }

  @Test
  void survivesRandomBytesAtEveryStage() {
    Random random = new Random(42);
    for (int i = 0; i < 60; i++) {
      RawClient client = i % 2 == 0 ? connectAsMemberOne() : connect();
      if (i % 3 == 0) {
        client.send(HandshakeCodec.preface());
      }
      byte[] garbage = new byte[20 + random.nextInt(5000)];
      random.nextBytes(garbage);
      client.send(garbage);
      awaitClosed(client, Duration.ofSeconds(2));
    }
    assertThat(transport.statistics().corrupted()).isEqualTo(60);
    assertFriendUndisturbed();
  }

  @Test
  void losesAFrameThatIsResetInTheMiddle() {
    byte[] frame = RawClient.frame(ByteBuffer.allocate(100_000));
    RawClient client = connectAsMemberOne();
    client.send(Arrays.copyOf(frame, 50_000));
    polls.during(Duration.ofMillis(20));
    client.close();
    polls.until("told", () -> listener.count("-1") == 1);
    assertThat(listener.frames).isEmpty();
    connectAsMemberOne().send(frame);
    polls.until("whole", () -> listener.frames.size() == 1);
  }

  @Test
  void replacesAHalfOpenConnectionByTheNewerOne() {
    RawClient old = connectAsMemberOne();
    RawClient fresh = connectAsMemberOne();
    polls.until("old one closed", old::closed);
    assertThat(fresh.closed()).isFalse();
    assertThat(listener.events.stream().filter(e -> e.endsWith("1")).toList())
        .containsExactly("+1", "-1", "+1");
    fresh.send(RawClient.frame(ByteBuffer.wrap("fresh".getBytes(UTF_8))));
    polls.until("the frame", () -> listener.texts().contains("fresh"));
  }

  @Test
  void keepsTheConnectionWhenAStrangerOnlyClaimsToBeTheMember() {
    RawClient real = connectAsMemberOne();
    RawClient fake = connect();
    fake.send(HandshakeCodec.preface(), RawClient.hello(1));
    awaitClosed(fake, HANDSHAKE_TIMEOUT.plusSeconds(1));
    assertThat(real.closed()).isFalse();
    assertThat(listener.count("-1")).isZero();
  }

  @Test
  void cutsOffWhoNeverReads() {
    RawClient client = connectAsMemberOne();
    ByteBuffer block = ByteBuffer.allocate(64 * 1024);
    int blocks = 0;
    while (transport.send(NodeId.of(1), block)) {
      transport.flush();
      polls.once();
      assertThat(++blocks).isLessThan(10_000);
    }
    assertThat(transport.statistics().cutOff()).isEqualTo(1);
    polls.until("told", () -> listener.count("-1") == 1);
    awaitClosed(client, Duration.ofSeconds(1));
    assertFriendUndisturbed();
  }

  @Test
  @Tag("integration")
  void closesAConnectionOnWhichNothingArrives() {
    polls.closeAll();
    listener.events.clear();
    transport = start(listener, Duration.ofMillis(400));
    long start = System.nanoTime();
    RawClient silent = connectAsMemberOne();
    awaitClosed(silent, Duration.ofSeconds(3));
    assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(400));
    assertThat(listener.events).containsExactly("+1", "-1");
  }

  @Test
  @Tag("integration")
  void closesAConnectionOnWhichAFrameComesAByteAtATime() {
    polls.closeAll();
    listener.events.clear();
    transport = start(listener, Duration.ofMillis(400));
    RawClient client = connectAsMemberOne();
    byte[] frame = RawClient.frame(ByteBuffer.wrap(new byte[200]));
    int sent = 0;
    while (!client.closed()) {
      assertThat(sent).as("bytes taken").isLessThan(frame.length);
      client.send(new byte[] {frame[sent++]});
      polls.during(Duration.ofMillis(20));
    }
    assertThat(sent).isGreaterThan(10);
    polls.until("told", () -> listener.count("-1") == 1);
  }

  @Test
  @Tag("integration")
  void keepsAConnectionOnWhichALongFrameComesSlowly() {
    polls.closeAll();
    listener.events.clear();
    transport = start(listener, Duration.ofMillis(400));
    RawClient client = connectAsMemberOne();
    byte[] frame = RawClient.frame(ByteBuffer.wrap(new byte[MAX_FRAME]));
    int parts = 10;
    for (int i = 0; i < parts; i++) {
      int from = frame.length / parts * i;
      int to = i == parts - 1 ? frame.length : frame.length / parts * (i + 1);
      client.send(Arrays.copyOfRange(frame, from, to));
      polls.during(Duration.ofMillis(100));
    }
    polls.until("the frame", () -> listener.frames.size() == 1);
    assertThat(listener.events).containsExactly("+1");
  }

  @Test
  @Tag("integration")
  void keepsAConnectionOnWhichAShortFramePerIntervalArrives() {
    polls.closeAll();
    listener.events.clear();
    transport = start(listener, Duration.ofMillis(400));
    RawClient client = connectAsMemberOne();
    byte[] beat = RawClient.frame(ByteBuffer.wrap(new byte[] {1}));
    for (int i = 0; i < 12; i++) {
      client.send(beat);
      polls.during(Duration.ofMillis(100));
    }
    assertThat(client.closed()).isFalse();
    assertThat(listener.events).containsExactly("+1");
    assertThat(listener.frames).hasSize(12);
  }

  @Test
  void doesNotTakeItsOwnPauseForTheSilenceOfOthers() {
    polls.closeAll();
    listener.events.clear();
    transport = start(listener, Duration.ofMillis(300));
    RawClient client = connectAsMemberOne();
    client.send(RawClient.frame(ByteBuffer.wrap("while you slept".getBytes(UTF_8))));
    long resumeAt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(600);
    while (System.nanoTime() - resumeAt < 0) {
      Thread.onSpinWait(); // the pause itself is what is tested
    }
    polls.until("the frame", () -> listener.frames.size() == 1);
    polls.during(Duration.ofMillis(50));
    assertThat(listener.events).containsExactly("+1");
    assertThat(client.closed()).isFalse();
  }
}
