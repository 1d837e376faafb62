package io.rabia.network;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a transport takes from the system, gives back, and says about it. */
class NettyTransportLifecycleTest {
  private final Polls polls = new Polls();
  private final PrintStream realErr = System.err;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  @AfterEach
  void cleanUp() {
    System.setErr(realErr);
    polls.closeAll();
  }

  private void captureLog() {
    System.setErr(new PrintStream(log, true, UTF_8));
  }

  private String log() {
    return log.toString(UTF_8);
  }

  private void connectAndClose(ClusterConfig cluster) {
    RecordingListener first = new RecordingListener(1);
    RecordingListener second = new RecordingListener(2);
    NettyTransport a = NettyTransport.builder(first.self, cluster).build();
    NettyTransport b = NettyTransport.builder(second.self, cluster).build();
    a.start(first);
    b.start(second);
    polls.add(a);
    polls.add(b);
    polls.until("connected", () -> first.connectedTo(2) && second.connectedTo(1));
    byte[] body = new byte[200_000];
    for (int i = 0; i < 40; i++) {
      assertThat(a.send(second.self, ByteBuffer.wrap(body))).isTrue();
    }
    a.flush();
    polls.until("a frame", () -> !second.frames.isEmpty());
    assertThat(b.send(first.self, ByteBuffer.wrap(body))).isTrue();
    polls.closeAll();
  }

  @Test
  @Tag("integration")
  void givesBackEveryBuffer() {
    ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    captureLog();
    try {
      for (int i = 0; i < 5; i++) {
        connectAndClose(Loopback.cluster("127.0.0.1", 2));
      }
      lookForLeaks(20);
      assertThat(log()).doesNotContain("LEAK");
      leakOnPurpose();
      for (int i = 0; i < 200 && !log().contains("LEAK"); i++) {
        lookForLeaks(1);
      }
      assertThat(log()).as("leaks are detected at all").contains("LEAK");
    } finally {
      ResourceLeakDetector.setLevel(before);
    }
  }

  private static void leakOnPurpose() {
    for (int i = 0; i < 20; i++) {
      ByteBufAllocator.DEFAULT.directBuffer(16).writeByte(i);
    }
  }

  private static void lookForLeaks(int rounds) {
    for (int i = 0; i < rounds; i++) {
      System.gc();
      ByteBuf probe = ByteBufAllocator.DEFAULT.directBuffer(16);
      probe.release();
    }
  }

  @Test
  @Tag("integration")
  void givesBackPortsThreadsAndDescriptors() {
    ClusterConfig cluster = Loopback.cluster("localhost", 2);
    connectAndClose(cluster);
    polls.until("no look-up under way", () -> threads().isEmpty());
    long descriptors = descriptors();
    for (int i = 0; i < 20; i++) {
      connectAndClose(cluster);
    }
    polls.until("no thread stays", () -> threads().isEmpty());
    assertThat(descriptors() - descriptors).isLessThan(10);
  }

