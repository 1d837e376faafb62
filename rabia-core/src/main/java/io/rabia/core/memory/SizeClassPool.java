package io.rabia.core.memory;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of one size: a bounded stack of idle ones. Thread-safe by its own lock, held for a
 * few instructions.
 */
final class SizeClassPool {
  private final PoolConfig.SizeClass sizeClass;
  private final @Nullable LeakDetector leaks;
  private final @Nullable PooledBuffer[] idle;
  private int idleCount;
  private int existing;
  private long acquired;
  private long released;
  private long allocated;
  private long exhausted;

  SizeClassPool(PoolConfig.SizeClass sizeClass, @Nullable LeakDetector leaks) {
    this.sizeClass = sizeClass;
    this.leaks = leaks;
    this.idle = new PooledBuffer[sizeClass.maxBuffers()];
  }

  int bytes() {
    return sizeClass.bytes();
  }

  synchronized PooledBuffer acquire(int size) {
    PooledBuffer pooled = takeIdle();
    if (pooled == null) {
      pooled = allocate();
    }
    pooled.buffer.clear().limit(size);
    pooled.onLoan = true;
    acquired++;
    if (leaks != null) {
      pooled.loan = leaks.lend(pooled, this);
    }
    return pooled;
  }

  private @Nullable PooledBuffer takeIdle() {
    if (idleCount == 0) {
      return null;
    }
    idleCount--;
    PooledBuffer pooled = idle[idleCount];
    idle[idleCount] = null;
    return pooled;
  }

  private PooledBuffer allocate() {
    if (existing == sizeClass.maxBuffers()) {
      exhausted++;
      throw new RabiaException.Overload(
          "all " + existing + " buffers of " + sizeClass.bytes() + " bytes are in use");
    }
    PooledBuffer pooled = new PooledBuffer(this, ByteBuffer.allocateDirect(sizeClass.bytes()));
    existing++;
    allocated++;
    return pooled;
  }

  synchronized void release(PooledBuffer pooled) {
    if (!pooled.onLoan) {
      throw new IllegalStateException("the buffer was released before");
    }
    pooled.onLoan = false;
    released++;
    PooledBuffer back = pooled;
    if (leaks != null) {
      leaks.settle(pooled.loan);
      // The old handle stays released for ever, so that whoever holds on to it is found out.
      back = new PooledBuffer(this, pooled.buffer);
    }
    idle[idleCount] = back;
    idleCount++;
  }

  /** A buffer is gone for good; another one may be made in its place. */
  synchronized void lost() {
    existing--;
  }

  synchronized PoolStatistics statistics() {
    return new PoolStatistics(
        acquired, released, allocated, exhausted, 0, (long) existing * sizeClass.bytes());
  }
}
