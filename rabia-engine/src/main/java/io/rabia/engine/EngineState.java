package io.rabia.engine;

/** What a node is able to do. */
public enum EngineState {
  /**
   * Not formed yet, or fewer than a quorum of members are connected: answers local reads at most.
   */
  RECOVERING,
  /** Takes part, but applies what others decided long ago. */
  CATCHING_UP,
  /** Takes commands and reads. */
  SERVING,
  /** Its votes are lost or its disk failed: does not vote. */
  DEGRADED,
  /** Closed, or stopped by a violated invariant. */
  STOPPED
}
