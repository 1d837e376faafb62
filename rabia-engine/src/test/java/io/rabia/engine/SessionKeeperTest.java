package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.Command;
import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import io.rabia.core.batching.BatchConfig;
import io.rabia.core.batching.CommandBatcher;
import io.rabia.engine.protocol.Sessions;
import java.nio.ByteBuffer;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionKeeperTest {
  private static final int TIME_TO_LIVE = 8;
  private static final int DEFERRED = 3000;
  private static final int MEMBERS = 3;

  private record Sent(byte kind, long session, long number, long lowest, Request request) {}

  private final CommandBatcher batcher =
      new CommandBatcher(BatchConfig.builder().maxBatchSize(5000).build(), () -> 0);
  private final Completions completions = new Completions(Runnable::run);
  private final PendingResults pending = new PendingResults(completions, 1024);
  private final SessionKeeper keeper = new SessionKeeper(batcher, pending, TIME_TO_LIVE, DEFERRED);
  private static final byte[] NOTHING = {};

  private final Sessions sessions = new Sessions();
  private long slot;
  private long batches;

  private Answer submit(Command command) {
    Answer answer = new Answer();
    Request request = Request.command(command, Long.MAX_VALUE, answer);
    pending.add(request, 0);
    keeper.submit(request, 0);
    completions.flush();
    return answer;
  }

  @Test
  void aClientEndsItsSessionWhateverWasAppliedInIt() {
    long id = sessions.open(7, 0);
    assertThat(sessions.apply(id, 1, 1, 900, () -> NOTHING)).isEqualTo(Sessions.OK);
    Request request = Request.closeSession(id, Long.MAX_VALUE, new Answer());
    pending.add(request, 0);
    keeper.close(request, 0);
    Sent sent = sent().get(0);
    assertThat(sent.kind()).isEqualTo(CommandBatch.KIND_CLOSE_SESSION);
    sessions.close(sent.session(), sent.number());
    assertThat(sessions.isOpen(id)).isFalse();
  }

  /** What the engine would put into its next batch. */
  private List<Sent> sent() {
    CommandBatch batch = batcher.poll(BatchId.pack(0, ++batches), 0, 1);
    if (batch == null) {
      return List.of();
    }
    pending.batched(batches, batch.count());
    Request[] requests = pending.take(batches);
    assertThat(requests).isNotNull();
    List<Sent> sent = new ArrayList<>();
    CommandBatch.Cursor cursor = batch.cursor();
    while (cursor.next()) {
      sent.add(
          new Sent(
              cursor.kind(),
              cursor.session(),
              cursor.number(),
              cursor.lowestUnanswered(),
              requests[sent.size()]));
    }
    return sent;
  }

  /** Opens the session that the keeper asks for; returns its id. */
  private long open() {
    List<Sent> sent = sent();
    assertThat(sent).extracting(Sent::kind).containsExactly(CommandBatch.KIND_OPEN_SESSION);
    long id = sessions.open(slot++, 0);
    byte[] opened = ByteBuffer.allocate(Long.BYTES).putLong(id).array();
    assertThat(keeper.answered(sent.get(0).request(), Sessions.OK, opened)).isTrue();
    keeper.advance(0);
    keeper.seen(id);
    return id;
  }

  private boolean answered(Sent sent, byte outcome) {
    return keeper.answered(sent.request(), outcome, NOTHING);
  }

  @Test
  void numbersCommandsWithoutASessionInOneOfItsOwn() {
    submit(Command.of("a"));
    submit(Command.of("b"));
    long own = open();
    List<Sent> sent = sent();
    assertThat(sent).extracting(Sent::session).containsExactly(own, own);
    assertThat(sent).extracting(Sent::number).containsExactly(1L, 2L);
    submit(Command.of("c"));
    assertThat(sent()).extracting(Sent::number).containsExactly(3L);
  }

  @Test
  void opensOneSessionHoweverManyWait() {
    for (int i = 0; i < 10; i++) {
      submit(Command.of("x"));
    }
    assertThat(sent()).extracting(Sent::kind).containsExactly(CommandBatch.KIND_OPEN_SESSION);
  }

  @Test
  void leavesTheNumbersOfAClientAsTheyAre() {
    submit(new Command(77, 5, 4, new byte[0]));
    Sent sent = sent().get(0);
    assertThat(sent.session()).isEqualTo(77);
    assertThat(sent.number()).isEqualTo(5);
    assertThat(sent.lowest()).isEqualTo(4);
  }

  @Test
  void saysTheLowestNumberThatItStillWaitsFor() {
    submit(Command.of("1"));
    open();
    submit(Command.of("2"));
    submit(Command.of("3"));
    List<Sent> sent = sent();
    answered(sent.get(1), Sessions.OK);
    submit(Command.of("4"));
    assertThat(sent()).extracting(Sent::lowest).containsExactly(1L);
    answered(sent.get(0), Sessions.OK);
    submit(Command.of("5"));
    assertThat(sent()).extracting(Sent::lowest).containsExactly(3L);
  }

  @Test
  void neverHasMoreThanAWindowOutstanding() {
    for (int i = 0; i < 2000; i++) {
      submit(Command.of("x"));
    }
    open();
    List<Sent> first = sent();
    assertThat(first).hasSize(Sessions.WINDOW);
    answered(first.get(1), Sessions.OK);
    keeper.advance(0);
    assertThat(sent()).as("number 1 is outstanding").isEmpty();
    answered(first.get(0), Sessions.OK);
    keeper.advance(0);
    List<Sent> next = sent();
    assertThat(next).extracting(Sent::number).containsExactly(1025L, 1026L);
    assertThat(next).extracting(Sent::lowest).containsOnly(3L);
  }

  @Test
  void opensAnotherSessionWhenItsOwnWasClosedAndSendsTheRefusedAgain() {
    Answer answer = submit(Command.of("a"));
    long former = open();
    Sent refused = sent().get(0);
    assertThat(answered(refused, Sessions.CLOSED)).as("not the caller's").isFalse();
    keeper.advance(0);
    long own = open();
    assertThat(own).isNotEqualTo(former);
    Sent again = sent().get(0);
    assertThat(again.request()).isSameAs(refused.request());
    assertThat(again.session()).isEqualTo(own);
    assertThat(again.number()).isEqualTo(1);
    assertThat(answered(again, Sessions.OK)).isTrue();
    assertThat(answer.isOpen()).isTrue();
  }

  @Test
  void theAnswersOfTheClosedSessionDoNotConfuseTheNextOne() {
    submit(Command.of("a"));
    submit(Command.of("b"));
    open();
    List<Sent> former = sent();
    answered(former.get(0), Sessions.CLOSED);
    keeper.advance(0);
    open();
    List<Sent> next = sent();
    assertThat(next).extracting(Sent::number).containsExactly(1L);
    answered(former.get(1), Sessions.CLOSED);
    keeper.advance(0);
    List<Sent> third = sent();
    assertThat(third).extracting(Sent::kind).containsOnly(CommandBatch.KIND_APPLY);
    assertThat(third).extracting(Sent::number).containsExactly(2L);
    assertThat(third).extracting(Sent::lowest).containsExactly(1L);
  }

  @Test
  void whatWasPassedInAClosedSessionIsUnknownToWhoHasNoneAndClosedToWhoHas() {
    Applier applier = new Applier(new Journal(), pending, keeper);
    Answer without = submit(Command.of("a"));
    open();
    Answer with = submit(new Command(77, 5, 4, new byte[0]));
    List<Request> requests = sent().stream().map(Sent::request).toList();
    applier.answerPassed(requests);
    completions.flush();
    assertThat(without.failure()).isInstanceOf(RabiaException.Timeout.class);
    assertThat(with.failure()).isInstanceOf(RabiaException.SessionClosed.class);
  }

  @Test
  void aClientsClosedSessionIsTheClientsAffair() {
    submit(new Command(77, 5, 4, new byte[0]));
    assertThat(answered(sent().get(0), Sessions.CLOSED)).isTrue();
  }

  @Test
  void whenNoSessionCanBeOpenedWhatWaitsFailsAndTheNextCommandAsksAgain() {
    Answer a = submit(Command.of("a"));
    Answer b = submit(Command.of("b"));
    answered(sent().get(0), Sessions.FULL);
    keeper.advance(0);
    completions.flush();
    assertThat(a.failure()).isInstanceOf(RabiaException.Overload.class);
    assertThat(b.failure()).isInstanceOf(RabiaException.Overload.class);
    assertThat(sent()).as("asked again and again, as long as nobody wants it").isEmpty();
    submit(Command.of("c"));
    long own = open();
    assertThat(sent()).extracting(Sent::session).containsExactly(own);
  }

  @Test
  void boundsWhatWaitsForTheSession() {
    for (int i = 0; i < DEFERRED; i++) {
      assertThat(submit(Command.of("x")).isOpen()).isTrue();
    }
    assertThat(submit(Command.of("x")).failure()).isInstanceOf(RabiaException.Overload.class);
    assertThat(keeper.deferred()).isEqualTo(DEFERRED);
  }

  @Test
  void aCommandThatTimedOutWhileItWaitedIsNeverSent() {
    Answer answer = new Answer();
    Request request = Request.command(Command.of("a"), 10, answer);
    pending.add(request, 0);
    keeper.submit(request, 0);
    submit(Command.of("b"));
    pending.expire(10);
    long own = open();
    assertThat(sent()).extracting(Sent::number).containsExactly(1L);
    assertThat(own).isPositive();
  }

  // ---- closing what is silent

  private long sessionSeenNow() {
    long id = sessions.open(slot++, 0);
    keeper.seen(id);
    return id;
  }

  /** Ticks until the keeper proposes something, or so many times. */
  private int ticksUntilItSpeaks(int self, int most) {
    for (int tick = 1; tick <= most; tick++) {
      keeper.tick(sessions, self, MEMBERS, 0);
      if (!batcher.isEmpty()) {
        return tick;
      }
    }
    return most + 1;
  }

  private int selfOfRank(long session, int rank) {
    return (int) Math.floorMod(rank - session, (long) MEMBERS);
  }

  @Test
  void proposesToCloseASessionThatWasSilentForItsTimeToLive() {
    long id = sessionSeenNow();
    assertThat(ticksUntilItSpeaks(selfOfRank(id, 0), 100)).isEqualTo(TIME_TO_LIVE);
    Sent close = sent().get(0);
    assertThat(close.kind()).isEqualTo(CommandBatch.KIND_CLOSE_SESSION);
    assertThat(close.session()).isEqualTo(id);
    assertThat(close.number()).as("the last slot that it saw of it").isEqualTo(0);
    sessions.close(id, close.number());
    assertThat(sessions.isOpen(id)).isFalse();
  }

  @Test
  void theOthersWaitAQuarterLongerEach() {
    long id = sessionSeenNow();
    assertThat(ticksUntilItSpeaks(selfOfRank(id, 1), 100)).isEqualTo(TIME_TO_LIVE * 5 / 4);
    sent();
    keeper.seen(id);
    assertThat(ticksUntilItSpeaks(selfOfRank(id, 2), 100)).isEqualTo(TIME_TO_LIVE * 6 / 4);
  }

  @Test
  void aTimeToLiveWithoutEndIsOne() {
    SessionKeeper endless =
        new SessionKeeper(batcher, pending, ChronoUnit.FOREVER.getDuration().toSeconds(), DEFERRED);
    long id = sessions.open(slot++, 0);
    endless.seen(id);
    for (int self = 0; self < MEMBERS; self++) {
      endless.tick(sessions, self, MEMBERS, 0);
    }
    assertThat(sent()).isEmpty();
  }

  @Test
  void aCommandOfTheSessionStartsItsTimeAnew() {
    long id = sessionSeenNow();
    int self = selfOfRank(id, 0);
    assertThat(ticksUntilItSpeaks(self, TIME_TO_LIVE - 1)).isEqualTo(TIME_TO_LIVE);
    keeper.seen(id);
    assertThat(ticksUntilItSpeaks(self, 100)).isEqualTo(TIME_TO_LIVE);
  }

  @Test
  void proposesAgainWhenTheSessionOutlivedTheProposal() {
    long id = sessionSeenNow();
    int self = selfOfRank(id, 0);
    ticksUntilItSpeaks(self, 100);
    sent();
    assertThat(ticksUntilItSpeaks(self, 100)).isEqualTo(TIME_TO_LIVE);
  }

  @Test
  void forgetsASessionThatIsClosed() {
    long id = sessionSeenNow();
    sessions.close(id, slot);
    assertThat(ticksUntilItSpeaks(selfOfRank(id, 0), 100)).isEqualTo(101);
  }

  @Test
  void neverProposesToCloseItsOwn() {
    submit(Command.of("a"));
    open();
    sent();
    for (int self = 0; self < MEMBERS; self++) {
      assertThat(ticksUntilItSpeaks(self, 100)).isEqualTo(101);
    }
  }
}
