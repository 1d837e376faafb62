package io.rabia.network;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rabia.core.ClusterConfig;
import io.rabia.core.EveryField;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class NettyTransportEffectsTest {
  private static final Duration WHILE = Duration.ofMillis(400);
  private static final Pattern TIMED_OUT = Pattern.compile("timed out after (\\d+) ms");

  private static NettyTransportConfig.Builder config() {
    return NettyTransportConfig.builder().maxFrameBytes(64 << 10);
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }

  @TestFactory
  Stream<DynamicTest> everyFieldMatters() {
    NettyTransportConfig base = config().build();
    return EveryField.of(NettyTransportConfig.class)
        .matters(
            "maxFrameBytes",
            base,
            true,
            config().maxFrameBytes(1024).build(),
            false,
            NettyTransportEffectsTest::takesAFrameOf2000Bytes)
        .matters(
            "outboundQueueBytes",
            config().outboundQueueBytes(1 << 20).build(),
            15,
            config().outboundQueueBytes(2 << 20).build(),
            31,
            NettyTransportEffectsTest::largestFramesThatWait)
        .matters(
            "connectTimeout",
            config().connectTimeout(ms(60)).build(),
            "60",
            config().connectTimeout(ms(90)).build(),
            "90",
            NettyTransportEffectsTest::howLongItTriesToConnect)
        .matters(
            "handshakeTimeout",
            base,
            false,
            config().handshakeTimeout(ms(100)).build(),
            true,
            config -> strangersLeft(config, 1, WHILE) == 0)
        .matters(
            "reconnectBackoffMin",
            base,
            "10..20 ms",
            config().reconnectBackoffMin(ms(200)).build(),
            "100..200 ms",
            config -> pauseAfter(1, config))
        .matters(
            "reconnectBackoffMax",
            base,
            "500..1000 ms",
            config().reconnectBackoffMax(ms(200)).build(),
            "100..200 ms",
            config -> pauseAfter(30, config))
        .matters(
            "idleTimeout",
            base,
            false,
            config().idleTimeout(ms(100)).build(),
            true,
            NettyTransportEffectsTest::closesASilentConnection)
        .matters(
            "maxPendingInbound",
            base,
            10L,
            config().maxPendingInbound(4).build(),
            4L,
            config -> strangersLeft(config, 10, ms(50)))
        .tests();
  }

  private record Pair(Polls polls, RecordingListener listener, NettyTransport transport)
      implements AutoCloseable {

    /** Member 1 with this configuration, and member 2. */
    static Pair connected(NettyTransportConfig config) {
      Polls polls = new Polls();
      ClusterConfig cluster = Loopback.cluster("127.0.0.1", 2);
      RecordingListener first = new RecordingListener(1);
      RecordingListener second = new RecordingListener(2);
      NettyTransport one = NettyTransport.builder(first.self, cluster).config(config).build();
      NettyTransport two = NettyTransport.builder(second.self, cluster).build();
      one.start(first);
      two.start(second);
      polls.add(one);
      polls.add(two);
      polls.until("connected", () -> first.connectedTo(2) && second.connectedTo(1));
      return new Pair(polls, first, one);
    }

    @Override
    public void close() {
      polls.closeAll();
    }
  }

  private static boolean takesAFrameOf2000Bytes(NettyTransportConfig config) {
    try (Pair pair = Pair.connected(config)) {
      return pair.transport.send(NodeId.of(2), ByteBuffer.allocate(2000));
    } catch (RabiaException.Validation e) {
      return false;
    }
  }

  private static int largestFramesThatWait(NettyTransportConfig config) {
    try (Pair pair = Pair.connected(config)) {
      ByteBuffer frame = ByteBuffer.allocate(config.maxFrameBytes());
      int waiting = 0;
      while (pair.transport.send(NodeId.of(2), frame)) {
        waiting++;
      }
      return waiting;
    }
  }

  private static boolean closesASilentConnection(NettyTransportConfig config) {
    try (Pair pair = Pair.connected(config)) {
      pair.polls.during(WHILE);
      return pair.listener.count("-2") > 0;
    }
  }

  /** How many connections without a handshake are open after a while. */
  private static long strangersLeft(NettyTransportConfig config, int count, Duration time) {
    Polls polls = new Polls();
    List<RawClient> strangers = new ArrayList<>();
    ClusterConfig cluster = Loopback.cluster("127.0.0.1", 2);
    NettyTransport transport = NettyTransport.builder(NodeId.of(2), cluster).config(config).build();
    try {
      transport.start(new RecordingListener(2));
      polls.add(transport);
      for (int i = 0; i < count; i++) {
        strangers.add(new RawClient(transport.localAddress()));
        polls.once();
      }
      polls.during(time);
      return strangers.stream().filter(stranger -> !stranger.closed()).count();
    } finally {
      strangers.forEach(RawClient::close);
      polls.closeAll();
    }
  }

  /** The bounds of the pause after so many failures in a row, to 10 ms. */
  private static String pauseAfter(int failures, NettyTransportConfig config) {
    Peer peer = new Peer(new ClusterConfig.Member(NodeId.of(2), "h", 1), true, 0);
    long shortest = Long.MAX_VALUE;
    long longest = 0;
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 1000; i++) {
      peer.connectionLasted();
      for (int failure = 0; failure < failures; failure++) {
        peer.backOff(0, config, random);
      }
      shortest = Math.min(shortest, peer.retryAt);
      longest = Math.max(longest, peer.retryAt);
    }
    return shortest / 10_000_000 * 10 + ".." + (longest + 9_999_999) / 10_000_000 * 10 + " ms";
  }

  /** Dials a port whose queue of connections is full, so that nobody answers. */
  private static String howLongItTriesToConnect(NettyTransportConfig config) throws IOException {
    PrintStream realErr = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    List<SocketChannel> queued = new ArrayList<>();
    Polls polls = new Polls();
    System.setErr(new PrintStream(log, true, UTF_8));
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 10; i++) {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.connect(full.getLocalSocketAddress());
        queued.add(channel);
      }
      ClusterConfig cluster =
          ClusterConfig.builder()
              .member(NodeId.of(1), "127.0.0.1", 0)
              .member(NodeId.of(2), "127.0.0.1", full.getLocalPort())
              .build();
      NettyTransport transport =
          NettyTransport.builder(NodeId.of(1), cluster)
              .config(config)
              .bind(new InetSocketAddress("127.0.0.1", 0))
              .build();
      transport.start(new RecordingListener(1));
      polls.add(transport);
      polls.until("given up", () -> TIMED_OUT.matcher(log.toString(UTF_8)).find());
      Matcher timedOut = TIMED_OUT.matcher(log.toString(UTF_8));
      return timedOut.find() ? timedOut.group(1) : "";
    } finally {
      System.setErr(realErr);
      polls.closeAll();
      for (SocketChannel channel : queued) {
        channel.close();
      }
    }
  }
}
