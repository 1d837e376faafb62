package io.rabia.core;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

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

  /** Reads the state machine. */
  CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency, Duration timeout);

  /** Opens a session and completes with its id (never 0). */
  CompletableFuture<Long> openSession(Duration timeout);

  /** Zero until the cluster is formed. */
  ClusterId clusterId();
}
