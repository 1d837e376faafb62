package io.rabia.engine;

import io.rabia.core.persistence.SnapshotReader;
import java.nio.ByteBuffer;

/**
 * A snapshot of a running node, to be copied: whatever becomes of the node's own, it stays readable
 * until it is closed. Used by one thread at a time.
 */
public final class OpenBackup implements AutoCloseable {
  private final Backup backup;
  private final SnapshotReader reader;
  private final long own;

  /**
   * @param own where the shared part begins
   */
  OpenBackup(Backup backup, SnapshotReader reader, long own) {
    this.backup = backup;
    this.reader = reader;
    this.own = own;
  }

  public Backup backup() {
    return backup;
  }

  /**
   * Reads content from a position on until {@code target} is full or the content ends.
   *
   * @throws io.rabia.core.RabiaException.Storage when the disk fails
   * @throws io.rabia.core.RabiaException.Checksum where it is damaged
   */
  public void read(long position, ByteBuffer target) {
    reader.read(own + position, target);
  }

  @Override
  public void close() {
    reader.close();
  }
}
