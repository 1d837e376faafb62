package io.rabia.testing;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/** A fault that was injected and ends by itself. Thread-safe. */
public final class InjectedFault {
  private final FaultType type;
  private final LongSupplier strikes;
  private final Runnable undo;
  private final long before;
  private final AtomicBoolean ending = new AtomicBoolean();
  private final CompletableFuture<Void> over = new CompletableFuture<>();
  private volatile long after = -1;

  /**
   * @param strikes counts up whenever such a fault has an effect
   */
  InjectedFault(FaultType type, LongSupplier strikes, Runnable undo) {
    this.type = type;
    this.strikes = strikes;
    this.undo = undo;
    before = strikes.getAsLong();
  }

  public FaultType type() {
    return type;
  }

  /** It had an effect: a fault without one tests nothing. */
  public boolean fired() {
    long end = after;
    return (end < 0 ? strikes.getAsLong() : end) > before;
  }

  /** Ends it now, unless it is over. */
  public void end() {
    if (ending.compareAndSet(false, true)) {
      after = strikes.getAsLong();
      try {
        undo.run();
      } finally {
        over.complete(null);
      }
    }
  }

  public boolean isOver() {
    return over.isDone();
  }

  /**
   * Waits until it is over and undone.
   *
   * @throws java.util.concurrent.CompletionException when it lasts 30 s longer than it should
   */
  public void awaitEnd() {
    over.copy()
        .orTimeout(
            type.duration().toMillis() + TimeUnit.SECONDS.toMillis(30), TimeUnit.MILLISECONDS)
        .join();
  }
}
