package io.rabia.leader;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands events to listeners, each on a thread of its own, in order. Thread-safe. A listener that is
 * slower than {@link #CAPACITY} events loses the newest ones and is told how many by {@link
 * Subscription#missed}; one that throws, whatever it is, is logged once and goes on with the next.
 * Nobody else notices.
 */
public final class LeaderNotificationBus implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderNotificationBus.class);

  /** Events that wait for one listener at most. */
  public static final int CAPACITY = 1024;

  private static final AtomicLong IDS = new AtomicLong();

  private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
  private final Map<String, LeaderEvent.LeaderElected> led = new TreeMap<>();
  private boolean closed;

  LeaderNotificationBus() {}

  /**
   * The listener hears first who leads, by one {@link LeaderEvent.LeaderElected} for every election
   * that has a leader, as far as this process has seen; and then of what happens.
   */
  public synchronized Subscription subscribe(
      LeaderNotificationFilter filter, Consumer<LeaderEvent> listener) {
    Subscription subscription = new Subscription(filter, listener);
    if (!closed) {
      led.values().forEach(subscription::offer);
      subscriptions.add(subscription);
      subscription.thread.start();
    }
    return subscription;
  }

  synchronized void publish(LeaderEvent event) {
    if (event instanceof LeaderEvent.LeaderElected elected) {
      led.put(elected.election(), elected);
    } else if (event instanceof LeaderEvent.LeaderSteppedDown down) {
      led.remove(down.election());
    }
    subscriptions.forEach(subscription -> subscription.offer(event));
  }

  /** Ends all subscriptions. */
  @Override
  public synchronized void close() {
    closed = true;
    subscriptions.forEach(Subscription::close);
  }

  /** A listener on the bus. Thread-safe. */
  public final class Subscription implements AutoCloseable {
    private final long id = IDS.incrementAndGet();
    private final LeaderNotificationFilter filter;
    private final Consumer<LeaderEvent> listener;
    private final ArrayBlockingQueue<LeaderEvent> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final AtomicLong missed = new AtomicLong();
    private final AtomicBoolean told = new AtomicBoolean();
    private final Thread thread;

    private Subscription(LeaderNotificationFilter filter, Consumer<LeaderEvent> listener) {
      this.filter = filter;
      this.listener = listener;
      thread = new Thread(this::run, "rabia-leader-subscription-" + id);
      thread.setDaemon(true);
    }

    /** Unique in this process. */
    public long id() {
      return id;
    }

    /** Events that did not reach the listener since it was too slow. */
    public long missed() {
      return missed.get();
    }

    /** A predicate of somebody else's may block or throw, and is not asked on this thread. */
    private void offer(LeaderEvent event) {
      boolean wanted = filter instanceof LeaderNotificationFilter.Custom || filter.matches(event);
      if (wanted && !queue.offer(event)) {
        missed.incrementAndGet();
      }
    }

    private void run() {
      while (subscriptions.contains(this)) {
        try {
          LeaderEvent event = queue.take();
          if (filter.matches(event)) {
            listener.accept(event);
          }
        } catch (InterruptedException e) {
          return;
        } catch (Throwable e) {
          failed(e);
        }
      }
    }

    /** Said once: it may be so with every event. */
    private void failed(Throwable failure) {
      if (told.compareAndSet(false, true)) {
        LOG.warn("The listener or filter of subscription {} failed", id, failure);
      }
    }

    /** The listener hears nothing more; a call that is under way is interrupted. */
    @Override
    public void close() {
      subscriptions.remove(this);
      thread.interrupt();
    }
  }
}
