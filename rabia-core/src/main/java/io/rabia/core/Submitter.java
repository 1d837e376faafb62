package io.rabia.core;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where commands and reads go in: implemented by the engine, called by servers and services, from
 * any thread. Nothing here blocks; a full inbox fails the future with {@link
 * RabiaException.Overload}.
 */
public interface Submitter {

  /**
   * Executes the command once and completes with its result; past {@code timeout} with {@link
   * RabiaException.Timeout}.
   */
  CompletableFuture<byte[]> submit(Command command, Duration timeout);

  /**
   * As {@link #submit(Command, Duration)}, without a future: {@code whenDone} is told once, of the
   * result or of what went wrong, where a future would complete. The result is not copied and must
   * not change: it may be part of the replicated state.
   */
  default void submit(
      Command command,
      Duration timeout,
      BiConsumer<byte @Nullable [], @Nullable Throwable> whenDone) {
    submit(command, timeout).whenComplete(whenDone);
  }

  /** Reads the state machine. */
  CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency, Duration timeout);

  /** Opens a session and completes with its id (never 0). */
  CompletableFuture<Long> openSession(Duration timeout);

  /**
   * Ends a session: what is sent in it later is refused, and what it holds on every replica is
   * free. Completes when that is so. Where it is not done, which is the default, it ends by itself
   * once it was silent for long.
   */
  default CompletableFuture<Void> closeSession(long session, Duration timeout) {
    return CompletableFuture.failedFuture(
        new RabiaException.Validation("sessions end by themselves here"));
  }

  /** Zero until the cluster is formed. */
  ClusterId clusterId();
}
