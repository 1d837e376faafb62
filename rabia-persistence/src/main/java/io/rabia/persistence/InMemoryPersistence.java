package io.rabia.persistence;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.MemorySnapshot;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.core.statemachine.StateView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The paper's model: a crash loses everything, so nothing is kept. Groups are numbered and count as
 * durable at once; there is nothing to replay and nothing to read again. One thread.
 */
public final class InMemoryPersistence implements Persistence {
  private final AtomicReference<@Nullable MemorySnapshot> newest = new AtomicReference<>();
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

  /** Keeps the newest one until it is opened, for members that are behind. */
  @Override
  public long snapshot(long first, StateView content) {
    MemorySnapshot taken = new MemorySnapshot();
    try {
      content.writeTo(taken);
    } catch (IOException e) {
      throw FilePersistence.storage("the state machine gave no snapshot", e);
    }
    newest.set(taken);
    return first;
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
        newest.set(incoming);
        return first;
      }

      @Override
      public void discard() {}
    };
  }

  @Override
  public @Nullable SnapshotReader openSnapshot() {
    return newest.getAndSet(null);
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
