package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SessionsTest {
  private static final byte[] REFUSED = {Sessions.REFUSED};
  private static final byte[] CLOSED = {Sessions.CLOSED};
  private static final byte[] UNREAD = {Sessions.UNREAD};
  private static final Sessions.Execution NEVER =
      () -> {
        throw new AssertionError("executed");
      };

  private final Sessions sessions = new Sessions();
  private final List<Long> executed = new ArrayList<>();
  private long slot = 10;

  private long open() {
    long session = sessions.open(slot++, 0);
    assertThat(session).isPositive();
    return session;
  }

  private byte[] apply(long session, long number, long lowestUnanswered) {
    return apply(
        sessions,
        session,
        number,
        lowestUnanswered,
        slot++,
        () -> {
          executed.add(number);
          return bytes("result " + number + " of " + executed.size());
        });
  }

  /** What came of it, and its result. */
  private static byte[] apply(
      Sessions table,
      long session,
      long number,
      long lowestUnanswered,
      long slot,
      Sessions.Execution execution) {
    byte outcome = table.apply(session, number, lowestUnanswered, slot, execution);
    return told(outcome, table.result());
  }

  private static byte[] told(byte outcome, byte[] result) {
    return ByteBuffer.allocate(1 + result.length).put(outcome).put(result).array();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] ok(String text) {
    return told(Sessions.OK, bytes(text));
  }

  private static Sessions.Execution failing(String text) {
    return () -> {
      throw new IllegalStateException(text);
    };
  }

  @Test
  void executesANumberOnceAndAnswersItsCopiesFromTheTable() {
    long session = open();
    assertThat(apply(session, 1, 1)).isEqualTo(ok("result 1 of 1"));
    assertThat(apply(session, 1, 1)).isEqualTo(ok("result 1 of 1"));
    assertThat(apply(session, 2, 1)).isEqualTo(ok("result 2 of 2"));
    assertThat(apply(session, 1, 1)).isEqualTo(ok("result 1 of 1"));
    assertThat(executed).containsExactly(1L, 2L);
  }

  @Test
  void textOfAFailureIsNoPartOfTheState() {
    long[] hashes = new long[3];
    for (int i = 0; i < 3; i++) {
      Sessions table = new Sessions();
      long session = table.open(7, 0);
      table.apply(
          session, 1, 1, 8, i < 2 ? failing("in the words of Java " + i) : () -> ok("done"));
      hashes[i] = table.hash();
    }
    assertThat(hashes[0]).isEqualTo(hashes[1]).isNotEqualTo(hashes[2]);
  }

  @Test
  void keepsAFailureAsItKeepsAResult() {
    long session = open();
    byte[] failure = apply(sessions, session, 1, 1, slot++, failing("overdrawn"));
    assertThat(failure).isEqualTo(told(Sessions.FAILED, bytes("IllegalStateException: overdrawn")));
    assertThat(apply(session, 1, 1)).isEqualTo(failure);
    assertThat(executed).isEmpty();
  }

  @Test
  void neverExecutesANumberBelowTheLowestUnanswered() {
    long session = open();
    apply(session, 5, 5);
    assertThat(apply(session, 4, 4)).isEqualTo(REFUSED);
    assertThat(apply(session, 5, 5)).isEqualTo(ok("result 5 of 1"));
    assertThat(executed).containsExactly(5L);
  }

  @Test
  void aNumberThatAsksForNothingBelowItIsStillAnsweredFromTheTable() {
    long session = open();
    apply(session, 1, 1);
    assertThat(apply(session, 1, 1)).isEqualTo(ok("result 1 of 1"));
    apply(session, 2, 2);
    assertThat(apply(session, 1, 1)).isEqualTo(REFUSED);
  }

  @Test
  void aNumberBelowTheOneThatItCallsLowestTakesNobodysPlace() {
    long session = open();
    assertThat(apply(session, 1, 5)).isEqualTo(REFUSED);
    assertThat(apply(session, 5, 5)).isEqualTo(ok("result 5 of 1"));
    assertThat(executed).containsExactly(5L);
  }

  @Test
  void executesNothingMoreWhereResultsThatNobodyAcknowledgedFillTheSession() {
    Sessions table = new Sessions(10, 100);
    long session = table.open(1, 0);
    long other = table.open(2, 0);
    byte[] body = new byte[5];
    byte[] result = told(Sessions.OK, body);
    assertThat(apply(table, session, 1, 1, 3, () -> body)).isEqualTo(result);
    assertThat(apply(table, session, 2, 1, 4, () -> body)).isEqualTo(result);
    assertThat(apply(table, session, 3, 1, 5, NEVER)).isEqualTo(UNREAD);
    assertThat(apply(table, other, 1, 1, 6, () -> body)).as("another session").isEqualTo(result);
    assertThat(apply(table, session, 2, 1, 7, NEVER)).as("what it holds").isEqualTo(result);
    assertThat(apply(table, session, 4, 3, 8, () -> body)).as("acknowledged").isEqualTo(result);
    assertThat(apply(table, session, 3, 3, 9, NEVER)).as("that is final").isEqualTo(UNREAD);
    assertThat(table.bytes()).isEqualTo(1 + 6 + 6);
  }

  @Test
  void executesNothingMoreWhereTheyFillTheTable() {
    Sessions table = new Sessions(10, 15);
    long first = table.open(1, 0);
    long second = table.open(2, 0);
    byte[] body = new byte[7];
    byte[] result = told(Sessions.OK, body);
    table.apply(first, 1, 1, 3, () -> body);
    table.apply(second, 1, 1, 4, () -> body);
    assertThat(apply(table, second, 2, 1, 5, NEVER)).isEqualTo(UNREAD);
    assertThat(table.bytes()).isEqualTo(8 + 8 + 1);
    table.close(first, 3);
    assertThat(table.bytes()).isEqualTo(8 + 1);
    assertThat(apply(table, second, 3, 1, 6, () -> body)).isEqualTo(result);
  }

  /** Or members with different versions of Java would go different ways. */
  @Test
  void theTextOfAFailureHasNoPartInWhatIsRefused() {
    for (String text : List.of("no", "n\u00F6 ".repeat(5000))) {
      Sessions table = new Sessions(2048, 1 << 20);
      long session = table.open(1, 0);
      byte[] failure = apply(table, session, 1, 1, 2, failing(text));
      assertThat(failure).hasSizeLessThanOrEqualTo(1024).startsWith(Sessions.FAILED);
      String kept = new String(failure, 1, failure.length - 1, StandardCharsets.UTF_8);
      assertThat("IllegalStateException: " + text).startsWith(kept);
      assertThat(apply(table, session, 2, 1, 3, failing(text))).isEqualTo(failure);
      assertThat(apply(table, session, 3, 1, 4, NEVER)).as(kept).isEqualTo(UNREAD);
      assertThat(apply(table, session, 4, 4, 5, failing(text))).isEqualTo(failure);
      assertThat(table.bytes()).isEqualTo(1024);
    }
  }

  @Test
  void aTableThatIsLoadedRefusesAsTheOneThatItWasTakenFrom() throws IOException {
    Sessions table = new Sessions(10, 15);
    long session = table.open(1, 0);
    table.apply(session, 1, 1, 3, () -> new byte[11]);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    table.freeze().writeTo(bytes);
    Sessions loaded = new Sessions(10, 15);
    loaded.load(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
    assertThat(loaded.bytes()).isEqualTo(12);
    assertThat(apply(loaded, session, 2, 1, 4, NEVER)).isEqualTo(UNREAD);
  }

  @Test
  void anOutcomeThatThereIsNotIsNotLoaded() throws IOException {
    long session = open();
    sessions.apply(session, 1, 1, slot, () -> new byte[0]);
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    sessions.freeze().writeTo(written);
    for (int fromEnd : new int[] {1, 2}) { // the outcome, and how long that is with its result
      byte[] damaged = written.toByteArray();
      damaged[damaged.length - fromEnd] ^= (byte) (fromEnd == 1 ? 0x80 : 1);
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(damaged));
      assertThatThrownBy(() -> new Sessions().load(in)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void theLowestUnansweredNeverGoesBack() {
    long session = open();
    apply(session, 9, 9);
    apply(session, 10, 3);
    assertThat(apply(session, 8, 3)).isEqualTo(REFUSED);
    assertThat(executed).containsExactly(9L, 10L);
  }

  @Test
  void outstandingNumbersMayComeInAnyOrder() {
    long session = open();
    for (long number : new long[] {7, 3, 1, 5, 2, 6, 4}) {
      apply(session, number, 1);
    }
    assertThat(executed).containsExactly(7L, 3L, 1L, 5L, 2L, 6L, 4L);
    assertThat(apply(session, 7, 1)).isEqualTo(ok("result 7 of 1"));
    assertThat(apply(session, 4, 1)).isEqualTo(ok("result 4 of 7"));
  }

  @Test
  void reachesAWindowAboveTheLowestUnansweredAndNoFurther() {
    long session = open();
    long last = Sessions.WINDOW;
    assertThat(apply(session, last + 1, 1)).isEqualTo(REFUSED);
    assertThat(apply(session, last, 1)[0]).isEqualTo(Sessions.OK);
    assertThat(apply(session, last + 1, 2)[0]).isEqualTo(Sessions.OK);
    assertThat(apply(session, last + 2, 1)).as("the lowest so far counts").isEqualTo(REFUSED);
    assertThat(apply(session, Long.MAX_VALUE, 2)).isEqualTo(REFUSED);
    assertThat(executed).containsExactly(last, last + 1);
  }

  @Test
  void aRefusedCommandDoesNotRaiseTheLowestUnanswered() {
    long session = open();
    apply(session, 1, 1);
    assertThat(apply(session, 5000, 2000)).isEqualTo(REFUSED);
    assertThat(apply(session, 1, 1)).isEqualTo(ok("result 1 of 1"));
  }

  @Test
  void answersAWholeWindowOfOutstandingNumbersWhileItMoves() {
    long session = open();
    for (long number = 1; number <= 5000; number++) {
      apply(session, number, Math.max(1, number - Sessions.WINDOW + 1));
      if (number % 97 == 0) {
        for (long old = Math.max(1, number - Sessions.WINDOW + 1); old <= number; old += 13) {
          assertThat(apply(session, old, 1)).isEqualTo(ok("result " + old + " of " + old));
        }
      }
    }
    assertThat(executed).hasSize(5000);
  }

  @Test
  void aLateCopyAfterTheSessionWasClosedIsRefused() {
    long session = open();
    apply(session, 1, 1);
    sessions.close(session, sessions.lastSlot(session));
    assertThat(sessions.isOpen(session)).isFalse();
    assertThat(apply(session, 1, 1)).isEqualTo(CLOSED);
    assertThat(apply(session, 2, 1)).isEqualTo(CLOSED);
    assertThat(executed).containsExactly(1L);
    assertThat(sessions.size()).isZero();
  }

  @Test
  void aSessionThatWasNeverOpenedIsClosed() {
    assertThat(apply(99, 1, 1)).isEqualTo(CLOSED);
    assertThat(apply(0, 1, 1)).isEqualTo(CLOSED);
    assertThat(executed).isEmpty();
    assertThat(sessions.lastSlot(99)).isEqualTo(-1);
  }

  @Test
  void closesOnlyASessionOfWhichNothingWasAppliedSince() {
    long session = open();
    apply(session, 1, 1);
    long seen = sessions.lastSlot(session);
    apply(session, 2, 1);
    sessions.close(session, seen);
    assertThat(sessions.isOpen(session)).isTrue();
    sessions.close(session, sessions.lastSlot(session));
    assertThat(sessions.isOpen(session)).isFalse();
  }

  @Test
  void aCopyAndARefusedCommandAreSignsOfLifeToo() {
    long session = open();
    apply(session, 5, 5);
    for (long sign : new long[] {5, 1}) {
      long seen = sessions.lastSlot(session);
      apply(session, sign, sign);
      sessions.close(session, seen);
      assertThat(sessions.isOpen(session)).isTrue();
    }
  }

  @Test
  void holdsABoundedNumberOfSessions() {
    long first = open();
    while (sessions.size() < Sessions.MAX_SESSIONS) {
      open();
    }
    assertThat(sessions.open(slot++, 0)).as("no more").isZero();
    assertThat(sessions.size()).isEqualTo(Sessions.MAX_SESSIONS);
    sessions.close(first, slot);
    assertThat(sessions.open(slot++, 0)).isPositive();
  }

  @Test
  void neverGivesAnIdTwice() {
    Set<Long> ids = new TreeSet<>();
    int lastIndex = 65_535;
    for (long at = 0; at < 50; at++) {
      for (int index : new int[] {0, 1, lastIndex - 1, lastIndex}) {
        ids.add(sessions.open(at, index));
      }
    }
    assertThat(ids).hasSize(200).doesNotContain(0L);
  }

  @Test
  void hasTheSameHashAfterTheSameHistoryAndAnotherAfterEveryStep() {
    Sessions twin = new Sessions();
    List<Long> hashes = new ArrayList<>();
    List<Runnable> steps = new ArrayList<>();
    for (Sessions table : List.of(sessions, twin)) {
      long first = table.open(1, 0);
      long second = table.open(1, 1);
      steps.add(() -> table.apply(first, 1, 1, 2, () -> ok("a")));
      steps.add(() -> table.apply(first, 1, 1, 3, () -> ok("never")));
      steps.add(() -> table.apply(first, 2, 2, 3, () -> ok("b")));
      steps.add(() -> table.apply(second, 1, 1, 3, () -> ok("b")));
      steps.add(() -> table.close(second, 3));
      steps.add(() -> table.open(4, 0));
    }
    int count = steps.size() / 2;
    for (int i = 0; i < count; i++) {
      steps.get(i).run();
      steps.get(count + i).run();
      assertThat(sessions.hash()).isEqualTo(twin.hash());
      assertThat(hashes).doesNotContain(sessions.hash());
      hashes.add(sessions.hash());
    }
  }
}
