package io.rabia.leader;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Waits to lead, leads until it is closed. Several of one election open together, and this process
 * steps down when the last one is closed. Thread-safe.
 */
public final class LeaderLatch implements AutoCloseable {
  private final LeaderElection election;
  private final AtomicBoolean closed = new AtomicBoolean();

  LeaderLatch(LeaderElection election) {
    this.election = election;
    election.open();
  }

  /** Waits until this process leads; false when it does not in time, or this is closed. */
  public boolean await(Duration timeout) throws InterruptedException {
    return !closed.get() && election.awaitLeadership(timeout) && !closed.get();
  }

  /** See {@link LeaderElection#isLeader}; false once this is closed. */
  public boolean isLeader() {
    return !closed.get() && election.isLeader();
  }

  public LeaderElection election() {
    return election;
  }

  /** Steps down, if this is the last one. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      election.close();
    }
  }
}
