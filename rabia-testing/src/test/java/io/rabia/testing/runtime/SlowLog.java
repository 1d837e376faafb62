package io.rabia.testing.runtime;

import io.rabia.core.message.Message;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageCollector;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.core.statemachine.StateView;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A log whose force takes its time, on a thread of its own, and that knows which group holds a
 * promise. Used by one engine.
 */
final class SlowLog implements Persistence {

  /** What a member must not contradict: its Propose in a slot, its vote in a phase and round. */
  record Promise(Class<? extends Message> kind, long slot, int phase) {

    /** Null for what promises nothing. */
    static @Nullable Promise of(Message message) {
      if (message instanceof Message.Propose propose) {
        return new Promise(Message.Propose.class, propose.slot(), 0);
      }
      if (message instanceof Message.Vote1 vote) {
        return new Promise(Message.Vote1.class, vote.slot(), vote.phase());
      }
      if (message instanceof Message.Vote2 vote) {
        return new Promise(Message.Vote2.class, vote.slot(), vote.phase());
      }
      return null;
    }
  }

  private final Duration forceTime;
  private final ScheduledExecutorService disk =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "slow-disk"));
  private final List<byte[]> groups = new ArrayList<>();
  private final Map<Promise, Long> promises = new HashMap<>();
  private final List<Long> appendedAt = new ArrayList<>();
  private volatile long durable;
  private Runnable wakeup = () -> {};

  SlowLog(Duration forceTime) {
    this.forceTime = forceTime;
  }

  /** The group that holds the promise, or null when it was never written. */
  @Nullable Long groupOf(Promise promise) {
    return promises.get(promise);
  }

  /** Nanoseconds since the group was appended. */
  long age(long group) {
    return System.nanoTime() - appendedAt.get((int) group - 1);
  }

  @Override
  public Durability durability() {
    return Durability.FSYNC;
  }

  @Override
  public long open(GroupHandler replay, Runnable wakeup) {
    this.wakeup = wakeup;
    return NONE;
  }

  @Override
  public long append(ByteBuffer group) {
    byte[] copy = new byte[group.remaining()];
    group.duplicate().get(copy);
    groups.add(copy);
    appendedAt.add(System.nanoTime());
    long number = groups.size();
    MessageCollector records = new MessageCollector();
    MessageCodec.read(ByteBuffer.wrap(copy), records);
    for (Message record : records.messages()) {
      Promise promise = Promise.of(record);
      if (promise != null) {
        promises.putIfAbsent(promise, number);
      }
    }
    return number;
  }

  @Override
  public void flush() {
    long upTo = groups.size();
    disk.schedule(
        () -> {
          durable = Math.max(durable, upTo);
          wakeup.run();
        },
        forceTime.toNanos(),
        TimeUnit.NANOSECONDS);
  }

  @Override
  public long durable() {
    return durable;
  }

  @Override
  public void read(long from, GroupHandler handler) {
    for (long number = from; number <= groups.size(); number++) {
      if (!handler.onGroup(number, ByteBuffer.wrap(groups.get((int) number - 1)))) {
        return;
      }
    }
  }

  /** Keeps every group instead. */
  @Override
  public long snapshot(long first, StateView content) {
    return 1;
  }

  @Override
  public SnapshotWriter beginSnapshot(long first) {
    throw new UnsupportedOperationException("nobody is sent a snapshot here");
  }

  @Override
  public @Nullable SnapshotReader openSnapshot() {
    return null;
  }

  @Override
  public void compact(long first) {}

  @Override
  public long sizeBytes() {
    return groups.stream().mapToLong(group -> group.length).sum();
  }

  @Override
  public void close() {
    disk.shutdownNow();
  }
}
