package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    completions.result(first, new byte[] {1});
    completions.failure(second, new RabiaException.Timeout("late"));
    completions.status(status, EngineStatusTest.fresh());
    assertThat(tasks).isEmpty();
    completions.flush();
    assertThat(first.isOpen() && second.isOpen()).as("nothing on the engine's thread").isTrue();
    assertThat(tasks).hasSize(1);
    tasks.get(0).run();
    assertThat(first.bytes()).containsExactly(1);
    assertThat(second.failure()).isInstanceOf(RabiaException.Timeout.class);
    assertThat(status).isCompletedWithValue(EngineStatusTest.fresh());
  }

  @Test
  void nothingToSayIsNoTask() {
    completions.flush();
    completions.result(new Answer(), new byte[0]);
    completions.flush();
    completions.flush();
    assertThat(tasks).hasSize(1);
  }

  private static ResultHandler broken(Runnable bug) {
    return new ResultHandler() {
      @Override
      public void onResult(byte[] result) {
        bug.run();
      }

      @Override
      public void onFailure(RabiaException failure) {}
    };
  }

  @Test
  void aHandlerThatThrowsDoesNotKeepTheOthersFromTheirAnswer() {
    Answer after = new Answer();
    completions.result(
        broken(
            () -> {
              throw new IllegalStateException("the caller's bug");
            }),
        new byte[0]);
    completions.result(
        broken(
            () -> {
              throw new AssertionError("the caller's other bug");
            }),
        new byte[0]);
    completions.result(after, new byte[] {2});
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
    rejected.result(
        new ResultHandler() {
          @Override
          public void onResult(byte[] result) {
            thread.complete(Thread.currentThread());
          }

          @Override
          public void onFailure(RabiaException failure) {}
        },
        new byte[0]);
    rejected.flush();
    Awaitility.await().until(thread::isDone);
    assertThat(thread.join()).isNotSameAs(Thread.currentThread());
  }
}
