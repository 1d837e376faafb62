package io.rabia.testing.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportStatistics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every transport owes to its engine: extend it, give it transports, run it with JUnit 5. All
 * transports of a test are polled by the test's thread.
 */
public abstract class TransportConformance {
  /** What the queue to a peer must be bounded to. */
  public static final int QUEUE_BYTES = 8 * 1024 * 1024;

  /** The largest frame that must be carried. */
  public static final int BIG_FRAME_BYTES = 5 * 1024 * 1024;

  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final long LONG_WAIT = TimeUnit.SECONDS.toNanos(30);
  private static final long SHORT = TimeUnit.SECONDS.toNanos(10);

  private final Set<Station> stations = new LinkedHashSet<>();

  /**
   * A transport of member 1, 2 or 3 that has not been started, with a queue of {@link
   * #QUEUE_BYTES}. Those of one test reach each other and nobody else; one that was closed may be
   * followed by another of the same member. An idle connection must live for ten seconds.
   */
  protected abstract Transport transport(NodeId id);

  // ---- what the cases are written with

  private Station station(int id) {
    return new Station(NodeId.of(id), transport(NodeId.of(id)));
  }

  private Station start(int id) {
    return start(station(id));
  }

  private Station start(Station station) {
    station.transport.start(station);
    stations.add(station);
    return station;
  }

  private void close(Station station) {
    stations.remove(station);
    station.transport.close();
  }

  @AfterEach
  void closeAll() {
    stations.forEach(station -> station.transport.close());
    stations.clear();
  }

  private void pollOnce() {
    for (Station station : List.copyOf(stations)) {
      station.transport.poll(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  private void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        fail("not within " + PATIENCE + ": " + what);
      }
      pollOnce();
    }
  }

