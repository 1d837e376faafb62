package io.rabia.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients at work, each a thread that asks a node of its own first, until they are told to stop and
 * enough was asked. Thread-safe.
 */
final class Clients {
  private static final long THINK_NANOS = 1_000_000;

  /** What a client does over and over. */
  interface Work {
    /**
     * @param client numbered from 0
     * @param patience when to give up, of {@link System#nanoTime}
     * @return false when there was no answer
     */
    boolean perform(int client, ClusterClient connection, Random random, long patience);
  }

  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final int least;
  private final long patienceNanos;
  private volatile boolean enough;

  /**
   * @param least how many things are asked in all, at least
   */
  Clients(int least, long patienceNanos) {
    this.least = least;
    this.patienceNanos = patienceNanos;
  }

  void start(TestCluster cluster, int count, boolean failOver, long seed, Work work) {
    for (int i = 0; i < count; i++) {
      int client = i;
      ClusterClient connection = new ClusterClient(cluster, client, failOver);
      Random random = new Random(seed * 31 + client);
      Thread thread = new Thread(() -> run(client, connection, random, work), "client-" + client);
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  private void run(int client, ClusterClient connection, Random random, Work work) {
    try {
      while (!enough || asked.get() < least) {
        asked.incrementAndGet();
        if (work.perform(client, connection, random, System.nanoTime() + patienceNanos)) {
          answered.incrementAndGet();
        }
        LockSupport.parkNanos(THINK_NANOS);
      }
    } catch (RuntimeException | Error e) {
      failures.add(e);
    }
  }

  int asked() {
    return asked.get();
  }

  int answered() {
    return answered.get();
  }

  /**
   * Waits until all have their last answers, or gave up.
   *
   * @throws AssertionError when one failed otherwise
   */
  void stop() {
    enough = true;
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      threads.forEach(Thread::interrupt);
      Thread.currentThread().interrupt();
    }
    for (Throwable failure : failures) {
      throw new AssertionError("a client failed: " + failure, failure);
    }
  }
}
