package io.rabia.leader;

import java.time.Duration;

/** Waits to lead, leads until it is closed. Thread-safe. */
public final class LeaderLatch implements AutoCloseable {
  private final LeaderElection election;

  LeaderLatch(LeaderElection election) {
    this.election = election;
    election.campaign();
  }

  /** Waits until this process leads; false when it does not in time. */
  public boolean await(Duration timeout) throws InterruptedException {
    return election.awaitLeadership(timeout);
  }

  /** See {@link LeaderElection#isLeader}. */
  public boolean isLeader() {
    return election.isLeader();
  }

  public LeaderElection election() {
    return election;
  }

  /** Steps down. */
  @Override
  public void close() {
    election.stepDown();
  }
}
