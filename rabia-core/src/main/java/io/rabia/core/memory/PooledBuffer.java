package io.rabia.core.memory;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A direct buffer on loan from a {@link MemoryPool}; {@link #close} gives it back. One thread at a
 * time; it may be closed by another thread than the one that acquired it. Neither this object nor
 * its buffer may be touched afterwards: both are handed out again.
 */
public final class PooledBuffer implements AutoCloseable {
  private final SizeClassPool home;
  final ByteBuffer buffer;
  boolean onLoan;
  LeakDetector.@Nullable Loan loan;

  PooledBuffer(SizeClassPool home, ByteBuffer buffer) {
    this.home = home;
    this.buffer = buffer;
  }

  /**
   * Big-endian; on acquisition from 0 to the size asked for, with arbitrary content. The limit may
   * be raised to the capacity.
   *
   * @throws IllegalStateException when it was given back
   */
  public ByteBuffer buffer() {
    if (!onLoan) {
      throw new IllegalStateException("the buffer was released");
    }
    return buffer;
  }

  /**
   * Gives the buffer back.
   *
   * @throws IllegalStateException when that was done before: somebody else may be using it. With
   *     leak detection this is always noticed, without only until the buffer is acquired again
   */
  @Override
  public void close() {
    home.release(this);
  }
}
