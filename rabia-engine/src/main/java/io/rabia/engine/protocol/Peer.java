package io.rabia.engine.protocol;

import io.rabia.core.NodeId;
import io.rabia.core.Token;

/** What a replica knows of one life of a member, or of one that may become a member. */
final class Peer {
  /** So many own slots filled with NOOP by their owner make it idle. */
  static final int IDLE_AFTER = 16;

  final NodeId id;
  final Token token;
  boolean connected;
  long applied;

  /** A configuration that is being made has it. */
  boolean needed;

  /** It was taken for late when that was last asked. */
  boolean late;

  private boolean quiet = true;
  private int noops;
  private long lag;

  Peer(NodeId id, Token token) {
    this.id = id;
    this.token = token;
  }

  boolean isNeeded() {
    return connected || needed;
  }

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

  /**
   * It proposed in its own slot so long after the slot was seen here, nanoseconds; 0 when nobody
   * waited for it, which says little about how long others would have.
   */
  void lagged(long nanos) {
    lag += (nanos - lag) / (nanos > 0 ? 8 : 64);
  }

  /** How late it speaks as a rule, nanoseconds. */
  long lag() {
    return lag;
  }

  void suspect() {
    quiet = true;
  }
}
