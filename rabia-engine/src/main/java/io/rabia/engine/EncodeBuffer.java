package io.rabia.engine;

import io.rabia.core.memory.MemoryPool;
import io.rabia.core.memory.PooledBuffer;
import java.nio.ByteBuffer;

/**
 * A buffer that is written into and grows to what it must hold: a pooled one for what is usual, and
 * for a rare larger content one from the heap until the next {@link #clear}. One thread.
 */
final class EncodeBuffer implements AutoCloseable {
  private static final int POOLED_SIZE = 1 << 16;

  private final PooledBuffer pooled;
  private ByteBuffer buffer;

  EncodeBuffer(MemoryPool pool) {
    pooled = pool.acquire(POOLED_SIZE);
    buffer = pooled.buffer().clear();
  }

  ByteBuffer buffer() {
    return buffer;
  }

  ByteBuffer clear() {
    buffer = pooled.buffer();
    return buffer.clear();
  }

  /** The buffer with room for so many bytes more. */
  ByteBuffer ensure(int more) {
    if (buffer.remaining() < more) {
      int needed = Math.addExact(buffer.position(), more);
      int size = (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(2L * buffer.capacity(), needed));
      buffer = ByteBuffer.allocate(size).put(buffer.flip());
    }
    return buffer;
  }

  @Override
  public void close() {
    pooled.close();
  }
}
