package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PendingResultsTest {
  private static final long MS = 1_000_000;
  private static final int WINDOW = 8;

  private final Completions completions = new Completions(Runnable::run);
  private final PendingResults pending = new PendingResults(completions, WINDOW);

  private static Request request(Answer answer, long timeout) {
    return Request.command(Command.of("x"), timeout, answer);
  }

  private Answer add(long timeout, long now) {
    Answer answer = new Answer();
    pending.add(request(answer, timeout), now);
    return answer;
  }

  private void expire(long now) {
    pending.expire(now);
    completions.flush();
  }

  @Test
  void aDeadlineThatPassesLeavesTheOutcomeUnknownAndNothingWaiting() {
    Answer answer = add(5 * MS, 100);
    expire(100 + 5 * MS - 1);
    assertThat(answer.isOpen()).isTrue();
    assertThat(pending.size()).isEqualTo(1);
    expire(100 + 5 * MS);
    assertThat(answer.failure())
        .isInstanceOf(RabiaException.Timeout.class)
        .hasMessageContaining("within 5 ms")
        .hasMessageContaining("outcome unknown");
    assertThat(pending.size()).isZero();
    assertThat(pending.nearestDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void eachRequestHasADeadlineOfItsOwn() {
    List<Answer> answers = new ArrayList<>();
    for (long timeout : new long[] {30, 10, 20}) {
      answers.add(add(timeout * MS, 0));
    }
    assertThat(pending.nearestDeadline()).isEqualTo(10 * MS);
    expire(10 * MS);
    assertThat(answers).extracting(Answer::isOpen).containsExactly(true, false, true);
    assertThat(pending.nearestDeadline()).isEqualTo(20 * MS);
    expire(25 * MS);
    assertThat(answers).extracting(Answer::isOpen).containsExactly(true, false, false);
    assertThat(pending.nearestDeadline()).isEqualTo(30 * MS);
  }

  @Test
  void aTimeoutWithoutEndNeverPasses() {
    Answer answer = add(Long.MAX_VALUE, 1_000 * MS);
    expire(2_000 * MS);
    assertThat(answer.isOpen()).isTrue();
  }

  @Test
  void anAnswerThatComesTooLateIsNotGivenTwice() {
    Answer answer = new Answer();
    Request request = request(answer, MS);
    pending.add(request, 0);
    expire(MS);
    pending.succeed(request, new byte[] {1});
    pending.fail(request, new RabiaException.Closed("late"));
    completions.flush();
    assertThat(answer.failure()).isInstanceOf(RabiaException.Timeout.class);
    assertThat(pending.size()).isZero();
  }

  @Test
  void whatIsAnsweredWaitsNoMore() {
    Answer answer = new Answer();
    Request request = request(answer, MS);
    pending.add(request, 0);
    pending.succeed(request, new byte[] {7});
    expire(10 * MS);
    assertThat(answer.bytes()).containsExactly(7);
    assertThat(pending.size()).isZero();
  }

  @Test
  void theCommandsOfABatchComeBackInItsOrder() {
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Request request = request(new Answer(), MS);
      requests.add(request);
      pending.add(request, 0);
      pending.queued(request);
    }
    pending.batched(41, 2);
    pending.batched(42, 3);
    assertThat(pending.take(42)).containsExactlyElementsOf(requests.subList(2, 5));
    assertThat(pending.take(41)).containsExactlyElementsOf(requests.subList(0, 2));
    assertThat(pending.take(41)).as("taken once").isNull();
  }

  @Test
  void aBatchOfAFormerRunHasNoRequests() {
    pending.queued(request(new Answer(), MS));
    pending.batched(5, 1);
    assertThat(pending.take(5 + WINDOW)).isNull();
    assertThat(pending.take(4)).isNull();
    assertThat(pending.take(0)).isNull();
    assertThat(pending.take(5)).hasSize(1);
  }

  @Test
  void failsEverythingThatWaitsAtOnce() {
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      answers.add(add(MS, 0));
    }
    pending.failAll(new RabiaException.Closed("closed"));
    completions.flush();
    assertThat(answers)
        .allSatisfy(a -> assertThat(a.failure()).isInstanceOf(RabiaException.Closed.class));
    assertThat(pending.size()).isZero();
  }
}
