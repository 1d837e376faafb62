package io.rabia.benchmarks;

import static io.rabia.benchmarks.Checks.check;

import io.rabia.core.memory.MemoryPool;
import io.rabia.core.memory.PoolConfig;
import io.rabia.core.memory.PoolStatistics;
import io.rabia.core.memory.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A buffer for one frame: lent by the pool that a node encodes into, allocated outside the heap, or
 * allocated in it. Each is written at both ends and read again.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MemoryPoolComparison {

  @Param({"1024", "65536"})
  public int size;

  private MemoryPool pool;
  private long value;

  /** A pool of the default configuration. */
  @Setup(Level.Trial)
  public void open() {
    pool = new MemoryPool(PoolConfig.defaults());
  }

  @Benchmark
  public long pooled() {
    try (PooledBuffer lent = pool.acquire(size)) {
      return use(lent.buffer());
    }
  }

  @Benchmark
  public long unpooledDirect() {
    return use(ByteBuffer.allocateDirect(size));
  }

  @Benchmark
  public long unpooledHeap() {
    return use(ByteBuffer.allocate(size));
  }

  private long use(ByteBuffer buffer) {
    value++;
    buffer.putLong(0, value);
    buffer.putLong(size - Long.BYTES, ~value);
    long sum = buffer.getLong(0) + buffer.getLong(size - Long.BYTES);
    check(sum == -1 && buffer.limit() == size, "a buffer keeps what is put into it, and its size");
    return sum;
  }

  /** The pool lent one buffer again and again and has it back. */
  @TearDown(Level.Trial)
  public void close() {
    pooled();
    PoolStatistics statistics = pool.statistics();
    check(statistics.inUse() == 0, "every buffer came back");
    check(statistics.allocated() == 1, "one buffer was lent again and again");
    pool.close();
  }
}
