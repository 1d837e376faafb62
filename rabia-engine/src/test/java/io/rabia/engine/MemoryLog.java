package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A node's log in memory, over all its lives. Groups become durable with the flush, or when the
 * test says so. One thread.
 */
final class MemoryLog implements Persistence {
  private final List<byte[]> groups = new ArrayList<>();
  private Runnable wakeup = () -> {};
  private long durable;
  private boolean manual;
  private boolean fails;
  private int reads;

  /** From now on only {@link #force} makes groups durable. */
  MemoryLog manual() {
    manual = true;
    return this;
  }

  void automatic() {
    manual = false;
    force();
  }

  void force() {
    durable = groups.size();
    wakeup.run();
  }

  /** Every append fails from now on. */
  void breakDown() {
    fails = true;
  }

  /** Power fails: what was not durable is gone. */
  void losePower() {
    groups.subList((int) durable, groups.size()).clear();
  }

  void wipe() {
    groups.clear();
    durable = 0;
  }

  boolean isEmpty() {
    return groups.isEmpty();
  }

  /** How often groups were read again since the log was opened. */
  int reads() {
    return reads;
  }

  List<ByteBuffer> groups() {
    return groups.stream().map(ByteBuffer::wrap).toList();
  }

  @Override
  public Durability durability() {
    return Durability.FSYNC;
  }

  @Override
  public long open(GroupHandler replay, Runnable wakeup) {
    this.wakeup = wakeup;
    durable = groups.size();
    read(1, replay);
    reads = 0;
    return durable;
  }

  @Override
  public long append(ByteBuffer group) {
    if (fails) {
      throw new RabiaException.Storage("no space left", null);
    }
    byte[] copy = new byte[group.remaining()];
    group.duplicate().get(copy);
    groups.add(copy);
    return groups.size();
  }

  @Override
  public void flush() {
    if (!manual) {
      durable = groups.size();
    }
  }

  @Override
  public long durable() {
    return durable;
  }

  @Override
  public void read(long from, GroupHandler handler) {
    reads++;
    for (long number = from; number <= groups.size(); number++) {
      if (!handler.onGroup(number, ByteBuffer.wrap(groups.get((int) number - 1)))) {
        return;
      }
    }
  }

  @Override
  public long sizeBytes() {
    return groups.stream().mapToLong(group -> group.length).sum();
  }

  @Override
  public void close() {}
}
