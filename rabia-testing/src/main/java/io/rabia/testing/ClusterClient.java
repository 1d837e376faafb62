package io.rabia.testing;

import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.engine.RabiaEngine;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A client that asks one thing after the other and, without an answer, asks the next node: with the
 * same session and number, so that a command is executed once. One thread.
 */
final class ClusterClient {
  /** Doubled with each: a network may be slower than this. */
  private static final Duration FIRST_ATTEMPT = Duration.ofSeconds(1);

  private static final Duration LAST_ATTEMPT = Duration.ofSeconds(16);
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final long BETWEEN_ATTEMPTS = 10_000_000;

  private final TestCluster cluster;
  private final List<NodeId> nodes;
  private final boolean failsOver;
  private int target;
  private long session;
  private long number;

  /**
   * @param first index of the node that it asks first
   * @param failsOver false: it asks only that one, once
   */
  ClusterClient(TestCluster cluster, int first, boolean failsOver) {
    this.cluster = cluster;
    this.failsOver = failsOver;
    nodes = cluster.nodes();
    target = first % nodes.size();
  }

  private interface Attempt<T> {
    CompletableFuture<T> on(RabiaEngine engine, Duration timeout);
  }

  /** The result; null when it is unknown, after {@code deadline} at the latest. */
  byte @Nullable [] submit(byte[] payload, long deadline) {
    if (session == 0 && !openSession(deadline)) {
      return null;
    }
    number++;
    Command command = new Command(session, number, number, payload);
    try {
      return ask((engine, timeout) -> engine.submit(command, timeout), deadline);
    } catch (RabiaException.SessionClosed e) {
      session = 0;
      return null;
    }
  }

  private boolean openSession(long deadline) {
    Long opened = ask(RabiaEngine::openSession, deadline);
    if (opened == null) {
      return false;
    }
    session = opened;
    number = 0;
    return true;
  }

  /** As {@link #submit}, for a linearizable query. */
  byte @Nullable [] read(byte[] query, long deadline) {
    return ask(
        (engine, timeout) -> engine.read(query, ReadConsistency.LINEARIZABLE, timeout), deadline);
  }

  /** Null when nobody answered. */
  private <T> @Nullable T ask(Attempt<T> attempt, long deadline) {
    Duration timeout = FIRST_ATTEMPT;
    while (System.nanoTime() - deadline < 0 && !Thread.currentThread().isInterrupted()) {
      try {
        return attempt
            .on(cluster.engine(nodes.get(target)), timeout)
            .orTimeout(timeout.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS)
            .join();
      } catch (IllegalStateException down) {
        // to the next one
      } catch (CompletionException e) {
        if (e.getCause() instanceof RabiaException.SessionClosed closed) {
          throw closed;
        }
        if (e.getCause() instanceof RabiaException.StateMachineFailure failure) {
          throw failure;
        }
        if (e.getCause() instanceof RabiaException.Timeout && timeout.compareTo(LAST_ATTEMPT) < 0) {
          timeout = timeout.multipliedBy(2);
        }
      }
      if (!failsOver) {
        return null;
      }
      target = (target + 1) % nodes.size();
      LockSupport.parkNanos(BETWEEN_ATTEMPTS);
    }
    return null;
  }
}
