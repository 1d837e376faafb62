package io.rabia.network.server;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Brings results from whichever threads complete them to the event loop, many with one wake-up, and
 * lets every connection flush once for all of its results. {@link #await} from any thread.
 */
public final class Completions {

  /** Who waits for results; called on the event loop. */
  public interface Receiver {
    /**
     * @param bytes as given to {@link #await}
     */
    void onResult(long tag, long bytes, byte @Nullable [] result, @Nullable Throwable failure);

    /** After the last of several results. */
    void onResultsComplete();
  }

  private record Completion(
      Receiver receiver,
      long tag,
      long bytes,
      byte @Nullable [] result,
      @Nullable Throwable failure) {}

  private final EventLoop loop;
  private final Queue<Completion> queue = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final List<Receiver> touched = new ArrayList<>();

  public Completions(EventLoop loop) {
    this.loop = loop;
  }

  /** Hands the future's end to the receiver, with what that wants to know again. */
  public void await(CompletableFuture<byte[]> future, Receiver receiver, long tag, long bytes) {
    future.whenComplete(
        (result, failure) -> {
          queue.add(new Completion(receiver, tag, bytes, result, failure));
          if (scheduled.compareAndSet(false, true)) {
            schedule();
          }
        });
  }

  private void schedule() {
    try {
      loop.execute(this::drain);
      if (loop.isTerminated()) {
        queue.clear(); // not every event loop that has ended says so
      }
    } catch (RejectedExecutionException e) {
      queue.clear(); // the ports are closed, and their connections with them
    }
  }

  private void drain() {
    scheduled.set(false);
    for (Completion next = queue.poll(); next != null; next = queue.poll()) {
      next.receiver().onResult(next.tag(), next.bytes(), next.result(), next.failure());
      if (touched.isEmpty() || touched.get(touched.size() - 1) != next.receiver()) {
        touched.add(next.receiver());
      }
    }
    touched.forEach(Receiver::onResultsComplete);
    touched.clear();
  }
}
