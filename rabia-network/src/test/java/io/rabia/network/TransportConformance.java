package io.rabia.network;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.EveryField;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportStatistics;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What every transport owes to its engine. */
abstract class TransportConformance {
  static final int QUEUE_BYTES = 8 * 1024 * 1024;
  static final int BIG_FRAME_BYTES = 5 * 1024 * 1024;

  final Polls polls = new Polls();

  /** A transport of member 1, 2 or 3, not started, with a queue of {@link #QUEUE_BYTES}. */
  abstract Transport transport(int id);

  private record Node(RecordingListener listener, Transport transport) {
    boolean send(int to, String text) {
      return transport.send(NodeId.of(to), ByteBuffer.wrap(text.getBytes(UTF_8)));
    }

    void sendFlushed(int to, String text) {
      assertThat(send(to, text)).isTrue();
      transport.flush();
    }
  }

  private Node start(int id) {
    return start(new RecordingListener(id));
  }

  private Node start(RecordingListener listener) {
    Node node = new Node(listener, transport(listener.self.value()));
    node.transport.start(listener);
    polls.add(node.transport);
    return node;
  }

  private void awaitConnected(Node a, Node b) {
    polls.until(
        "connected",
        () ->
            a.listener.connectedTo(b.listener.self.value())
                && b.listener.connectedTo(a.listener.self.value()));
  }

  @AfterEach
  void closeAll() {
    polls.closeAll();
  }

  @Test
  void tellsBothSidesTheWholeHandshake() {
    Node a = start(1);
    Node b = start(2);
    awaitConnected(a, b);
    assertThat(b.listener.handshakes)
        .containsExactly(RecordingListener.handshake(NodeId.of(1), a.listener.logPosition));
    assertThat(a.listener.handshakes)
        .containsExactly(RecordingListener.handshake(NodeId.of(2), b.listener.logPosition));
  }

  @Test
  void connectsEveryPairOnce() {
    Node a = start(1);
    Node b = start(2);
    Node c = start(3);
    awaitConnected(a, b);
    awaitConnected(b, c);
    awaitConnected(a, c);
    assertThat(a.listener.events).containsExactlyInAnyOrder("+2", "+3");
    assertThat(b.listener.events).containsExactlyInAnyOrder("+1", "+3");
    assertThat(c.listener.events).containsExactlyInAnyOrder("+1", "+2");
  }