  /** Polls for a time in which nothing is expected to happen. */
  private void during(Duration time) {
    long deadline = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - deadline < 0) {
      pollOnce();
    }
  }

  private void awaitConnected(Station a, Station b) {
    until("connected", () -> a.connectedTo(b) && b.connectedTo(a));
  }

  private static void sendNow(Station from, Station to, String text) {
    assertTrue(from.send(to, text), "sent");
    from.transport.flush();
  }

  private static void assertSoon(long since) {
    assertTrue(System.nanoTime() - since < SHORT, "did not wait to the end");
  }

  // ---- connections

  @Test
  void tellsBothSidesTheWholeHandshake() {
    Station a = start(1);
    Station b = start(2);
    awaitConnected(a, b);
    assertEquals(List.of(a.lastHandshake()), b.handshakes);
    assertEquals(List.of(b.lastHandshake()), a.handshakes);
  }

  @Test
  void connectsEveryPairOnce() {
    Station a = start(1);
    Station b = start(2);
    Station c = start(3);
    awaitConnected(a, b);
    awaitConnected(b, c);
    awaitConnected(a, c);
    assertEquals(Set.of("+2", "+3"), Set.copyOf(a.events));
    assertEquals(Set.of("+1", "+3"), Set.copyOf(b.events));
    assertEquals(Set.of("+1", "+2"), Set.copyOf(c.events));
    assertEquals(6, a.events.size() + b.events.size() + c.events.size());
  }

  @Test
  void reconnectsAfterThePeerWasRestarted() {
    for (int restarted : new int[] {1, 2}) {
      Station survivor = start(3 - restarted);
      Station old = start(restarted);
      awaitConnected(survivor, old);
      close(old);
      until("disconnected", () -> survivor.disconnects(old) == 1);
      assertFalse(survivor.send(old, "lost"));
      Station again = start(restarted);
      awaitConnected(survivor, again);
      sendNow(survivor, again, "welcome");
      until("the frame", () -> !again.frames.isEmpty());
      assertEquals(List.of("welcome"), again.texts());
      String peer = String.valueOf(restarted);
      assertEquals(List.of("+" + peer, "-" + peer, "+" + peer), survivor.events);
      closeAll();
    }
  }

  @Test
  void disconnectsOnDemandLosesTheQueueAndReconnects() {
    Station a = start(1);
    Station b = start(2);
    awaitConnected(a, b);
    assertTrue(a.send(b, "lost"));
    a.transport.disconnect(b.id, "test");
    assertFalse(a.send(b, "too late"));
    assertEquals(List.of("+2"), a.events, "told only within a poll");
    until("again", () -> a.connects(b) == 2 && b.connects(a) == 2);
    sendNow(a, b, "new");
    until("the frame", () -> !b.frames.isEmpty());
    assertEquals(List.of("new"), b.texts());
    assertEquals(List.of("+2", "-2", "+2"), a.events);
    assertEquals(List.of("+1", "-1", "+1"), b.events);
  }

  @Test
  void refusesWhomTheListenerRefuses() {
    for (int judge : new int[] {1, 2}) {
      Station strict = station(judge);
      strict.judge = peer -> "not with member " + peer.id();
      start(strict);
      Station refused = start(3 - judge);
      until(
          "refused twice",
          () ->
              strict.transport.statistics().refused() >= 2
                  && refused.transport.statistics().refused() >= 2);
      assertEquals(List.of(), strict.events);
      assertEquals(List.of(), refused.events);
      until("told twice", () -> refused.refusals.size() >= 2);
      assertEquals(judge + ": not with member " + refused.id, refused.refusals.get(0));
      assertEquals(List.of(), strict.refusals);
      strict.judge = peer -> null;
      awaitConnected(strict, refused);
      closeAll();
    }
  }

  @Test
  void refusesASecondTransportForTheSameMember() {
    start(1);
    Station second = station(1);
    assertThrows(RabiaException.Network.class, () -> second.transport.start(second));
    second.transport.close();
  }

  // ---- frames

  @Test
  void deliversInOrderInBothDirections() {
    Station a = start(1);
    Station b = start(2);
    awaitConnected(a, b);
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      sent.add("frame " + i);
      assertTrue(a.send(b, "frame " + i));
      assertTrue(b.send(a, "frame " + i));
      if (i % 7 == 0) {
        a.transport.flush();
        b.transport.flush();
        pollOnce();
      }
    }
    a.transport.flush();
    b.transport.flush();
    until("all frames", () -> a.frames.size() == 5_000 && b.frames.size() == 5_000);
    assertEquals(sent, a.texts());
    assertEquals(sent, b.texts());
  }

  @Test
  void leavesTheBodyOfTheSenderAsItWas() {
    Station a = start(1);
    Station b = start(2);
    awaitConnected(a, b);
    ByteBuffer body = StandardCharsets.UTF_8.encode("<<inner>>").position(2).limit(7);
    assertTrue(a.transport.send(b.id, body));
    assertEquals(2, body.position());
    assertEquals(7, body.limit());
    body.put(2, (byte) '!');
    a.transport.flush();
    until("the frame", () -> !b.frames.isEmpty());
    assertEquals(List.of("inner"), b.texts());
  }

  @Test
  void carriesBigFramesBetweenSmallOnes() {
    Station a = start(1);
    Station b = start(2);
    awaitConnected(a, b);
    byte[] big = new byte[BIG_FRAME_BYTES];
    for (int i = 0; i < big.length; i++) {
      big[i] = (byte) (i * 31 + i / 1000);
    }
    assertTrue(a.send(b, "before"));
    assertTrue(a.transport.send(b.id, ByteBuffer.wrap(big)));
    assertTrue(a.send(b, "after"));
    a.transport.flush();
    until("three frames", () -> b.frames.size() == 3);
    assertEquals("before", b.texts().get(0));
    assertArrayEquals(big, b.frames.get(1));
    assertEquals("after", b.texts().get(2));
  }

  @Test
  void answersFromWithinTheListener() {
    Station a = start(1);
    Station b = start(2);
    b.reaction =
        (peer, body) -> {
          assertTrue(b.transport.send(peer, body));
          b.transport.flush();
        };
    awaitConnected(a, b);
    sendNow(a, b, "ping");
    until("the answer", () -> !a.frames.isEmpty());
    assertEquals(List.of("ping"), a.texts());
  }

  @Test
  void sendsNothingToWhoIsNotConnected() {
    Station a = start(1);
    assertFalse(a.send(NodeId.of(2), "x"));
    assertFalse(a.send(NodeId.of(77), "x"));
    assertEquals(0, a.transport.queuedBytes(NodeId.of(2)));
    assertEquals(0, a.transport.statistics().framesSent());
  }

  @Test
  void rejectsAnEmptyFrame() {
    Station a = start(1);
    assertThrows(RabiaException.Validation.class, () -> a.send(NodeId.of(2), ""));
  }

  @Test
  void cutsOffAPeerThatDoesNotDrainItsQueue() {
    Station a = start(1);
    Station b = start(2);
    Station c = start(3);
    awaitConnected(a, b);
    awaitConnected(a, c);
    ByteBuffer block = ByteBuffer.allocate(64 * 1024);
    int sent = 0;
    long highest = 0;
    while (a.transport.send(b.id, block)) {
      a.transport.flush();
      highest = Math.max(highest, a.transport.queuedBytes(b.id));
      assertTrue(++sent < 100_000, "no bound");
    }
    assertTrue(highest >= QUEUE_BYTES * 9L / 10 && highest <= QUEUE_BYTES, "bound " + highest);
    assertEquals(1, a.transport.statistics().cutOff());
    assertEquals(0, a.transport.queuedBytes(b.id));
    until("both know", () -> a.disconnects(b) == 1 && b.disconnects(a) == 1);
    until("again", () -> a.connectedTo(b) && b.connectedTo(a));
    assertEquals(1, a.connects(c));
    assertEquals(0, a.disconnects(c));
  }

  // ---- waiting

  @Test
  void wakesAWaitingPollFromAnotherThread() throws InterruptedException {
    Station a = start(1);
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
      a.transport.poll(LONG_WAIT);
    }
    waker.interrupt();
    waker.join();
    assertSoon(start);
  }

  @Test
  void wakeupBeforeThePollIsNotLost() {
    Station a = start(1);
    for (int i = 0; i < 20; i++) {
      a.transport.wakeup();
      if (i % 2 == 1) {
        a.transport.poll(0);
      }
      long start = System.nanoTime();
      a.transport.poll(LONG_WAIT);
      assertSoon(start);
    }
  }

  @Test
  void waitsAsLongAsToldWhenNothingHappens() {
    Station a = start(3);
    during(Duration.ofMillis(50));
    long wait = TimeUnit.MILLISECONDS.toNanos(200);
    long start = System.nanoTime();
    int rounds = 0;
    while (System.nanoTime() - start < wait) {
      a.transport.poll(wait - (System.nanoTime() - start));
      rounds++;
    }
    assertTrue(rounds < 20, "a busy loop: " + rounds);
  }

  @Test
  void endsThePollWhenAFrameArrives() {
    Station a = start(1);
    Station b = start(2);
    awaitConnected(a, b);
    during(Duration.ofMillis(50));
    sendNow(a, b, "hello");
    long start = System.nanoTime();
    int handled = 0;
    while (handled == 0) {
      handled = b.transport.poll(LONG_WAIT);
    }
    assertSoon(start);
    assertEquals(1, handled);
    assertEquals(List.of("hello"), b.texts());
  }

  // ---- trouble

  @Test
  void closesTheConnectionWhenTheListenerCannotReadAFrame() {
    Station a = start(1);
    Station b = start(2);
    b.reaction =
        (peer, body) -> {
          throw new RabiaException.Serialization("nonsense");
        };
    awaitConnected(a, b);
    assertTrue(a.send(b, "first"));
    assertTrue(a.send(b, "never seen"));
    a.transport.flush();
    until("closed", () -> b.disconnects(a) == 1 && a.disconnects(b) == 1);
    assertEquals(1, b.transport.statistics().corrupted());
    assertEquals(List.of("first"), b.texts());
  }

  @Test
  void letsABugOfTheListenerOutOfThePoll() {
    Station a = start(1);
    Station b = start(2);
    awaitConnected(a, b);
    b.reaction =
        (peer, body) -> {
          throw new InvariantViolation("bug");
        };
    sendNow(a, b, "first");
    InvariantViolation bug =
        assertThrows(InvariantViolation.class, () -> until("never", () -> false));
    assertEquals("bug", bug.getMessage());
    close(b);
  }

  @Test
  void letsAnErrorOfTheListenerOutOfThePoll() {
    Station a = start(1);
    Station b = start(2);
    b.judge =
        peer -> {
          throw new StackOverflowError("deep");
        };
    assertThrows(StackOverflowError.class, () -> until("never", () -> a.connectedTo(b)));
    close(b);
  }

  /** Refusals, corruption and cutting off are counted by the cases above. */
  @Test
  void countsFramesBytesAndConnections() {
    assertEquals(9, TransportStatistics.class.getRecordComponents().length, "all have a case");
    Station a = start(1);
    Station b = start(2);
    awaitConnected(a, b);
    assertTrue(a.send(b, "12345"));
    assertTrue(a.send(b, "678"));
    a.transport.flush();
    until("both frames", () -> b.frames.size() == 2);
    close(b);
    until("gone", () -> a.disconnects(b) == 1);
    TransportStatistics sender = a.transport.statistics();
    TransportStatistics receiver = b.transport.statistics();
    assertEquals(2, sender.framesSent());
    assertEquals(8, sender.bytesSent());
    assertEquals(1, sender.connects());
    assertEquals(1, sender.disconnects());
    assertEquals(2, receiver.framesReceived());
    assertEquals(8, receiver.bytesReceived());
    assertEquals(0, sender.refused() + sender.corrupted() + sender.cutOff());
  }

  @Test
  void pollsNoMoreOnceClosed() {
    Station a = start(1);
    close(a);
    assertThrows(RabiaException.Closed.class, () -> a.transport.poll(0));
    a.transport.close();
    a.transport.wakeup();
  }
}
