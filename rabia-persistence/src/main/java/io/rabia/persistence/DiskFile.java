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
   * Writes all remaining bytes where the last write ended, first at the end of the file, in one
   * system call unless the system takes fewer.
   *
   * @throws NoSpaceException when there is no room; a part may have been written
   */
  void write(ByteBuffer source) throws IOException;

  /**
   * Makes the file {@code size} bytes long, if it is shorter, by zeros behind its end, which the
   * next writes replace: a force that need not change a file's size is cheaper. A disk need not do
   * it. Whoever opens the file again finds the zeros as a part of it.
   *
   * @throws NoSpaceException when there is no room; a part may have been done
   */
  default void reserve(long size) throws IOException {}

  /**
   * The next write goes to the beginning, and each further one behind the one before, over what is
   * there; the size stays. What is lost of them with power leaves what was there before.
   */
  void rewind() throws IOException;

  /** Whoever writes next goes on there. */
  void truncate(long size) throws IOException;

  /**
   * Returns when the bytes and the size are safe from loss of power.
   *
   * @throws NoSpaceException when there was no room for what had been written, which may be gone
   */
  void force() throws IOException;
}
