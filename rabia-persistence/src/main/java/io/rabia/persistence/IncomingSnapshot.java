package io.rabia.persistence;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.SnapshotWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** A snapshot that comes piece by piece. One thread at a time. */
final class IncomingSnapshot implements SnapshotWriter {
  private final SnapshotStore store;
  private final SnapshotStore.Pending pending;
  private final Function<IOException, RabiaException> failed;
  private final LongSupplier committed;
  private final WritableByteChannel target;
  private boolean done;

  /**
   * @param failed what is thrown then, and what else is to be done
   * @param committed called when it is a snapshot; what the log then needs
   */
  IncomingSnapshot(
      SnapshotStore store,
      long first,
      Function<IOException, RabiaException> failed,
      LongSupplier committed)
      throws IOException {
    this.store = store;
    this.failed = failed;
    this.committed = committed;
    pending = store.begin(first);
    target = Channels.newChannel(pending.target());
  }

  @Override
  public void write(ByteBuffer bytes) {
    synchronized (store) {
      try {
        target.write(bytes.duplicate());
      } catch (IOException e) {
        throw failed.apply(e);
      }
    }
  }

  @Override
  public long commit() {
    synchronized (store) {
      try {
        pending.commit();
      } catch (IOException e) {
        throw failed.apply(e);
      }
      done = true;
      return committed.getAsLong();
    }
  }

  @Override
  public void discard() {
    synchronized (store) {
      if (!done) {
        done = true;
        try {
          pending.discard();
        } catch (IOException e) {
          throw failed.apply(e);
        }
      }
    }
  }
}
