package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.core.message.Message;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageCollector;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.MemorySnapshot;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.core.statemachine.StateView;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A node's log in memory, over all its lives. Groups become durable with the flush, or when the
 * test says so. One thread.
 */
final class MemoryLog implements Persistence {
  private final List<byte @Nullable []> groups = Collections.synchronizedList(new ArrayList<>());
  private final Deque<Snapshot> snapshots = new ArrayDeque<>();
  private Runnable wakeup = () -> {};
  private Runnable beforeFlush = () -> {};
  private volatile long durable;
  private volatile boolean manual;
  private volatile boolean fails;
  private boolean damaged;
  private Durability durability = Durability.FSYNC;
  private boolean forgetful;
  private int flushes;
  private int reads;
  private int largest;
  private int groupsRead;
  private int snapshotsTaken;
  private int snapshotsFailed;
  private boolean failsSnapshots;
  private boolean breaksAtSnapshot;
  private boolean broken;
  private boolean noRoom;
  private boolean full;
  private boolean fillsUp;
  private @Nullable String lost;
  private long intact = Long.MAX_VALUE;

  private record Snapshot(long first, MemorySnapshot content) {}

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

  /** Nothing becomes durable while the disk is full. */
  void full(boolean now) {
    noRoom = now;
    full |= now;
  }

  /** There is no room for the next group. */
  void fillUp() {
    fillsUp = true;
  }

  /** Votes are found lost at the next open. */
  void damage(String why) {
    lost = why;
  }

  /** As {@link #damage}; only so many groups can be read. */
  void damage(String why, long readable) {
    lost = why;
    intact = readable;
  }

  /** Every append fails from now on. */
  void breakDown() {
    fails = true;
  }

  /** Power fails: what was not durable is gone. */
  void losePower() {
    groups.subList((int) durable, groups.size()).clear();
  }

  /**
   * From now on the bytes of snapshots that are read for others are not those that were written.
   */
  void damageSnapshots() {
    damaged = true;
  }

  /** All but the first one are gone. */
  void loseNewestSnapshots() {
    while (snapshots.size() > 1) {
      snapshots.removeLast();
    }
  }

  /** What it says that it survives, from the next open on. */
  void durability(Durability other) {
    durability = other;
  }

  /** From now on nothing survives and nothing is read again. */
  void forgetful() {
    forgetful = true;
  }

  void wipe() {
    groups.clear();
    snapshots.clear();
    durable = 0;
  }

  /** Groups that are not durable yet; from any thread. */
  long unforced() {
    return groups.size() - durable;
  }

