package io.rabia.engine;

import io.rabia.core.InvariantViolation;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The bounded way from callers' threads to the engine's. A caller wakes the engine only when it
 * sleeps.
 */
final class Inbox {
  private static final int DRAIN_LIMIT = 4096;

  private final MpscVarHandleArrayQueue<Request> queue;
  private final AtomicBoolean sleeping = new AtomicBoolean();
  private final Runnable wakeup;
  private volatile boolean closed;

  Inbox(int capacity, Runnable wakeup) {
    queue = new MpscVarHandleArrayQueue<>(capacity);
    this.wakeup = wakeup;
  }

  /** False when it is full or closed. */
  boolean offer(Request request) {
    if (closed || !queue.offer(request)) {
      return false;
    }
    wakeup();
    return true;
  }

  boolean isClosed() {
    return closed;
  }

  /** From now on nothing is taken in, and {@link #pollClosed} empties it in place of the engine. */
  void close() {
    closed = true;
  }

  /**
   * The next request of a closed inbox, or null: whoever offered while it was closed finds its
   * request here, if the engine did not. From any thread.
   */
  synchronized @Nullable Request pollClosed() {
    InvariantViolation.check(closed, "the engine empties an open inbox");
    return queue.poll();
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  void wakeup() {
    if (sleeping.get() && sleeping.compareAndSet(true, false)) {
      wakeup.run();
    }
  }

  /**
   * The engine is about to wait: from now on whoever offers wakes it. False when it must not wait.
   */
  boolean maySleep() {
    sleeping.set(true);
    if (queue.isEmpty()) {
      return true;
    }
    sleeping.set(false);
    return false;
  }

  void awake() {
    sleeping.lazySet(false);
  }

  int drain(Consumer<Request> consumer) {
    return queue.drain(consumer::accept, DRAIN_LIMIT);
  }
}
