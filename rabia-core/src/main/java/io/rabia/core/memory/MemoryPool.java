package io.rabia.core.memory;

import io.rabia.core.RabiaException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Direct buffers that are lent, given back and lent again, so that a busy node allocates none.
 * Memory is bounded: a size class never holds more buffers than configured, and what it holds it
 * keeps. Thread-safe; one short lock per size class.
 *
 * <p>With leak detection, a buffer that is garbage collected or still lent at {@link #close} is
 * logged as a warning and listed by {@link #leaks} with the place that acquired it; a collected one
 * is looked for at acquisitions and at {@link #leaks} and {@link #statistics}.
 */
public final class MemoryPool implements AutoCloseable {

  private static final class Shared {
    private static final MemoryPool POOL = new MemoryPool(PoolConfig.defaults());
  }

  private final SizeClassPool[] classes;
  private final @Nullable LeakDetector leaks;
  private volatile boolean closed;

  public MemoryPool(PoolConfig config) {
    LeakDetector detector = config.leakDetection() ? new LeakDetector() : null;
    leaks = detector;
    classes =
        config.sizeClasses().stream()
            .map(sizeClass -> new SizeClassPool(sizeClass, detector))
            .toArray(SizeClassPool[]::new);
  }

  /** The pool of this process, with {@link PoolConfig#defaults}; it cannot be closed. */
  public static MemoryPool shared() {
    return Shared.POOL;
  }

  /**
   * Lends a buffer of at least so many bytes, of the smallest size class that has them.
   *
   * @throws RabiaException.Overload when all buffers of that class are in use
   * @throws RabiaException.Validation when no class is that large, or {@code size} is negative
   * @throws RabiaException.Closed after {@link #close}
   */
  public PooledBuffer acquire(int size) {
    if (closed) {
      throw new RabiaException.Closed("the memory pool is closed");
    }
    if (size < 0) {
      throw new RabiaException.Validation("buffer of " + size + " bytes");
    }
    if (leaks != null) {
      leaks.collect();
    }
    for (SizeClassPool sizeClass : classes) {
      if (size <= sizeClass.bytes()) {
        return sizeClass.acquire(size);
      }
    }
    throw new RabiaException.Validation(
        "buffer of " + size + " bytes; the largest has " + classes[classes.length - 1].bytes());
  }

  public PoolStatistics statistics() {
    if (leaks != null) {
      leaks.collect();
    }
    PoolStatistics sum = new PoolStatistics(0, 0, 0, 0, leaks == null ? 0 : leaks.count(), 0);
    for (SizeClassPool sizeClass : classes) {
      PoolStatistics one = sizeClass.statistics();
      sum =
          new PoolStatistics(
              sum.acquired() + one.acquired(),
              sum.released() + one.released(),
              sum.allocated() + one.allocated(),
              sum.exhausted() + one.exhausted(),
              sum.leaked(),
              sum.pooledBytes() + one.pooledBytes());
    }
    return sum;
  }

  /** The first hundred leaks found so far; always empty without leak detection. */
  public List<Leak> leaks() {
    if (leaks == null) {
      return List.of();
    }
    leaks.collect();
    return leaks.found();
  }

  /**
   * Ends lending and, with leak detection, reports what is still lent; that may be released all the
   * same. Idempotent.
   *
   * @throws UnsupportedOperationException for the {@link #shared} pool
   */
  @Override
  public void close() {
    if (this == Shared.POOL) {
      throw new UnsupportedOperationException("the shared pool cannot be closed");
    }
    closed = true;
    if (leaks != null) {
      leaks.collect();
      leaks.reportOpen();
    }
  }
}
