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

  /** Forces of the own log have become slow ({@link RabiaConfig#slowForce}), or are no more. */
  default void onSlowDisk(boolean slow) {}

  /** A member speaks so late as a rule that nobody waits for it, or does so no more. */
  default void onMemberLate(NodeId member, boolean late) {}

  /**
   * A member's state is another one than that of a majority, or than that of some as long as no
   * majority is known: its state machine is not deterministic, or its machine is broken.
   *
   * @param slot after which it was noticed
   * @param settled whether a majority contradicts it, or none can exist: it stops as DEGRADED
   */
  default void onStateDiffers(NodeId member, long slot, boolean settled) {}

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
