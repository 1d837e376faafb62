package io.rabia.engine;

import io.rabia.core.RabiaException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands outcomes from the engine's thread to the callers' executor, all of a duty cycle as one
 * task. When that executor takes nothing more, the JVM's common pool does it: an answer is never
 * lost, and never given on the engine's thread.
 */
final class Completions {
  private static final Logger LOG = LoggerFactory.getLogger(Completions.class);

  private final Executor executor;
  private List<Runnable> ready = new ArrayList<>();

  Completions(Executor executor) {
    this.executor = executor;
  }

  void result(ResultHandler handler, byte[] result) {
    ready.add(() -> handler.onResult(result));
  }

  void failure(ResultHandler handler, RabiaException failure) {
    ready.add(() -> handler.onFailure(failure));
  }

  void status(CompletableFuture<EngineStatus> future, EngineStatus status) {
    ready.add(() -> future.complete(status));
  }

  void flush() {
    if (ready.isEmpty()) {
      return;
    }
    List<Runnable> batch = ready;
    ready = new ArrayList<>(batch.size());
    Runnable task = () -> complete(batch);
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      ForkJoinPool.commonPool().execute(task);
    }
  }

  /** An Error is the executor's to deal with, once all have their outcomes. */
  private static void complete(List<Runnable> batch) {
    Error error = null;
    for (Runnable completion : batch) {
      try {
        completion.run();
      } catch (RuntimeException e) {
        LOG.warn("A result handler failed", e);
      } catch (Error e) {
        error = e;
      }
    }
    if (error != null) {
      throw error;
    }
  }
}
