package io.rabia.core.memory;

import io.rabia.core.EveryField;
import io.rabia.core.RabiaException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class PoolEffectsTest {
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  private static PoolConfig.Builder config() {
    return PoolConfig.builder().sizeClass(64, 1);
  }

  @TestFactory
  Stream<DynamicTest> everyFieldOfTheConfigurationMatters() {
    return EveryField.of(PoolConfig.class)
        .matters(
            "sizeClasses",
            config().build(),
            64,
            PoolConfig.builder().sizeClass(128, 1).build(),
            128,
            config -> new MemoryPool(config).acquire(1).buffer().capacity())
        .matters(
            "leakDetection",
            config().build(),
            0,
            config().leakDetection(true).build(),
            1,
            PoolEffectsTest::leaksFound)
        .tests();
  }

  private static int leaksFound(PoolConfig config) {
    MemoryPool pool = new MemoryPool(config);
    pool.acquire(1);
    pool.close();
    return pool.leaks().size();
  }

  @TestFactory
  Stream<DynamicTest> everyFieldOfTheStatisticsIsCounted() {
    PoolStatistics fresh = new MemoryPool(config().build()).statistics();
    return EveryField.of(PoolStatistics.class)
        .shows("acquired", fresh, 2L, PoolEffectsTest::lentTwiceOfOne)
        .shows("released", fresh, 1L, PoolEffectsTest::lentTwiceOfOne)
        .shows("allocated", fresh, 1L, PoolEffectsTest::lentTwiceOfOne)
        .shows("exhausted", fresh, 1L, PoolEffectsTest::lentTwiceOfOne)
        .shows("leaked", fresh, 1L, PoolEffectsTest::lostOne)
        .shows("pooledBytes", fresh, 64L, PoolEffectsTest::lentTwiceOfOne)
        .tests();
  }

  private static PoolStatistics lentTwiceOfOne() {
    MemoryPool pool = new MemoryPool(config().build());
    pool.acquire(1).close();
    pool.acquire(1);
    try {
      pool.acquire(1);
    } catch (RabiaException.Overload e) {
      return pool.statistics();
    }
    throw new AssertionError("there is but one buffer");
  }

  private static PoolStatistics lostOne() {
    MemoryPool pool = new MemoryPool(config().leakDetection(true).build());
    lose(pool);
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (pool.statistics().leaked() == 0 && System.nanoTime() - deadline < 0) {
      System.gc();
    }
    return pool.statistics();
  }

  private static void lose(MemoryPool pool) {
    pool.acquire(1);
  }
}
