package io.rabia.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.rabia.core.Allocations;
import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class MemoryPoolTest {

  private static PoolConfig.Builder config() {
    return PoolConfig.builder().sizeClass(64, 2).sizeClass(1024, 1);
  }

  private static MemoryPool pool() {
    return new MemoryPool(config().build());
  }

  private static MemoryPool detectingPool() {
    return new MemoryPool(config().leakDetection(true).build());
  }

  @Test
  void lendsDirectBuffersOfTheSmallestClassThatSuffices() {
    try (MemoryPool pool = pool();
        PooledBuffer small = pool.acquire(64);
        PooledBuffer large = pool.acquire(65)) {
      assertThat(small.buffer().isDirect()).isTrue();
      assertThat(small.buffer().capacity()).isEqualTo(64);
      assertThat(large.buffer().capacity()).isEqualTo(1024);
      assertThat(large.buffer().remaining()).isEqualTo(65);
      assertThat(pool.statistics().pooledBytes()).isEqualTo(64 + 1024);
    }
  }

  @Test
  void lendsAReleasedBufferAgainAndReset() {
    MemoryPool pool = pool();
    ByteBuffer first;
    try (PooledBuffer buffer = pool.acquire(10)) {
      first = buffer.buffer();
      first.putLong(1).limit(9);
    }
    try (PooledBuffer buffer = pool.acquire(12)) {
      assertThat(buffer.buffer()).isSameAs(first);
      assertThat(buffer.buffer().position()).isZero();
      assertThat(buffer.buffer().limit()).isEqualTo(12);
      assertThat(buffer.buffer().order()).isEqualTo(ByteOrder.BIG_ENDIAN);
    }
    assertThat(pool.statistics().acquired()).isEqualTo(2);
    assertThat(pool.statistics().allocated()).isEqualTo(1);
  }

  @Test
  void neverHoldsMoreBuffersThanConfigured() {
    MemoryPool pool = pool();
    PooledBuffer first = pool.acquire(1);
    PooledBuffer second = pool.acquire(1);
    assertThatExceptionOfType(RabiaException.Overload.class).isThrownBy(() -> pool.acquire(1));
    assertThat(pool.statistics().exhausted()).isEqualTo(1);
    assertThat(pool.statistics().inUse()).isEqualTo(2);
    second.close();
    assertThatCode(() -> pool.acquire(1).close()).doesNotThrowAnyException();
    first.close();
    assertThat(pool.statistics().inUse()).isZero();
    assertThat(pool.statistics().released()).isEqualTo(3);
    assertThat(pool.statistics().pooledBytes()).isEqualTo(128);
  }

  @Test
  void refusesASizeThatNoClassHas() {
    MemoryPool pool = pool();
    assertThatExceptionOfType(RabiaException.Validation.class).isThrownBy(() -> pool.acquire(1025));
    assertThatExceptionOfType(RabiaException.Validation.class).isThrownBy(() -> pool.acquire(-1));
    assertThat(pool.acquire(0).buffer().hasRemaining()).isFalse();
  }

  @Test
  void noticesADoubleReleaseAndUseAfterRelease() {
    PooledBuffer buffer = pool().acquire(1);
    buffer.close();
    assertThatIllegalStateException().isThrownBy(buffer::close);
    assertThatIllegalStateException().isThrownBy(buffer::buffer);
  }

  @Test
  void withLeakDetectionNoticesADoubleReleaseEvenAfterTheNextLoan() {
    MemoryPool pool = detectingPool();
    PooledBuffer old = pool.acquire(1);
    ByteBuffer bytes = old.buffer();
    old.close();
    PooledBuffer next = pool.acquire(1);
    assertThat(next.buffer()).isSameAs(bytes);
    assertThatIllegalStateException().isThrownBy(old::close);
    assertThatIllegalStateException().isThrownBy(old::buffer);
    assertThat(pool.statistics().inUse()).isEqualTo(1);
  }

  @Test
  void reportsWhatIsStillLentAtTheEndWithThePlaceThatAcquiredIt() {
    MemoryPool pool = detectingPool();
    pool.acquire(1).close();
    PooledBuffer kept = pool.acquire(100);
    assertThat(pool.leaks()).isEmpty();
    pool.close();
    pool.close();
    assertThat(pool.leaks()).hasSize(1);
    Leak leak = pool.leaks().get(0);
    assertThat(leak.bytes()).isEqualTo(1024);
    assertThat(leak.thread()).isEqualTo(Thread.currentThread().getName());
    assertThat(leak.acquiredAt().get(0).getMethodName())
        .isEqualTo("reportsWhatIsStillLentAtTheEndWithThePlaceThatAcquiredIt");
    assertThat(leak.toString()).contains("1024 bytes", "MemoryPoolTest");
    kept.close();
    assertThat(pool.statistics().inUse()).isZero();
  }

  @Test
  void findsABufferThatWasGarbageCollectedAndMakesRoomForAnother() {
    MemoryPool pool = detectingPool();
    loseABuffer(pool);
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (pool.leaks().isEmpty() && System.nanoTime() < deadline) {
      System.gc();
    }
    assertThat(pool.leaks()).hasSize(1);
    assertThat(pool.leaks().get(0).acquiredAt().get(0).getMethodName()).isEqualTo("loseABuffer");
    assertThat(pool.statistics().leaked()).isEqualTo(1);
    assertThat(pool.statistics().inUse()).isZero();
    assertThat(pool.statistics().pooledBytes()).isZero();
    assertThatCode(() -> pool.acquire(1024).close()).doesNotThrowAnyException();
  }

  private static void loseABuffer(MemoryPool pool) {
    pool.acquire(1024);
  }

  @Test
  void withoutLeakDetectionReportsNothing() {
    MemoryPool pool = pool();
    pool.acquire(1);
    pool.close();
    assertThat(pool.leaks()).isEmpty();
    assertThat(pool.statistics().leaked()).isZero();
    assertThat(pool.statistics().inUse()).isEqualTo(1);
  }

  @Test
  void lendsNothingAfterTheEndAndTakesBackAllTheSame() {
    MemoryPool pool = pool();
    PooledBuffer buffer = pool.acquire(1);
    pool.close();
    assertThatExceptionOfType(RabiaException.Closed.class).isThrownBy(() -> pool.acquire(1));
    buffer.close();
    assertThat(pool.statistics().inUse()).isZero();
  }

  @Test
  void theSharedPoolLendsAndCannotBeClosed() {
    try (PooledBuffer buffer = MemoryPool.shared().acquire(1024)) {
      assertThat(buffer.buffer().remaining()).isEqualTo(1024);
    }
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> MemoryPool.shared().close());
    assertThat(MemoryPool.shared()).isSameAs(MemoryPool.shared());
  }

  @Test
  void inSteadyStateAllocatesNothing() {
    MemoryPool pool = pool();
    long bytes =
        Allocations.of(
            () -> {
              for (int i = 0; i < 10_000; i++) {
                pool.acquire(32).close();
              }
            });
    assertThat(bytes).isLessThan(1000);
    assertThat(pool.statistics().allocated()).isEqualTo(1);
  }

  @Test
  void neverLendsOneBufferToTwoThreads() throws Exception {
    MemoryPool pool = new MemoryPool(PoolConfig.builder().sizeClass(8, 4).build());
    List<FutureTask<Integer>> tasks = new ArrayList<>();
    for (int t = 1; t <= 4; t++) {
      long mark = t;
      FutureTask<Integer> task = new FutureTask<>(() -> disturbed(pool, mark));
      tasks.add(task);
      new Thread(task, "pool-" + t).start();
    }
    for (FutureTask<Integer> task : tasks) {
      assertThat(task.get()).isZero();
    }
    assertThat(pool.statistics().acquired()).isEqualTo(80_000);
    assertThat(pool.statistics().inUse()).isZero();
    assertThat(pool.statistics().allocated()).isLessThanOrEqualTo(4);
  }

  private static int disturbed(MemoryPool pool, long mark) {
    int disturbed = 0;
    for (int i = 0; i < 20_000; i++) {
      try (PooledBuffer buffer = pool.acquire(8)) {
        buffer.buffer().putLong(0, mark);
        Thread.onSpinWait();
        disturbed += buffer.buffer().getLong(0) == mark ? 0 : 1;
      }
    }
    return disturbed;
  }

  @Test
  void refusesClassesThatAreMissingEmptyOrOutOfOrder() {
    List<PoolConfig.Builder> wrong =
        List.of(
            PoolConfig.builder(),
            PoolConfig.builder().sizeClass(64, 1).sizeClass(64, 1),
            PoolConfig.builder().sizeClass(64, 1).sizeClass(32, 1));
    for (PoolConfig.Builder builder : wrong) {
      assertThatExceptionOfType(RabiaException.Validation.class).isThrownBy(builder::build);
    }
    assertThatExceptionOfType(RabiaException.Validation.class)
        .isThrownBy(() -> PoolConfig.builder().sizeClass(0, 1));
    assertThatExceptionOfType(RabiaException.Validation.class)
        .isThrownBy(() -> PoolConfig.builder().sizeClass(1, 0));
  }
}
