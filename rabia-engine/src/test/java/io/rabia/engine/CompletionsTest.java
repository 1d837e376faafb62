package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class CompletionsTest {
  private final List<Runnable> tasks = new ArrayList<>();
  private final Completions completions = new Completions(tasks::add);

  @Test
  void handsAWholeDutyCycleToTheExecutorAsOneTask() {
    Answer first = new Answer();
    Answer second = new Answer();
    CompletableFuture<EngineStatus> status = new CompletableFuture<>();
    completions.result(request(first), new byte[] {1});
    completions.failure(request(second), new RabiaException.Timeout("late"));
    completions.status(Request.status(status).question(), EngineStatusTest.fresh());
    assertThat(tasks).isEmpty();
    completions.flush();
    assertThat(first.isOpen() && second.isOpen()).as("nothing on the engine's thread").isTrue();
    assertThat(tasks).hasSize(1);
    tasks.get(0).run();
    assertThat(first.bytes()).containsExactly(1);
    assertThat(second.failure()).isInstanceOf(RabiaException.Timeout.class);
    assertThat(status).isCompletedWithValue(EngineStatusTest.fresh());
  }

  /** What the engine hands out is the session table's, which is the same at all members. */
  @Test
  void aHandlerMayDoWhatItWantsWithTheResultOfACommand() {
    Answer answer = new Answer();
    byte[] kept = {1};
    completions.result(request(answer), kept);
    completions.flush();
    tasks.get(0).run();
    assertThat(answer.bytes()).isEqualTo(kept).isNotSameAs(kept);
  }

  /** One that expired is kept until its batch is decided: nothing else is with it. */
  @Test
  void aRequestThatWasToldKeepsNothing() {
    Request expired = request(new Answer());
    completions.failure(expired, new RabiaException.Timeout("late"));
    completions.result(request(new Answer()), new byte[] {1});
    completions.flush();
    assertThat(expired.answeredNext).isNotNull();
    tasks.get(0).run();
    assertThat(expired.answeredNext).isNull();
  }

  @Test
  void nothingToSayIsNoTask() {
    completions.flush();
    completions.result(request(new Answer()), new byte[0]);
    completions.flush();
    completions.flush();
    assertThat(tasks).hasSize(1);
  }

  private static Request request(ResultHandler handler) {
    return Request.command(Command.of("x"), 1, handler);
  }

  private static ResultHandler doing(Runnable onResult) {
    return new ResultHandler() {
      @Override
      public void onResult(byte[] result) {
        onResult.run();
      }

      @Override
      public void onFailure(RabiaException failure) {}
    };
  }

  @Test
  void aHandlerThatThrowsDoesNotKeepTheOthersFromTheirAnswer() {
    Answer after = new Answer();
    completions.result(
        request(
            doing(
                () -> {
                  throw new IllegalStateException("the caller's bug");
                })),
        new byte[0]);
    completions.result(
        request(
            doing(
                () -> {
                  throw new AssertionError("the caller's other bug");
                })),
        new byte[0]);
    completions.result(request(after), new byte[] {2});
    completions.flush();
    assertThatThrownBy(() -> tasks.get(0).run()).hasMessage("the caller's other bug");
    assertThat(after.bytes()).containsExactly(2);
  }

  @Test
  void anExecutorThatTakesNothingMoreCostsNoAnswerAndNotTheEnginesThread() {
    Completions rejected =
        new Completions(
            task -> {
              throw new RejectedExecutionException("shut down");
            });
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    rejected.result(request(doing(() -> thread.complete(Thread.currentThread()))), new byte[0]);
    rejected.flush();
    Awaitility.await().until(thread::isDone);
    assertThat(thread.join()).isNotSameAs(Thread.currentThread());
  }
}
