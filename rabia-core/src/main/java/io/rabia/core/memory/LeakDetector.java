package io.rabia.core.memory;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows every loan of a pool and notices those whose {@link PooledBuffer} was garbage collected
 * without a release. Thread-safe.
 */
final class LeakDetector {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryPool.class);
  private static final int REMEMBERED = 100;

  /** MemoryPool.acquire, SizeClassPool.acquire and lend. */
  private static final int OWN_CALLS = 3;

  /** One acquisition, known without holding on to what was acquired. */
  static final class Loan extends PhantomReference<PooledBuffer> {
    private final SizeClassPool home;
    private final Leak site;
    private boolean reported;

    private Loan(
        PooledBuffer pooled, SizeClassPool home, ReferenceQueue<PooledBuffer> queue, Leak site) {
      super(pooled, queue);
      this.home = home;
      this.site = site;
    }
  }

  private final ReferenceQueue<PooledBuffer> collected = new ReferenceQueue<>();
  private final Set<Loan> open = new HashSet<>();
  private final List<Leak> found = new ArrayList<>();
  private long count;

  synchronized Loan lend(PooledBuffer pooled, SizeClassPool home) {
    Leak site =
        new Leak(
            home.bytes(),
            Thread.currentThread().getName(),
            Arrays.stream(new Throwable().getStackTrace()).skip(OWN_CALLS).toList());
    Loan loan = new Loan(pooled, home, collected, site);
    open.add(loan);
    return loan;
  }

  synchronized void settle(@Nullable Loan loan) {
    open.remove(loan);
  }

  /** Counts the loans that were garbage collected; must not be called with a size class locked. */
  void collect() {
    for (Reference<?> gone = collected.poll(); gone != null; gone = collected.poll()) {
      Loan loan = (Loan) gone;
      if (lose(loan)) {
        loan.home.lost();
      }
    }
  }

  private synchronized boolean lose(Loan loan) {
    if (!open.remove(loan)) {
      return false;
    }
    count++;
    report(loan);
    return true;
  }

  /** At the end of the pool every open loan is told, though it may still come back. */
  synchronized void reportOpen() {
    open.forEach(this::report);
  }

  private void report(Loan loan) {
    if (!loan.reported && found.size() < REMEMBERED) {
      loan.reported = true;
      found.add(loan.site);
      LOG.warn("buffer never released: {}", loan.site);
    }
  }

  synchronized long count() {
    return count;
  }

  synchronized List<Leak> found() {
    return List.copyOf(found);
  }
}
