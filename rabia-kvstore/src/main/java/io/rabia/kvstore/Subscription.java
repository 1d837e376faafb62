package io.rabia.kvstore;

import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A listener for changes, with a thread of its own that asks for them and hands them over. It keeps
 * no more than one answer of the store, however slow the listener is. Thread-safe.
 */
public final class Subscription implements AutoCloseable {
  private static final int EVENTS = 1000;
  private static final long PAUSE_MILLIS = 10;
  private static final long RETRY_MILLIS = 100;

  /**
   * Idle answers after which one is demanded of a node that has a quorum. When that one brings
   * something, the node that was asked before is behind or cut off: such answers are demanded until
   * one brings nothing.
   */
  private static final int TRUSTED = 100;

  private static final long UNKNOWN = -1;
  private static final AtomicLong IDS = new AtomicLong();

  private final long id = IDS.incrementAndGet();
  private final KvRequests store;
  private final NotificationFilter filter;
  private final KvListener listener;
  private final long firstSlot;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CompletableFuture<Void> begun = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private EventPosition after;
  private boolean linearizable = true;
  private int idle;
  private boolean outage;
  private volatile long position = -1;

  Subscription(
      KvRequests store, NotificationFilter filter, EventPosition from, KvListener listener) {
    this.store = store;
    this.filter = filter;
    this.listener = listener;
    after = from;
    firstSlot = from.kind() == EventPosition.Kind.SLOT ? from.number() : 0;
  }

  void start() {
    Thread thread = new Thread(this::run, "rabia-kv-subscription-" + id);
    thread.setDaemon(true);
    thread.start();
  }

  /** Unique in this process. */
  public long id() {
    return id;
  }

  /**
   * Version up to which the listener has everything: another subscription, on any node, goes on
   * from there with {@link EventPosition#afterVersion}. -1 before the store has answered.
   */
  public long position() {
    return position;
  }

  /**
   * Completes once the store has said where it begins: nothing after that is left out. Fails when
   * it ends before.
   */
  public CompletableFuture<Void> begun() {
    return begun.copy();
  }

  /**
   * Completes when no more comes: after {@link #close}, or with what the listener threw or the
   * {@link StoreException} that made going on impossible.
   */
  public CompletableFuture<Void> ended() {
    return ended.copy();
  }

  /** The listener is not called any more once the call that is under way has returned. */
  @Override
  public void close() {
    closing.countDown();
  }

  private boolean closed() {
    return closing.getCount() == 0;
  }

  private void run() {
    try {
      long pause = 0;
      while (!closing.await(pause, TimeUnit.MILLISECONDS)) {
        pause = step();
      }
      begun.completeExceptionally(StoreException.ofQuery(new RabiaException.Closed("closed")));
      ended.complete(null);
    } catch (InterruptedException | RuntimeException e) {
      begun.completeExceptionally(e);
      ended.completeExceptionally(e);
    }
  }

  /** Asks once; returns for how many milliseconds to wait before the next time. */
  private long step() {
    boolean trusted = linearizable || idle >= TRUSTED;
    KvResult.Changes changes;
    try {
      changes = ask(trusted ? ReadConsistency.LINEARIZABLE : ReadConsistency.LOCAL);
    } catch (StoreException e) {
      if (!e.recoverable() && !closed()) {
        throw e;
      }
      failed(e);
      return RETRY_MILLIS;
    }
    answered();
    boolean more = position >= 0 && changes.upTo() > position;
    idle = more || trusted ? 0 : idle + 1;
    linearizable = more && trusted;
    if (trusted || changes.upTo() >= position) {
      hand(changes);
    }
    return more ? 0 : PAUSE_MILLIS;
  }

  private KvResult.Changes ask(ReadConsistency consistency) {
    return (KvResult.Changes)
        KvRequests.await(store.query(new KvQuery.Watch(after, filter, EVENTS), consistency));
  }

  private void failed(StoreException reason) {
    if (!outage && !closed()) {
      outage = true;
      listener.onOutage(reason);
    }
  }

  private void answered() {
    if (outage && !closed()) {
      outage = false;
      listener.onResumed();
    }
  }

  private void hand(KvResult.Changes changes) {
    boolean ahead = after.kind() == EventPosition.Kind.VERSION && after.number() > changes.upTo();
    long missed = ahead ? UNKNOWN : changes.missed();
    if (missed != 0 && !closed()) {
      listener.onMissed(missed);
    }
    for (KvEvent event : changes.events()) {
      if (closed()) {
        return;
      }
      if (event.slot() >= firstSlot) {
        listener.onEvent(event);
      }
      position = event.version();
    }
    position = changes.upTo();
    begun.complete(null);
    after = EventPosition.afterVersion(position);
  }
}
