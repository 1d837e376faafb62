package io.rabia.leader;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A lock among processes and among the threads of each, first come, first served among processes:
 * an election that everybody leaves when done. It is given free when the process' heartbeats stop
 * for {@link LeaderConfig#leaderTimeout}, whatever its holder thinks; so what the holder does has
 * to carry its token ({@link #fenced}). Not reentrant. Thread-safe; any thread may release it.
 */
public final class LeaderLock {
  private final LeaderElection election;
  private final Semaphore here = new Semaphore(1);

  LeaderLock(LeaderElection election) {
    this.election = election;
  }

  /**
   * Waits for the lock.
   *
   * @return the fencing token, higher than that of every holder before; empty when it was not to be
   *     had in time
   */
  public OptionalLong acquire(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    if (!here.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      return OptionalLong.empty();
    }
    boolean done = false;
    try {
      election.campaign();
      done = election.awaitLeadership(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
      return done ? OptionalLong.of(election.term()) : OptionalLong.empty();
    } finally {
      if (!done) {
        release();
      }
    }
  }

  /** Does this process hold it, as far as it can know? See {@link LeaderElection#isLeader}. */
  public boolean isHeld() {
    return election.isLeader();
  }

  /** See {@link LeaderElection#fenced}. */
  public io.rabia.core.Submitter fenced(String part) {
    return election.fenced(part);
  }

  /**
   * To be called once after each {@link #acquire} that gave a token.
   *
   * @return completes when others can have it
   */
  public CompletableFuture<Void> release() {
    CompletableFuture<Void> released = election.stepDown();
    here.release();
    return released;
  }
}
