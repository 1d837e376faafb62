package io.rabia.testing;

import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.core.statemachine.StateView;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A log that is another one in everything that a subclass does not change: to watch one, or to make
 * it fail. Threads as those of the other one.
 */
public abstract class ForwardingPersistence implements Persistence {
  /** What is forwarded to. */
  protected final Persistence log;

  protected ForwardingPersistence(Persistence log) {
    this.log = log;
  }

  @Override
  public Durability durability() {
    return log.durability();
  }

  @Override
  public long open(GroupHandler replay, Runnable wakeup) {
    return log.open(replay, wakeup);
  }

  @Override
  public boolean look(GroupHandler handler) {
    return log.look(handler);
  }

  @Override
  public long append(ByteBuffer group) {
    return log.append(group);
  }

  @Override
  public void flush() {
    log.flush();
  }

  @Override
  public long durable() {
    return log.durable();
  }

  @Override
  public void read(long from, GroupHandler handler) {
    log.read(from, handler);
  }

  @Override
  public long snapshot(long first, StateView content) {
    return log.snapshot(first, content);
  }

  @Override
  public SnapshotWriter beginSnapshot(long first) {
    return log.beginSnapshot(first);
  }

  @Override
  public @Nullable SnapshotReader openSnapshot() {
    return log.openSnapshot();
  }

  @Override
  public void compact(long first) {
    log.compact(first);
  }

  @Override
  public boolean full() {
    return log.full();
  }

  @Override
  public void disown(String why, boolean stateIsRight) {
    log.disown(why, stateIsRight);
  }

  @Override
  public long sizeBytes() {
    return log.sizeBytes();
  }

  @Override
  public void close() {
    log.close();
  }
}
