package io.rabia.engine;

import io.rabia.core.NodeId;

/**
 * Hears of what happens to a node; called on the engine's thread, so it must return at once. What
 * it throws is logged.
 */
public interface EngineListener {

  default void onStateChanged(EngineState state, String reason) {}

  default void onMemberConnected(NodeId member) {}

  default void onMemberDisconnected(NodeId member, String reason) {}

  /** Another configuration governs from now on. */
  default void onConfigurationChanged(ClusterView view) {}

  default void onQuorumLost() {}

  default void onQuorumRegained() {}

  /** A snapshot of the first {@code applied} slots was written, and has so many bytes. */
  default void onSnapshotTaken(long applied, long bytes) {}

  /**
   * The state was replaced by that after the first {@code applied} slots, since another member no
   * longer had the decisions.
   */
  default void onSnapshotInstalled(long applied, NodeId from) {}
}