  private static long descriptors() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getOpenFileDescriptorCount();
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("rabia-") || name.contains("netty") || name.contains("nio"))
        .collect(Collectors.toSet());
  }

  @Test
  void closesWithoutHavingBeenStarted() {
    NettyTransport transport =
        NettyTransport.builder(NodeId.of(1), Loopback.cluster("127.0.0.1", 2)).build();
    transport.wakeup();
    transport.close();
    transport.close();
    assertThatThrownBy(() -> transport.start(new RecordingListener(1)))
        .isInstanceOf(RabiaException.Closed.class);
  }

  /** Told at any moment of a poll's way to sleep and back. */
  @Test
  void noWakeupIsLost() throws Exception {
    int times = 40_000;
    long tooLong = TimeUnit.SECONDS.toNanos(5);
    AtomicInteger told = new AtomicInteger();
    AtomicInteger heard = new AtomicInteger();
    NettyTransport transport =
        NettyTransport.builder(NodeId.of(1), Loopback.cluster("127.0.0.1", 1)).build();
    transport.start(new RecordingListener(1));
    polls.add(transport);
    Thread teller =
        new Thread(
            () -> {
              SplittableRandom random = new SplittableRandom(1);
              for (int i = 1; i <= times; i++) {
                while (heard.get() < i - 1) {
                  Thread.onSpinWait();
                }
                int wait = random.nextBoolean() ? random.nextInt(5_000) : random.nextInt(80_000);
                long at = System.nanoTime() + wait;
                while (System.nanoTime() < at) {
                  Thread.onSpinWait();
                }
                told.set(i);
                transport.wakeup();
              }
            });
    teller.setDaemon(true);
    teller.start();
    long longest = 0;
    while (heard.get() < times && longest < tooLong) {
      long before = System.nanoTime();
      transport.poll(2 * tooLong);
      longest = Math.max(longest, System.nanoTime() - before);
      heard.set(told.get());
    }
    assertThat(longest).isLessThan(tooLong);
    teller.join();
  }

  @Test
  void namesTheAddressThatIsTaken() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      InetSocketAddress address = new InetSocketAddress("127.0.0.1", taken.getLocalPort());
      NettyTransport transport =
          NettyTransport.builder(NodeId.of(1), Loopback.cluster("127.0.0.1", 2))
              .bind(address)
              .build();
      assertThatThrownBy(() -> transport.start(new RecordingListener(1)))
          .isInstanceOf(RabiaException.Network.class)
          .hasMessageContaining(String.valueOf(taken.getLocalPort()));
    }
  }

  @Test
  void listensOnAnyPortWhenToldSo() {
    NettyTransport transport =
        NettyTransport.builder(NodeId.of(2), Loopback.cluster("127.0.0.1", 2))
            .bind(new InetSocketAddress("127.0.0.1", 0))
            .build();
    transport.start(new RecordingListener(2));
    polls.add(transport);
    assertThat(transport.localAddress().getPort()).isPositive();
    try (RawClient client = new RawClient(transport.localAddress())) {
      client.send("x".getBytes(UTF_8));
      polls.until("closed", client::closed);
    }
  }

  @Test
  void saysOnceThatAHostNameCannotBeResolvedAndKeepsTrying() {
    captureLog();
    ClusterConfig cluster =
        ClusterConfig.builder()
            .member(NodeId.of(1), "127.0.0.1", 0)
            .member(NodeId.of(2), "no-such-host.invalid", 1)
            .build();
    NettyTransport transport =
        NettyTransport.builder(NodeId.of(1), cluster)
            .config(
                NettyTransportConfig.builder().reconnectBackoffMax(Duration.ofMillis(20)).build())
            .build();
    transport.start(new RecordingListener(1));
    polls.add(transport);
    polls.until("warned", () -> log().contains("no-such-host.invalid"));
    polls.until("tries again", () -> !threads().isEmpty());
    polls.until("and fails again", () -> threads().isEmpty());
    assertThat(log().split("cannot be resolved")).hasSize(2);
  }

  @Test
  void saysOnceThatAMemberIsNotThereAndFindsItLater() {
    captureLog();
    ClusterConfig cluster = Loopback.cluster("127.0.0.1", 2);
    RecordingListener first = new RecordingListener(1);
    NettyTransport dialer = NettyTransport.builder(first.self, cluster).build();
    dialer.start(first);
    polls.add(dialer);
    polls.until("warned", () -> log().contains("Connection refused"));
    polls.during(Duration.ofMillis(200));
    NettyTransport late = NettyTransport.builder(NodeId.of(2), cluster).build();
    late.start(new RecordingListener(2));
    polls.add(late);
    polls.until("connected", () -> first.connectedTo(2));
    assertThat(log().split("Connection refused")).hasSize(2);
  }

  @Test
  void rejectsAMemberThatIsNotInTheConfiguration() {
    assertThatThrownBy(
            () -> NettyTransport.builder(NodeId.of(9), Loopback.cluster("127.0.0.1", 2)).build())
        .isInstanceOf(RabiaException.Validation.class);
  }

  @Test
  void rejectsConfigurationsOutsideTheirLimits() {
    assertThatThrownBy(() -> NettyTransportConfig.builder().maxFrameBytes(10).build())
        .isInstanceOf(RabiaException.Validation.class)
        .hasMessageContaining("maxFrameBytes");
    assertThatThrownBy(() -> NettyTransportConfig.builder().outboundQueueBytes(1 << 20).build())
        .isInstanceOf(RabiaException.Validation.class)
        .hasMessageContaining("outboundQueueBytes");
    assertThatThrownBy(() -> NettyTransportConfig.builder().idleTimeout(Duration.ZERO).build())
        .isInstanceOf(RabiaException.Validation.class)
        .hasMessageContaining("idleTimeout");
    assertThatThrownBy(
            () -> NettyTransportConfig.builder().reconnectBackoffMin(Duration.ofSeconds(5)).build())
        .isInstanceOf(RabiaException.Validation.class)
        .hasMessageContaining("reconnectBackoffMax");
  }

  @Test
  void rejectsAFrameOverTheLimit() {
    NettyTransport transport =
        NettyTransport.builder(NodeId.of(1), Loopback.cluster("127.0.0.1", 2))
            .config(NettyTransportConfig.builder().maxFrameBytes(1024).build())
            .build();
    transport.start(new RecordingListener(1));
    polls.add(transport);
    assertThatThrownBy(() -> transport.send(NodeId.of(2), ByteBuffer.allocate(1025)))
        .isInstanceOf(RabiaException.Validation.class);
  }

  @Test
  void warnsOnceASecondAndWithoutAStackTrace() {
    NettyTransport transport =
        NettyTransport.builder(NodeId.of(2), Loopback.cluster("127.0.0.1", 2)).build();
    transport.start(new RecordingListener(2));
    polls.add(transport);
    captureLog();
    long start = System.nanoTime();
    for (int i = 0; i < 50; i++) {
      try (RawClient client = new RawClient(transport.localAddress())) {
        client.send("GET / HTTP/1.1\r\n\r\n".getBytes(UTF_8));
        polls.until("closed", client::closed);
      }
    }
    long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
    assertThat(log()).contains("not the protocol of members").doesNotContain("\tat ", "Exception");
    assertThat(log().lines().count()).isLessThanOrEqualTo(seconds + 1);
    assertThat(transport.statistics().corrupted()).isEqualTo(50);
  }
}
