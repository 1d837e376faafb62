package io.rabia.leader;

import io.rabia.core.RabiaException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How a process takes part in leadership. Immutable.
 *
 * @param heartbeatInterval between two heartbeats, 1 ms or more; default 1 s. Shorter notices
 *     deaths earlier if leaderTimeout is shorter, too, and costs commands in the log
 * @param leaderTimeout after so much log time without an applied heartbeat the session of a process
 *     ends and a leader is deposed, at least twice heartbeatInterval; default 3 s. Shorter takes
 *     over faster and takes pauses for deaths. Between two commands half of it passes at most, so
 *     it may take longer where others send heartbeats more seldom than that
 * @param electionTimeout from the death of a leader to the next one, at least leaderTimeout and
 *     heartbeatInterval; default 5 s. An election without a result by then is reported as failed
 * @param minHealthyNodes so many processes, by name, must send heartbeats for somebody to be
 *     elected, 0 or more; default 0: a quorum of the members, for a manager on an engine. One over
 *     a client knows no members, and 0 asks for none there but those that the log needs itself.
 *     More than a quorum waits with a leader until more live; who leads is not deposed by it
 * @param autoFailover whether another one is elected when a leader is deposed; default true. False:
 *     none until {@link LeaderElection#triggerElection}
 * @param leadershipPriority the highest is elected, among equals who campaigned first; default 100
 * @param failureThreshold missed heartbeats after which a process is unhealthy, 1 or more; default
 *     3
 * @param recoveryThreshold heartbeats in order after which it is healthy again, 1 or more; default
 *     2
 * @param slowResponse a process whose heartbeats take longer is degraded; default 500 ms
 */
public record LeaderConfig(
    Duration heartbeatInterval,
    Duration leaderTimeout,
    Duration electionTimeout,
    int minHealthyNodes,
    boolean autoFailover,
    int leadershipPriority,
    int failureThreshold,
    int recoveryThreshold,
    Duration slowResponse) {

  /**
   * @throws RabiaException.Validation for values that do not go together
   */
  public LeaderConfig {
    check(heartbeatInterval.toMillis() >= 1, "heartbeatInterval must be 1 ms or more");
    check(
        leaderTimeout.compareTo(heartbeatInterval.multipliedBy(2)) >= 0
            && leaderTimeout.compareTo(Duration.ofDays(1)) <= 0,
        "leaderTimeout must be at least twice heartbeatInterval, and a day at most");
    check(
        electionTimeout.compareTo(leaderTimeout.plus(heartbeatInterval)) >= 0,
        "electionTimeout must be at least leaderTimeout and heartbeatInterval together");
    check(minHealthyNodes >= 0, "minHealthyNodes must be 0 or more");
    check(
        failureThreshold >= 1 && recoveryThreshold >= 1,
        "failureThreshold and recoveryThreshold must be 1 or more");
    check(slowResponse.toMillis() >= 1, "slowResponse must be 1 ms or more");
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new RabiaException.Validation(message);
    }
  }

  /** What is allowed in a cluster with this quorum, and may be a mistake; for people. */
  public List<String> warnings(int quorum) {
    List<String> warnings = new ArrayList<>();
    if (minHealthyNodes > quorum) {
      warnings.add(
          "minHealthyNodes "
              + minHealthyNodes
              + " is more than the quorum "
              + quorum
              + ": nobody is elected while the log still serves with fewer");
    }
    return warnings;
  }

  public static LeaderConfig defaults() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Collects a {@link LeaderConfig}; not thread-safe. */
  public static final class Builder {
    private Duration heartbeatInterval = Duration.ofSeconds(1);
    private Duration leaderTimeout = Duration.ofSeconds(3);
    private Duration electionTimeout = Duration.ofSeconds(5);
    private int minHealthyNodes;
    private boolean autoFailover = true;
    private int leadershipPriority = 100;
    private int failureThreshold = 3;
    private int recoveryThreshold = 2;
    private Duration slowResponse = Duration.ofMillis(500);

    private Builder() {}

    public Builder heartbeatInterval(Duration heartbeatInterval) {
      this.heartbeatInterval = heartbeatInterval;
      return this;
    }

    public Builder leaderTimeout(Duration leaderTimeout) {
      this.leaderTimeout = leaderTimeout;
      return this;
    }

    public Builder electionTimeout(Duration electionTimeout) {
      this.electionTimeout = electionTimeout;
      return this;
    }

    public Builder minHealthyNodes(int minHealthyNodes) {
      this.minHealthyNodes = minHealthyNodes;
      return this;
    }

    public Builder autoFailover(boolean autoFailover) {
      this.autoFailover = autoFailover;
      return this;
    }

    public Builder leadershipPriority(int leadershipPriority) {
      this.leadershipPriority = leadershipPriority;
      return this;
    }

    public Builder failureThreshold(int failureThreshold) {
      this.failureThreshold = failureThreshold;
      return this;
    }

    public Builder recoveryThreshold(int recoveryThreshold) {
      this.recoveryThreshold = recoveryThreshold;
      return this;
    }

    public Builder slowResponse(Duration slowResponse) {
      this.slowResponse = slowResponse;
      return this;
    }

    public LeaderConfig build() {
      return new LeaderConfig(
          heartbeatInterval,
          leaderTimeout,
          electionTimeout,
          minHealthyNodes,
          autoFailover,
          leadershipPriority,
          failureThreshold,
          recoveryThreshold,
          slowResponse);
    }
  }
}
