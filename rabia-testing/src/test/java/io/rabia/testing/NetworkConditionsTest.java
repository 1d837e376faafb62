package io.rabia.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.TransportListener;
import io.rabia.network.InMemoryNetwork;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each field of the conditions does to frames what it says. */
@Tag("network-sim")
class NetworkConditionsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /** Numbers its frames and notes when which arrive. */
  private static final class End implements TransportListener {
    final NodeId id;
    final FaultyTransport transport;
    final List<Integer> arrived = new ArrayList<>();
    final Map<Integer, Long> sentAt = new TreeMap<>();
    final List<Long> tookNanos = new ArrayList<>();
    End peer = this;
    boolean connected;
    int connects;

    End(int id, NetworkSimulator network) {
      this.id = NodeId.of(id);
      transport =
          new FaultyTransport(
              this.id, network.transport(this.id), network, new Gate(), new Random(id));
    }

    void send(int number, int size) {
      sentAt.put(number, System.nanoTime());
      ByteBuffer body = ByteBuffer.allocate(size).putInt(0, number);
      assertThat(transport.send(peer.id, body)).isTrue();
    }

    @Override
    public Handshake handshakeFor(NodeId other) {
      return new Handshake(
          "t", ClusterId.NONE, id, new Token(1, id.value()), 0, 8, 0, 0, 0, Token.NONE);
    }

    @Override
    public String refuse(Handshake other) {
      return null;
    }

    @Override
    public void onConnected(Handshake other) {
      connected = true;
      connects++;
    }

    @Override
    public void onDisconnected(NodeId other, String reason) {
      connected = false;
    }

    @Override
    public void onFrame(NodeId other, ByteBuffer body) {
      int number = body.getInt(body.position());
      arrived.add(number);
      tookNanos.add(System.nanoTime() - peer.sentAt.get(number));
    }
  }

  private final NetworkSimulator network = network(InMemoryNetwork.DEFAULT_QUEUE_BYTES);
  private End a = new End(1, network);
  private End b = new End(2, network);

  private static NetworkSimulator network(int queueBytes) {
    return new NetworkSimulator(
        id -> {
          throw new IllegalArgumentException("no node " + id);
        },
        queueBytes,
        1);
  }

  private void connect() {
    a.peer = b;
    b.peer = a;
    a.transport.start(a);
    b.transport.start(b);
    until("connected", () -> a.connected && b.connected);
  }

  @AfterEach
  void close() {
    a.transport.close();
    b.transport.close();
    network.close();
  }

  private void poll() {
    a.transport.poll(100_000);
    b.transport.poll(100_000);
  }

  private void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as(what).isNegative();
      poll();
    }
  }

  private void during(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - end < 0) {
      poll();
    }
  }

  private void send(int count, int size) {
    for (int i = 0; i < count; i++) {
      a.send(i, size);
      a.transport.flush();
      if (i % 10 == 0) {
        b.transport.poll(0);
      }
    }
  }

  /** Until each frame was let through, with or without a copy, or lost. */
  private void sendAndAwaitFate(int count) {
    long carried = network.statistics().carried() + count;
    send(count, 10);
    until("fate of all", () -> network.statistics().carried() == carried);
  }

  private static List<Integer> numbers(int count) {
    return Stream.iterate(0, i -> i + 1).limit(count).toList();
  }

  @TestFactory
  Stream<DynamicTest> everyFieldHasAnEffect() {
    Map<String, Runnable> checks = new TreeMap<>();
    checks.put("minLatency", this::nothingArrivesBeforeTheLeastLatency);
    checks.put("maxLatency", this::latenciesAreSpreadUpToTheMost);
    checks.put("packetLossRate", this::losesTheShareOfFrames);
    checks.put("duplicationRate", this::deliversTheShareOfFramesAgain);
    checks.put("reorderingRate", this::letsFramesOvertakeEachOther);
    checks.put("bandwidth", this::carriesNoMoreThanTheBandwidth);
    checks.put("partitionProbability", this::splitsTheMembersAndJoinsThemAgain);
    List<String> fields =
        Arrays.stream(NetworkConditions.class.getRecordComponents())
            .map(RecordComponent::getName)
            .toList();
    assertThat(checks.keySet()).containsExactlyInAnyOrderElementsOf(fields);
    return fields.stream()
        .map(field -> DynamicTest.dynamicTest(field, () -> inFreshNetwork(checks.get(field))));
  }

  /** Dynamic tests share the test's instance. */
  private void inFreshNetwork(Runnable check) {
    network.updateConditions(NetworkConditions.perfect());
    a.transport.close();
    b.transport.close();
    a = new End(1, network);
    b = new End(2, network);
    connect();
    send(50, 100);
    until("frames", () -> b.arrived.size() == 50);
    assertThat(b.arrived).isEqualTo(numbers(50));
    b.arrived.clear();
    b.tookNanos.clear();
    check.run();
  }

  private void nothingArrivesBeforeTheLeastLatency() {
    network.updateConditions(
        NetworkConditions.builder().latency(Duration.ofMillis(30), Duration.ofMillis(30)).build());
    send(100, 100);
    until("frames", () -> b.arrived.size() == 100);
    assertThat(b.tookNanos).allMatch(nanos -> nanos >= 30_000_000);
    assertThat(b.arrived).isEqualTo(numbers(100));
  }

  private void latenciesAreSpreadUpToTheMost() {
    network.updateConditions(
        NetworkConditions.builder().latency(Duration.ZERO, Duration.ofMillis(80)).build());
    send(100, 100);
    until("frames", () -> b.arrived.size() == 100);
    assertThat(b.arrived).as("order is kept all the same").isEqualTo(numbers(100));
    assertThat(b.tookNanos).anyMatch(nanos -> nanos >= 60_000_000);
    assertThat(network.statistics().delayed()).isGreaterThanOrEqualTo(100);
  }

  private void losesTheShareOfFrames() {
    network.updateConditions(NetworkConditions.builder().packetLossRate(0.3).build());
    sendAndAwaitFate(2_000);
    assertThat(b.arrived.size()).isBetween(1_250, 1_550);
    assertThat(network.statistics().lost()).isEqualTo(2_000L - b.arrived.size());
  }

  private void deliversTheShareOfFramesAgain() {
    network.updateConditions(NetworkConditions.builder().duplicationRate(0.3).build());
    sendAndAwaitFate(2_000);
    until("copies", () -> b.arrived.size() >= 2_000 + network.statistics().duplicated());
    assertThat(b.arrived.size()).isBetween(2_450, 2_750);
    assertThat(network.statistics().duplicated()).isEqualTo(b.arrived.size() - 2_000L);
    assertThat(b.arrived).containsAll(numbers(2_000));
  }

  private void letsFramesOvertakeEachOther() {
    network.updateConditions(NetworkConditions.builder().reorderingRate(0.3).build());
    send(500, 10);
    until("frames", () -> b.arrived.size() == 500);
    assertThat(b.arrived)
        .isNotEqualTo(numbers(500))
        .containsExactlyInAnyOrderElementsOf(numbers(500));
    assertThat(network.statistics().reordered()).isBetween(100L, 200L);
  }

  private void carriesNoMoreThanTheBandwidth() {
    network.updateConditions(NetworkConditions.builder().bandwidth(1_000_000).build());
    long start = System.nanoTime();
    send(30, 10_000);
    until("frames", () -> b.arrived.size() == 30);
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThanOrEqualTo(Duration.ofMillis(290));
    assertThat(b.arrived).isEqualTo(numbers(30));
  }

  private void splitsTheMembersAndJoinsThemAgain() {
    network.start(List.of(a.id, b.id));
    network.updateConditions(NetworkConditions.builder().partitionProbability(1).build());
    until("split", () -> !a.connected && !b.connected);
    assertThat(network.statistics().partitions()).isPositive();
    network.updateConditions(NetworkConditions.perfect());
    int before = a.connects;
    until("joined", () -> a.connects > before && a.connected && b.connected);
  }

  @Test
  void whatIsOnItsWayIsLostWithTheConnection() {
    connect();
    network.updateConditions(
        NetworkConditions.builder()
            .latency(Duration.ofMillis(400), Duration.ofMillis(400))
            .build());
    send(10, 10);
    b.transport.poll(0);
    network.cuts().add(a.id, b.id);
    until("cut", () -> !a.connected && !b.connected);
    network.cuts().remove(a.id, b.id);
    until("again", () -> a.connected && b.connected);
    during(Duration.ofMillis(450));
    assertThat(b.arrived).isEmpty();
  }

  @Test
  void whatMayBeOnItsWayIsBounded() {
    NetworkSimulator narrow = network(10_000);
    a = new End(1, narrow);
    b = new End(2, narrow);
    connect();
    narrow.updateConditions(
        NetworkConditions.builder().latency(Duration.ofSeconds(9), Duration.ofSeconds(9)).build());
    int before = a.connects;
    for (int i = 0; i < 30 && a.connected; i++) {
      a.transport.send(b.id, ByteBuffer.allocate(1_000));
      a.transport.flush();
      poll();
    }
    until("cut off", () -> a.connects > before);
    narrow.close();
  }

  @Test
  void conditionsAddUp() {
    NetworkConditions slow =
        NetworkConditions.builder()
            .latency(Duration.ofMillis(1), Duration.ofMillis(2))
            .packetLossRate(0.5)
            .bandwidth(10)
            .build();
    NetworkConditions both = slow.and(slow).and(NetworkConditions.perfect());
    assertThat(both.minLatency()).isEqualTo(Duration.ofMillis(2));
    assertThat(both.maxLatency()).isEqualTo(Duration.ofMillis(4));
    assertThat(both.packetLossRate()).isEqualTo(0.75);
    assertThat(both.bandwidth()).isEqualTo(10);
    assertThatThrownBy(() -> NetworkConditions.builder().packetLossRate(1.1).build())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> NetworkConditions.builder().latency(Duration.ofMillis(2), Duration.ZERO).build())
        .isInstanceOf(IllegalArgumentException.class);
  }
}
