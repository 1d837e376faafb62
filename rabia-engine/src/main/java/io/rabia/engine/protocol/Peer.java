package io.rabia.engine.protocol;

/** What a replica knows of another member. */
final class Peer {
  /** So many own slots filled with NOOP by their owner make it idle. */
  private static final int IDLE_AFTER = 3;

  boolean connected;
  long applied;
  private boolean quiet = true;
  private int noops;

  /** Idle, suspected, disconnected or dead: nobody waits for it (protocol.md section 3, rule 4). */
  boolean quiet() {
    return quiet || !connected;
  }

  void spokeBatch() {
    quiet = false;
    noops = 0;
  }

  void spokeNoop() {
    if (++noops >= IDLE_AFTER) {
      quiet = true;
    }
  }

  void suspect() {
    quiet = true;
  }
}