  @Test
  void deliversInOrderInBothDirections() {
    Node a = start(1);
    Node b = start(2);
    awaitConnected(a, b);
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      sent.add("frame " + i);
      assertThat(a.send(2, "frame " + i)).isTrue();
      assertThat(b.send(1, "frame " + i)).isTrue();
      if (i % 7 == 0) {
        a.transport.flush();
        b.transport.flush();
        polls.once();
      }
    }
    a.transport.flush();
    b.transport.flush();
    polls.until(
        "all frames", () -> a.listener.frames.size() == 5_000 && b.listener.frames.size() == 5_000);
    assertThat(a.listener.texts()).isEqualTo(sent);
    assertThat(b.listener.texts()).isEqualTo(sent);
  }

  @Test
  void leavesTheBodyOfTheSenderAsItWas() {
    Node a = start(1);
    Node b = start(2);
    awaitConnected(a, b);
    ByteBuffer body = ByteBuffer.wrap("<<inner>>".getBytes(UTF_8)).position(2).limit(7);
    assertThat(a.transport.send(NodeId.of(2), body)).isTrue();
    assertThat(body.position()).isEqualTo(2);
    assertThat(body.limit()).isEqualTo(7);
    body.put(2, (byte) '!');
    a.transport.flush();
    polls.until("the frame", () -> !b.listener.frames.isEmpty());
    assertThat(b.listener.texts()).containsExactly("inner");
  }

  @Test
  void carriesBigFramesBetweenSmallOnes() {
    Node a = start(1);
    Node b = start(2);
    awaitConnected(a, b);
    byte[] big = new byte[BIG_FRAME_BYTES];
    IntStream.range(0, big.length).forEach(i -> big[i] = (byte) (i * 31 + i / 1000));
    assertThat(a.send(2, "before")).isTrue();
    assertThat(a.transport.send(NodeId.of(2), ByteBuffer.wrap(big))).isTrue();
    assertThat(a.send(2, "after")).isTrue();
    a.transport.flush();
    polls.until("three frames", () -> b.listener.frames.size() == 3);
    assertThat(b.listener.texts().get(0)).isEqualTo("before");
    assertThat(Arrays.equals(b.listener.frames.get(1), big)).isTrue();
    assertThat(b.listener.texts().get(2)).isEqualTo("after");
  }

  @Test
  void answersFromWithinTheListener() {
    Node a = start(1);
    Node b = start(2);
    b.listener.onFrame =
        (peer, body) -> {
          assertThat(b.transport.send(peer, body)).isTrue();
          b.transport.flush();
        };
    awaitConnected(a, b);
    a.sendFlushed(2, "ping");
    polls.until("the answer", () -> !a.listener.frames.isEmpty());
    assertThat(a.listener.texts()).containsExactly("ping");
  }

  @Test
  void sendsNothingToWhoIsNotConnected() {
    Node a = start(1);
    assertThat(a.send(2, "x")).isFalse();
    assertThat(a.send(77, "x")).isFalse();
    assertThat(a.transport.queuedBytes(NodeId.of(2))).isZero();
    assertThat(a.transport.statistics().framesSent()).isZero();
  }

  @Test
  void rejectsAnEmptyFrame() {
    Node a = start(1);
    assertThatThrownBy(() -> a.send(2, "")).isInstanceOf(RabiaException.Validation.class);
  }

  @Test
  void reconnectsAfterThePeerWasRestarted() {
    for (int restarted : new int[] {1, 2}) {
      Node survivor = start(3 - restarted);
      Node old = start(restarted);
      awaitConnected(survivor, old);
      polls.close(old.transport);
      polls.until("disconnected", () -> survivor.listener.count("-" + restarted) == 1);
      assertThat(survivor.send(restarted, "lost")).isFalse();
      Node again = start(restarted);
      awaitConnected(survivor, again);
      survivor.sendFlushed(restarted, "welcome");
      polls.until("the frame", () -> !again.listener.frames.isEmpty());
      assertThat(again.listener.texts()).containsExactly("welcome");
      assertThat(survivor.listener.events)
          .containsExactly("+" + restarted, "-" + restarted, "+" + restarted);
      polls.closeAll();
    }
  }

  @Test
  void disconnectsOnDemandLosesTheQueueAndReconnects() {
    Node a = start(1);
    Node b = start(2);
    awaitConnected(a, b);
    assertThat(a.send(2, "lost")).isTrue();
    a.transport.disconnect(NodeId.of(2), "test");
    assertThat(a.send(2, "too late")).isFalse();
    assertThat(a.listener.events).as("told only within a poll").containsExactly("+2");
    polls.until("again", () -> a.listener.count("+2") == 2 && b.listener.count("+1") == 2);
    a.sendFlushed(2, "new");
    polls.until("the frame", () -> !b.listener.frames.isEmpty());
    assertThat(b.listener.texts()).containsExactly("new");
    assertThat(a.listener.events).containsExactly("+2", "-2", "+2");
    assertThat(b.listener.events).containsExactly("+1", "-1", "+1");
  }

  @Test
  void cutsOffAPeerThatDoesNotDrainItsQueue() {
    Node a = start(1);
    Node b = start(2);
    Node c = start(3);
    awaitConnected(a, b);
    awaitConnected(a, c);
    ByteBuffer block = ByteBuffer.allocate(64 * 1024);
    int sent = 0;
    long highest = 0;
    while (a.transport.send(NodeId.of(2), block)) {
      a.transport.flush();
      highest = Math.max(highest, a.transport.queuedBytes(NodeId.of(2)));
      assertThat(++sent).isLessThan(100_000);
    }
    assertThat(highest).isBetween((long) QUEUE_BYTES * 9 / 10, (long) QUEUE_BYTES);
    assertThat(a.transport.statistics().cutOff()).isEqualTo(1);
    assertThat(a.transport.queuedBytes(NodeId.of(2))).isZero();
    polls.until("both know", () -> a.listener.count("-2") == 1 && b.listener.count("-1") == 1);
    polls.until("again", () -> a.listener.connectedTo(2) && b.listener.connectedTo(1));
    assertThat(a.listener.events).contains("+3").doesNotContain("-3");
  }

  @Test
  void refusesWhomTheListenerRefuses() {
    for (int judge : new int[] {1, 2}) {
      RecordingListener strict = new RecordingListener(judge);
      strict.judge = peer -> "not with member " + peer.id();
      Node refusing = start(strict);
      Node refused = start(3 - judge);
      polls.until(
          "refused twice",
          () ->
              refusing.transport.statistics().refused() >= 2
                  && refused.transport.statistics().refused() >= 2);
      assertThat(refusing.listener.events).isEmpty();
      assertThat(refused.listener.events).isEmpty();
      strict.judge = peer -> null;
      awaitConnected(refusing, refused);
      polls.closeAll();
    }
  }

  @Test
  void wakesAWaitingPollFromAnotherThread() throws InterruptedException {
    Node a = start(1);
    a.transport.poll(0);
    Thread waker =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                a.transport.wakeup();
                Thread.onSpinWait();
              }
            });
    waker.start();
    long start = System.nanoTime();
    for (int i = 0; i < 100; i++) {
      a.transport.poll(TimeUnit.SECONDS.toNanos(30));
    }
    waker.interrupt();
    waker.join();
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
  }

  @Test
  void wakeupBeforeThePollIsNotLost() {
    Node a = start(1);
    for (int i = 0; i < 20; i++) {
      a.transport.wakeup();
      long start = System.nanoTime();
      a.transport.poll(TimeUnit.SECONDS.toNanos(30));
      assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
    }
  }

  @Test
  void waitsAsLongAsToldWhenNothingHappens() {
    Node a = start(3);
    polls.during(Duration.ofMillis(50));
    long wait = TimeUnit.MILLISECONDS.toNanos(200);
    long start = System.nanoTime();
    int rounds = 0;
    while (System.nanoTime() - start < wait) {
      a.transport.poll(wait - (System.nanoTime() - start));
      rounds++;
    }
    assertThat(rounds).as("no busy loop").isLessThan(20);
  }

  @Test
  void endsThePollWhenAFrameArrives() {
    Node a = start(1);
    Node b = start(2);
    awaitConnected(a, b);
    polls.during(Duration.ofMillis(50));
    a.sendFlushed(2, "hello");
    long start = System.nanoTime();
    int handled = 0;
    while (handled == 0) {
      handled = b.transport.poll(TimeUnit.SECONDS.toNanos(30));
    }
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
    assertThat(handled).isEqualTo(1);
    assertThat(b.listener.texts()).containsExactly("hello");
  }

  @Test
  void closesTheConnectionWhenTheListenerCannotReadAFrame() {
    Node a = start(1);
    Node b = start(2);
    b.listener.onFrame =
        (peer, body) -> {
          throw new RabiaException.Serialization("nonsense");
        };
    awaitConnected(a, b);
    assertThat(a.send(2, "first")).isTrue();
    assertThat(a.send(2, "never seen")).isTrue();
    a.transport.flush();
    polls.until("closed", () -> b.listener.count("-1") == 1 && a.listener.count("-2") == 1);
    assertThat(b.transport.statistics().corrupted()).isEqualTo(1);
    assertThat(b.listener.texts()).containsExactly("first");
  }

  @Test
  void letsABugOfTheListenerOutOfThePoll() {
    Node a = start(1);
    Node b = start(2);
    awaitConnected(a, b);
    b.listener.onFrame =
        (peer, body) -> {
          throw new InvariantViolation("bug");
        };
    a.sendFlushed(2, "first");
    assertThatThrownBy(() -> polls.until("never", () -> false))
        .isInstanceOf(InvariantViolation.class)
        .hasMessage("bug");
    polls.close(b.transport);
  }

  @Test
  void letsAnErrorOfTheListenerOutOfThePoll() {
    Node a = start(1);
    Node b = start(2);
    b.listener.judge =
        peer -> {
          throw new StackOverflowError("deep");
        };
    assertThatThrownBy(() -> polls.until("never", () -> a.listener.connectedTo(2)))
        .isInstanceOf(StackOverflowError.class);
    polls.close(b.transport);
  }

  @Test
  void countsFramesBytesAndConnections() {
    Node a = start(1);
    Node b = start(2);
    awaitConnected(a, b);
    assertThat(a.send(2, "12345")).isTrue();
    assertThat(a.send(2, "678")).isTrue();
    a.transport.flush();
    polls.until("both frames", () -> b.listener.frames.size() == 2);
    polls.close(b.transport);
    polls.until("gone", () -> a.listener.count("-2") == 1);
    var sender = a.transport.statistics();
    var receiver = b.transport.statistics();
    assertThat(sender.framesSent()).isEqualTo(2);
    assertThat(sender.bytesSent()).isEqualTo(8);
    assertThat(sender.connects()).isEqualTo(1);
    assertThat(sender.disconnects()).isEqualTo(1);
    assertThat(receiver.framesReceived()).isEqualTo(2);
    assertThat(receiver.bytesReceived()).isEqualTo(8);
    assertThat(sender.refused() + sender.corrupted() + sender.cutOff()).isZero();
  }

  @TestFactory
  Stream<DynamicTest> everyFieldOfTheStatisticsIsCounted() {
    TransportStatistics fresh = transport(1).statistics();
    return EveryField.of(TransportStatistics.class)
        .shows("framesSent", fresh, 2L, this::afterAnExchange)
        .shows("framesReceived", fresh, 1L, this::afterAnExchange)
        .shows("bytesSent", fresh, 8L, this::afterAnExchange)
        .shows("bytesReceived", fresh, 3L, this::afterAnExchange)
        .shows("connects", fresh, 1L, this::afterAnExchange)
        .shows("disconnects", fresh, 1L, this::afterAnExchange)
        .shows("refused", fresh, this::afterARefusal)
        .shows("corrupted", fresh, 1L, this::afterNonsense)
        .shows("cutOff", fresh, 1L, this::afterACutOff)
        .tests();
  }

  private TransportStatistics afterAnExchange() {
    Node a = start(1);
    Node b = start(2);
    awaitConnected(a, b);
    a.sendFlushed(2, "12345");
    a.sendFlushed(2, "678");
    b.sendFlushed(1, "abc");
    polls.until("all", () -> a.listener.frames.size() == 1 && b.listener.frames.size() == 2);
    polls.close(b.transport);
    polls.until("gone", () -> a.listener.count("-2") == 1);
    return statisticsOfTheEnd(a);
  }

  private TransportStatistics afterARefusal() {
    RecordingListener strict = new RecordingListener(1);
    strict.judge = peer -> "not today";
    Node a = start(strict);
    start(2);
    polls.until("refused", () -> a.transport.statistics().refused() > 0);
    return statisticsOfTheEnd(a);
  }

  private TransportStatistics afterNonsense() {
    Node a = start(1);
    Node b = start(2);
    a.listener.onFrame =
        (peer, body) -> {
          throw new RabiaException.Serialization("nonsense");
        };
    awaitConnected(a, b);
    b.sendFlushed(1, "x");
    polls.until("closed", () -> a.listener.count("-2") == 1);
    return statisticsOfTheEnd(a);
  }

  private TransportStatistics afterACutOff() {
    Node a = start(1);
    Node b = start(2);
    awaitConnected(a, b);
    while (a.transport.send(NodeId.of(2), ByteBuffer.allocate(1 << 20))) {
      a.transport.flush();
    }
    return statisticsOfTheEnd(a);
  }

  private TransportStatistics statisticsOfTheEnd(Node node) {
    TransportStatistics statistics = node.transport.statistics();
    polls.closeAll();
    return statistics;
  }

  @Test
  void refusesASecondTransportForTheSameMember() {
    start(1);
    Transport second = transport(1);
    assertThatThrownBy(() -> second.start(new RecordingListener(1)))
        .isInstanceOf(RabiaException.Network.class);
    second.close();
  }

  @Test
  void pollsNoMoreOnceClosed() {
    Node a = start(1);
    polls.close(a.transport);
    assertThatThrownBy(() -> a.transport.poll(0)).isInstanceOf(RabiaException.Closed.class);
    a.transport.close();
    a.transport.wakeup();
  }
}
