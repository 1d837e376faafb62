package io.rabia.core.persistence;

import java.nio.ByteBuffer;

/**
 * A snapshot that is being written piece by piece. Used by one thread at a time. Throws {@link
 * io.rabia.core.RabiaException.Storage} when the disk fails; then it must be discarded.
 */
public interface SnapshotWriter {

  /** Appends the bytes from position to limit; copies. */
  void write(ByteBuffer bytes);

  /** Makes it the newest snapshot; durable when it returns. As {@link Persistence#snapshot}. */
  long commit();

  /** It will not be one. Does nothing once it was committed. */
  void discard();
}
