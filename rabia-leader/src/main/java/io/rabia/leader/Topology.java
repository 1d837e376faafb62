package io.rabia.leader;

import io.rabia.core.NodeId;
import java.util.List;

/**
 * The members of the cluster, as this one sees them. Immutable.
 *
 * @param version counts the changes that this process saw
 * @param epoch of the configuration
 * @param quorum members that must be connected for the log to go on
 * @param quorumReached whether so many are
 */
public record Topology(
    long version, long epoch, List<Member> members, int quorum, boolean quorumReached) {

  public Topology {
    members = List.copyOf(members);
  }

  /** What a member does in the election that {@link LeaderManager} itself stands for. */
  public enum Role {
    LEADER,
    CANDIDATE,
    /** It sends heartbeats and does not want to lead. */
    FOLLOWER,
    /** No process on it sends heartbeats. */
    NONE
  }

  /**
   * @param connected with this member, or this member itself
   */
  public record Member(NodeId id, Role role, boolean connected) {}
}
