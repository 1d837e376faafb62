package io.rabia.kvstore;

import static java.util.concurrent.CompletableFuture.delayedExecutor;

import io.rabia.core.ReadConsistency;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;

/**
 * Lets keys expire in a store that nobody writes to: log time only goes on with commands, so one is
 * sent when an entry is over by this process's clock. That decides nothing: what expires is up to
 * the log time of the command. Looks ten times a second, on the common pool.
 */
final class Expirer implements AutoCloseable {
  /** Without an executor named, each look is a new thread where there are two processors or one. */
  private static final Executor LATER =
      ForkJoinPool.getCommonPoolParallelism() > 0
          ? delayedExecutor(100, TimeUnit.MILLISECONDS, ForkJoinPool.commonPool())
          : delayedExecutor(100, TimeUnit.MILLISECONDS);

  private final KvRequests store;
  private long logTime;
  private long since = System.nanoTime();
  private volatile boolean closed;

  Expirer(KvRequests store) {
    this.store = store;
    LATER.execute(this::look);
  }

  private void look() {
    if (closed) {
      return;
    }
    store
        .query(new KvQuery.Statistics(), ReadConsistency.LOCAL)
        .thenCompose(counted -> expire(((KvResult.Counted) counted).statistics()))
        .whenComplete(
            (more, failure) -> {
              if (failure != null
                  && StoreException.from(failure).error() == StoreError.SHUTTING_DOWN) {
                closed = true;
              } else if (failure == null && more) {
                look();
              } else {
                LATER.execute(this::look);
              }
            });
  }

  /** Completes with whether more is over. */
  private CompletableFuture<Boolean> expire(StoreStatistics statistics) {
    long now = System.nanoTime();
    if (statistics.logTime() != logTime) {
      logTime = statistics.logTime();
      since = now;
    }
    if (statistics.nextExpiry() == Entry.NEVER || statistics.nextExpiry() - logTime > now - since) {
      return CompletableFuture.completedFuture(false);
    }
    return store.execute(new KvCommand.Tick()).thenApply(r -> ((KvResult.Exists) r).exists());
  }

  @Override
  public void close() {
    closed = true;
  }
}
