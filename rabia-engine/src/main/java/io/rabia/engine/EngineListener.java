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
}
