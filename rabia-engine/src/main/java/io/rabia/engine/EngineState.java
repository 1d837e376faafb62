package io.rabia.engine;

/** What a node is able to do. */
public enum EngineState {
  /**
   * Not formed yet, or fewer than a quorum of members are connected: answers local reads at most.
   * Or members have different states and it is not known whose is wrong: answers nothing.
   */
  RECOVERING,
  /** Takes part, but applies what others decided long ago. */
  CATCHING_UP,
  /** Takes commands and reads. */
  SERVING,
  /** Its votes are lost, its disk failed or its state is wrong: does not vote. */
  DEGRADED,
  /** Closed, or stopped by a violated invariant. */
  STOPPED
}
