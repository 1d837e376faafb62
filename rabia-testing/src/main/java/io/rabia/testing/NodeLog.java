package io.rabia.testing;

import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.core.statemachine.StateView;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A log that is left as it is when its process dies. One thread, but for {@link #die}. */
final class NodeLog implements Persistence {
  private final Persistence log;
  private volatile boolean dead;

  NodeLog(Persistence log) {
    this.log = log;
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

  @Override
  public Durability durability() {
    return log.durability();
  }

  @Override
  public long open(GroupHandler replay, Runnable wakeup) {
    return log.open(replay, wakeup);
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
}
