package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageCollector;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A node's log in memory, over all its lives. Groups become durable with the flush, or when the
 * test says so. One thread.
 */
final class MemoryLog implements Persistence {
  private final List<byte[]> groups = Collections.synchronizedList(new ArrayList<>());
  private Runnable wakeup = () -> {};
  private volatile long durable;
  private volatile boolean manual;
  private volatile boolean fails;
  private int flushes;
  private int reads;
  private int largest;
  private int groupsRead;

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

  /** Groups that are not durable yet; from any thread. */
  long unforced() {
    return groups.size() - durable;
  }

  int flushes() {
    return flushes;
  }

  /** How often groups were read again since the log was opened. */
  int reads() {
    return reads;
  }

  /** Bytes of the largest group so far. */
  int largest() {
    return largest;
  }

  int groupsRead() {
    return groupsRead;
  }

  /** Everything in it, durable or not. */
  List<Message> records() {
    MessageCollector records = new MessageCollector();
    groups.forEach(group -> MessageCodec.read(ByteBuffer.wrap(group), records));
    return records.messages();
  }

  MemoryLog copy() {
    MemoryLog copy = new MemoryLog();
    copy.replaceBy(this);
    return copy;
  }

  void replaceBy(MemoryLog other) {
    groups.clear();
    groups.addAll(other.groups);
    durable = other.durable;
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
    largest = Math.max(largest, copy.length);
    group.duplicate().get(copy);
    groups.add(copy);
    return groups.size();
  }

  @Override
  public void flush() {
    flushes++;
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
      groupsRead++;
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
