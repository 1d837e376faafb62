package io.rabia.leader;

import io.rabia.core.NodeId;
import io.rabia.engine.EngineState;
import java.time.Duration;
import java.util.Optional;

/** What a {@link LeaderNotificationBus} tells. Immutable. */
public sealed interface LeaderEvent {

  /** The member that it is about, if it is about one. */
  default Optional<NodeId> about() {
    return Optional.empty();
  }

  /**
   * About who leads, and the heartbeats by which they do, as this process sees it; terms and
   * heartbeats in between may be left out.
   */
  sealed interface Leadership extends LeaderEvent {}

  /** About the members and the processes on them. */
  sealed interface Topology extends LeaderEvent {}

  /** About the log: whether it goes on. */
  sealed interface Consensus extends LeaderEvent {}

  record LeaderElected(String election, long term, Leader leader) implements Leadership {
    @Override
    public Optional<NodeId> about() {
      return leader.node();
    }
  }

  /** Somebody leads no more: withdrew, was deposed, or another election was asked for. */
  record LeaderSteppedDown(String election, long term, Leader leader) implements Leadership {
    @Override
    public Optional<NodeId> about() {
      return leader.node();
    }
  }

  /** There are candidates and no leader. */
  record ElectionStarted(String election, long lastTerm, int candidates) implements Leadership {}

  /**
   * An election has a leader, or has none within {@link LeaderConfig#electionTimeout}.
   *
   * @param took since this process saw it start
   */
  record ElectionCompleted(String election, Optional<Leader> leader, Duration took)
      implements Leadership {}

  /**
   * A heartbeat of a process was applied.
   *
   * @param beats of its session so far
   * @param response how long it took the heartbeat before
   */
  record Heartbeat(String name, Optional<NodeId> node, long beats, Duration response)
      implements Leadership {
    @Override
    public Optional<NodeId> about() {
      return node;
    }
  }

  /** This member has a connection to another one. */
  record NodeJoined(NodeId node) implements Topology {
    @Override
    public Optional<NodeId> about() {
      return Optional.of(node);
    }
  }

  /** This member's connection to another one has ended. */
  record NodeLeft(NodeId node, String reason) implements Topology {
    @Override
    public Optional<NodeId> about() {
      return Optional.of(node);
    }
  }

  record NodeHealthChanged(String name, Optional<NodeId> node, NodeHealth before, NodeHealth after)
      implements Topology {
    @Override
    public Optional<NodeId> about() {
      return node;
    }
  }

  /** Members, connections or roles are others than before. */
  record TopologyUpdated(io.rabia.leader.Topology topology) implements Topology {}

  /**
   * Whether this member reaches a quorum, or how many that are, is another than before.
   *
   * @param quorum members that must be connected, this one included
   */
  record QuorumChanged(boolean reached, int connected, int quorum) implements Topology {}

  /** A quorum is reached: the log goes on here. */
  record ConsensusAppeared() implements Consensus {}

  /** No quorum is reached: nothing is answered here. */
  record ConsensusDisappeared() implements Consensus {}

  record ConsensusStateChanged(EngineState state, String reason) implements Consensus {}
}
