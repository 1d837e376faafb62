package io.rabia.leader;

import io.rabia.core.Submitter;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A lock among processes and among the threads of each, first come, first served among processes:
 * an election that everybody leaves when done. It is given free when the process' heartbeats stop
 * for {@link LeaderConfig#leaderTimeout}, whatever its holder thinks; so what the holder does has
 * to carry the token that {@link #acquire} gave ({@link #fenced}). Not reentrant. Thread-safe; any
 * thread may release it.
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
   * @return the fencing token, higher than that of every holder before, valid when the wait ended;
   *     empty when it was not to be had in time
   */
  public OptionalLong acquire(Duration timeout) throws InterruptedException {
    long patience = TimeUnit.NANOSECONDS.convert(timeout);
    long begun = System.nanoTime();
    if (!here.tryAcquire(patience, TimeUnit.NANOSECONDS)) {
      return OptionalLong.empty();
    }
    OptionalLong token = OptionalLong.empty();
    try {
      election.campaign();
      long left = Math.max(0, patience - (System.nanoTime() - begun));
      token = election.awaitToken(Duration.ofNanos(left));
      return token;
    } finally {
      if (token.isEmpty()) {
        release();
      }
    }
  }

  /** Does this process hold it, as far as it can know? See {@link LeaderElection#isLeader}. */
  public boolean isHeld() {
    return election.isLeader();
  }

  /** See {@link LeaderElection#fenced(String, long)}. */
  public Submitter fenced(String part, long token) {
    return election.fenced(part, token);
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
