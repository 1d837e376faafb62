package io.rabia.core.persistence;

import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * A snapshot that is kept, read by parts. One thread. Throws {@link
 * io.rabia.core.RabiaException.Checksum} where it is damaged, {@link
 * io.rabia.core.RabiaException.Storage} when the disk fails.
 */
public interface SnapshotReader extends AutoCloseable {

  /** Bytes of content. */
  long length();

  /** Reads from a position on until {@code target} is full or the content ends. */
  void read(long position, ByteBuffer target);

  /** The content from a position on; read while this is open. */
  default InputStream stream(long position) {
    return new SnapshotStream(this, position);
  }

  @Override
  void close();
}
