package io.rabia.testing;

import io.rabia.core.persistence.Persistence;

/** A log that is left as it is when its process dies. One thread, but for {@link #die}. */
final class NodeLog extends ForwardingPersistence {
  private volatile boolean dead;

  NodeLog(Persistence log) {
    super(log);
  }

  /** From now on closing changes nothing. */
  void die() {
    dead = true;
  }

  @Override
  public void close() {
    if (!dead) {
      log.close();
    }
  }
}
