package io.rabia.engine;

import io.rabia.core.memory.MemoryPool;
import io.rabia.core.memory.PooledBuffer;
import java.nio.ByteBuffer;

/** A pooled buffer that is written into and grows to what it must hold. One thread. */
final class EncodeBuffer implements AutoCloseable {
  private static final int FIRST_SIZE = 1 << 14;

  private final MemoryPool pool;
  private PooledBuffer pooled;

  EncodeBuffer(MemoryPool pool) {
    this.pool = pool;
    pooled = pool.acquire(FIRST_SIZE);
    pooled.buffer().clear();
  }

  ByteBuffer buffer() {
    return pooled.buffer();
  }

  ByteBuffer clear() {
    return pooled.buffer().clear();
  }

  /** The buffer with room for so many bytes more. */
  ByteBuffer ensure(int more) {
    ByteBuffer present = pooled.buffer();
    if (present.remaining() >= more) {
      return present;
    }
    PooledBuffer larger =
        pool.acquire(Math.max(present.capacity() * 2, Math.addExact(present.position(), more)));
    larger.buffer().clear();
    larger.buffer().put(present.flip());
    pooled.close();
    pooled = larger;
    return pooled.buffer();
  }

  @Override
  public void close() {
    pooled.close();
  }
}
