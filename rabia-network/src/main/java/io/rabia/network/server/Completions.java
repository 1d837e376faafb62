package io.rabia.network.server;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings results from whichever threads complete them to the event loop, many with one wake-up, and
 * lets every connection flush once for all of its results. {@link #waiting} from any thread.
 */
public final class Completions {
  private static final Logger LOG = LoggerFactory.getLogger(Completions.class);

  /** Who waits for results; called on the event loop. */
  public interface Receiver {
    /**
     * @param bytes as given to {@link #await}
     */
    void onResult(long tag, long bytes, byte @Nullable [] result, @Nullable Throwable failure);

    /** After the last of several results. */
    void onResultsComplete();
  }

  /** What a receiver waits for; once done, in a stack, the newest on top. */
  private final class Waiting implements BiConsumer<byte @Nullable [], @Nullable Throwable> {
    private final Receiver receiver;
    private final long tag;
    private final long bytes;
    private byte @Nullable [] result;
    private @Nullable Throwable failure;
    private @Nullable Waiting below = this; // until it is done

    Waiting(Receiver receiver, long tag, long bytes) {
      this.receiver = receiver;
      this.tag = tag;
      this.bytes = bytes;
    }

    @Override
    public void accept(byte @Nullable [] newResult, @Nullable Throwable newFailure) {
      if (below != this) {
        return;
      }
      result = newResult;
      failure = newFailure;
      Waiting top;
      do {
        top = done.get();
        below = top;
      } while (!done.compareAndSet(top, this));
      if (top == null) {
        schedule();
      }
    }

    void tell() {
      try {
        receiver.onResult(tag, bytes, result, failure);
      } catch (RuntimeException e) {
        failed(e);
      }
    }
  }

  private final EventLoop loop;
  private final AtomicReference<@Nullable Waiting> done = new AtomicReference<>();
  private final List<Receiver> touched = new ArrayList<>();

  public Completions(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * Takes the end of one thing, once, and hands it to the receiver, with what that wants to know
   * again.
   */
  public BiConsumer<byte @Nullable [], @Nullable Throwable> waiting(
      Receiver receiver, long tag, long bytes) {
    return new Waiting(receiver, tag, bytes);
  }

  private void schedule() {
    try {
      loop.execute(this::drain);
      if (loop.isTerminated()) {
        done.set(null); // not every event loop that has ended says so
      }
    } catch (RejectedExecutionException e) {
      done.set(null); // the ports are closed, and their connections with them
    }
  }

  private void drain() {
    for (Waiting next = inOrder(done.getAndSet(null)); next != null; next = next.below) {
      next.tell();
      if (touched.isEmpty() || touched.get(touched.size() - 1) != next.receiver) {
        touched.add(next.receiver);
      }
    }
    touched.forEach(Completions::complete);
    touched.clear();
  }

  private static void complete(Receiver receiver) {
    try {
      receiver.onResultsComplete();
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  /** One receiver's bug is not the others'. */
  private static void failed(RuntimeException e) {
    LOG.warn("A connection failed to take a result", e);
  }

  /** Turns a stack over: the oldest, with the others below it. */
  private static @Nullable Waiting inOrder(@Nullable Waiting newest) {
    Waiting turned = null;
    for (Waiting next = newest; next != null; ) {
      Waiting below = next.below;
      next.below = turned;
      turned = next;
      next = below;
    }
    return turned;
  }
}