  /** What a force would hold up can be seen by this. */
  void beforeFlush(Runnable look) {
    beforeFlush = look;
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

  /** Snapshots that were ever taken. */
  int snapshots() {
    return snapshotsTaken;
  }

  /** Snapshots that could not be written. */
  int failedSnapshots() {
    return snapshotsFailed;
  }

  /** The next snapshot finds that the disk has failed. */
  void breakDownAtSnapshot() {
    breaksAtSnapshot = true;
  }

  private void requireWorking() {
    if (broken) {
      throw new RabiaException.Storage("a force failed", null);
    }
  }

  /** None can be written while that is so. */
  void failSnapshots(boolean now) {
    failsSnapshots = now;
  }

  byte[] newestSnapshot() {
    try {
      return snapshots.getLast().content().stream(0).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What it holds is a snapshot and nothing behind it. */
  void onlySnapshot(byte[] content) {
    wipe();
    MemorySnapshot only = new MemorySnapshot();
    only.write(ByteBuffer.wrap(content));
    snapshots.add(new Snapshot(1, only));
  }

  /** What a look at it without a start finds missing. */
  Optional<String> gap() {
    try {
      InputStream newest = snapshots.getLast().content().stream(0);
      LogHistory history = new LogHistory(SnapshotSummary.read(newest).slot());
      long first = Math.max(first(), snapshots.getLast().first());
      groups.stream().skip(first - 1).map(ByteBuffer::wrap).forEach(history::group);
      return history.gap();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void loseSnapshots() {
    snapshots.clear();
  }

  /** The first group that is still there. */
  int first() {
    int first = 0;
    while (first < groups.size() && groups.get(first) == null) {
      first++;
    }
    return first + 1;
  }

  /** The last group. */
  int last() {
    return groups.size();
  }

  int groupsRead() {
    return groupsRead;
  }

  /** Everything in it, durable or not. */
  List<Message> records() {
    MessageCollector records = new MessageCollector();
    groups.stream()
        .filter(Objects::nonNull)
        .forEach(group -> MessageCodec.read(ByteBuffer.wrap(group), records));
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
    snapshots.clear();
    snapshots.addAll(other.snapshots);
    durable = other.durable;
  }

  @Override
  public Durability durability() {
    return forgetful ? Durability.MEMORY : durability;
  }

  @Override
  public long open(GroupHandler replay, Runnable wakeup) {
    this.wakeup = wakeup;
    if (lost != null) {
      replay.onVotesLost(lost);
      int kept = snapshots.isEmpty() ? 0 : (int) snapshots.getLast().first() - 1;
      groups.clear();
      groups.addAll(Collections.nCopies(kept, null));
    }
    intact = Long.MAX_VALUE;
    durable = groups.size();
    show(replay);
    reads = 0;
    return durable;
  }

  @Override
  public boolean look(GroupHandler handler) {
    if (lost != null) {
      handler.onVotesLost(lost);
    }
    show(handler);
    return first() <= groups.size();
  }

  private void show(GroupHandler handler) {
    long from = 1;
    if (!snapshots.isEmpty()) {
      from = snapshots.getLast().first();
      try {
        handler.onSnapshot(from, snapshots.getLast().content().stream(0));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    read(from, (number, group) -> number <= intact && handler.onGroup(number, group));
  }

  @Override
  public long append(ByteBuffer group) {
    if (fails) {
      throw new RabiaException.Storage("no space left", null);
    }
    full(noRoom || fillsUp);
    fillsUp = false;
    byte[] copy = new byte[group.remaining()];
    largest = Math.max(largest, copy.length);
    group.duplicate().get(copy);
    groups.add(copy);
    return groups.size();
  }

  @Override
  public long snapshot(long first, StateView content) {
    broken = breaksAtSnapshot;
    requireWorking();
    if (failsSnapshots) {
      snapshotsFailed++;
      throw new RabiaException.Storage("no space left for a snapshot", null);
    }
    MemorySnapshot taken = new MemorySnapshot();
    try {
      content.writeTo(taken);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return keep(first, taken);
  }

  private long keep(long first, MemorySnapshot taken) {
    snapshotsTaken++;
    snapshots.removeIf(older -> older.first() >= first);
    snapshots.addLast(new Snapshot(first, taken));
    if (snapshots.size() > 2) {
      snapshots.removeFirst();
    }
    return snapshots.getFirst().first();
  }

  @Override
  public SnapshotWriter beginSnapshot(long first) {
    MemorySnapshot incoming = new MemorySnapshot();
    return new SnapshotWriter() {
      @Override
      public void write(ByteBuffer bytes) {
        incoming.write(bytes);
      }

      @Override
      public long commit() {
        return keep(first, incoming);
      }

      @Override
      public void discard() {}
    };
  }

  @Override
  public @Nullable SnapshotReader openSnapshot() {
    if (snapshots.isEmpty()) {
      return null;
    }
    MemorySnapshot content =
        forgetful ? snapshots.removeLast().content() : snapshots.getLast().content();
    return damaged ? new Damaged(content) : content;
  }

  private record Damaged(MemorySnapshot content) implements SnapshotReader {
    @Override
    public long length() {
      return content.length();
    }

    @Override
    public void read(long position, ByteBuffer target) {
      content.read(position, target);
      target.put(target.position() - 1, (byte) ~target.get(target.position() - 1));
    }

    @Override
    public void close() {}
  }

  @Override
  public void compact(long first) {
    for (int i = (int) first - 2; i >= 0 && groups.get(i) != null; i--) {
      groups.set(i, null);
    }
  }

  @Override
  public void flush() {
    beforeFlush.run();
    flushes++;
    full = noRoom;
    if (!manual && !full) {
      lost = durable < groups.size() ? null : lost;
      durable = groups.size();
    }
  }

  @Override
  public boolean full() {
    requireWorking();
    return full;
  }

  @Override
  public void disown(String why, boolean stateIsRight) {
    lost = why;
    if (!stateIsRight) {
      snapshots.clear();
    }
  }

  @Override
  public long durable() {
    return durable;
  }

  @Override
  public void read(long from, GroupHandler handler) {
    if (forgetful) {
      return;
    }
    reads++;
    for (long number = Math.max(from, first()); number <= groups.size(); number++) {
      groupsRead++;
      if (!handler.onGroup(number, ByteBuffer.wrap(groups.get((int) number - 1)))) {
        return;
      }
    }
  }

  @Override
  public long sizeBytes() {
    return groups.stream().mapToLong(group -> group == null ? 0 : group.length).sum();
  }

  @Override
  public void close() {}
}
