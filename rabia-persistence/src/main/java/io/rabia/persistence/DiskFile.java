package io.rabia.persistence;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open file of a {@link Disk}. Used by one thread at a time; every method throws when the disk
 * fails.
 */
public interface DiskFile extends Closeable {

  long size() throws IOException;

  /**
   * Reads from an absolute position until {@code target} is full or the file ends, whose end may be
   * before the position.
   */
  void read(ByteBuffer target, long position) throws IOException;

  /**
   * Writes all remaining bytes at the end of the file, in one system call unless the system takes
   * fewer.
   *
   * @throws NoSpaceException when there is no room; a part may have been written
   */
  void write(ByteBuffer source) throws IOException;

  void truncate(long size) throws IOException;

  /**
   * Returns when the bytes and the size are safe from loss of power.
   *
   * @throws NoSpaceException when there was no room for what had been written, which may be gone
   */
  void force() throws IOException;
}
