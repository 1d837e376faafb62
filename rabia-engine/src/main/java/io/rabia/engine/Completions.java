package io.rabia.engine;

import io.rabia.core.RabiaException;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
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
  private @Nullable Request first;
  private @Nullable Request last;

  Completions(Executor executor) {
    this.executor = executor;
  }

  void result(Request request, byte[] result) {
    request.succeeded(result);
    add(request);
  }

  void status(Request.Question request, EngineStatus status) {
    request.succeeded(status);
    add(request);
  }

  void failure(Request request, RabiaException failure) {
    request.failed(failure);
    add(request);
  }

  private void add(Request request) {
    if (last == null) {
      first = request;
    } else {
      last.answeredNext = request;
    }
    last = request;
  }

  void flush() {
    Request oldest = first;
    if (oldest == null) {
      return;
    }
    first = null;
    last = null;
    Runnable task = () -> tell(oldest);
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      ForkJoinPool.commonPool().execute(task);
    }
  }

  /** An Error is the executor's to deal with, once all have their outcomes. */
  private static void tell(Request oldest) {
    Error error = null;
    Request following = oldest;
    while (following != null) {
      Request request = following;
      following = request.answeredNext;
      request.answeredNext = null; // one that expired stays with its batch, without those behind it
      try {
        request.tell();
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
