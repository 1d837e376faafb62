package io.rabia.persistence;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.statemachine.StateView;
import java.nio.ByteBuffer;

/**
 * The paper's model: a crash loses everything, so nothing is kept. Groups are numbered and count as
 * durable at once; there is nothing to replay and nothing to read again. One thread.
 */
public final class InMemoryPersistence implements Persistence {
  private long last = NONE;
  private boolean closed;

  @Override
  public Durability durability() {
    return Durability.MEMORY;
  }

  /** Always a fresh log: a restarted member has lost its votes. */
  @Override
  public long open(GroupHandler replay, Runnable wakeup) {
    requireOpen();
    return NONE;
  }

  @Override
  public long append(ByteBuffer group) {
    requireOpen();
    return ++last;
  }

  @Override
  public void flush() {
    requireOpen();
  }

  @Override
  public long durable() {
    return last;
  }

  /** Hands over nothing: no group is kept. */
  @Override
  public void read(long from, GroupHandler handler) {
    requireOpen();
  }

  /** Keeps nothing of it. */
  @Override
  public long snapshot(long first, StateView content) {
    return first;
  }

  @Override
  public void compact(long first) {
    requireOpen();
  }

  @Override
  public long sizeBytes() {
    return 0;
  }

  @Override
  public void close() {
    closed = true;
  }

  private void requireOpen() {
    if (closed) {
      throw new RabiaException.Closed("the log is closed");
    }
  }
}
