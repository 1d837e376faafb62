package io.rabia.testing.sim;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/** Does independent work on all cores and hands the results out in the order of the work. */
final class InOrder {
  private static final int AHEAD = 64;
  private static final long SIGN_OF_LIFE_SECONDS = 10;

  private InOrder() {}

  /**
   * Returns when all is done.
   *
   * @param work called in many threads, each of which does one piece at a time
   * @param results called in the calling thread
   * @param atWork called in the calling thread whenever it has waited for ten seconds
   * @throws IllegalStateException when a piece of the work threw
   */
  static <I, O> void run(
      Iterator<I> inputs, Function<I, O> work, Consumer<O> results, Runnable atWork) {
    ExecutorService threads =
        Executors.newFixedThreadPool(
            Runtime.getRuntime().availableProcessors(),
            task -> {
              Thread thread = new Thread(task, "simulation");
              thread.setDaemon(true);
              return thread;
            });
    try {
      ArrayDeque<Future<O>> underWay = new ArrayDeque<>();
      while (inputs.hasNext() || !underWay.isEmpty()) {
        while (inputs.hasNext() && underWay.size() < AHEAD) {
          I input = inputs.next();
          underWay.add(threads.submit(() -> work.apply(input)));
        }
        results.accept(await(underWay.remove(), atWork));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static <O> O await(Future<O> future, Runnable atWork) {
    while (true) {
      try {
        return future.get(SIGN_OF_LIFE_SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        atWork.run();
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }
}
