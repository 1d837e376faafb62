package io.rabia.kvstore;

import io.rabia.core.ReadConsistency;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The way of commands and queries to a store, wherever it is, and back. Thread-safe. Futures fail
 * with {@link StoreException}; arrays handed in must not change until the answer is there.
 */
public abstract class KvRequests implements AutoCloseable {
  private static final int MAX_SUBSCRIPTIONS = 256;

  private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();

  KvRequests() {}

  /** Executes an encoded command once and completes with its encoded result. */
  protected abstract CompletableFuture<byte[]> submit(byte[] command);

  /** Answers an encoded query. */
  protected abstract CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency);

  /** Executes any command; fails with what the store refused it for. */
  public final CompletableFuture<KvResult> execute(KvCommand command) {
    byte[] encoded;
    try {
      encoded = KvCodec.encode(command);
    } catch (StoreException e) {
      return CompletableFuture.failedFuture(e);
    }
    return submit(encoded)
        .handle((result, failure) -> decode(result, failure, StoreException::from));
  }

  /** Answers any query; fails with what the store refused it for. */
  public final CompletableFuture<KvResult> query(KvQuery query, ReadConsistency consistency) {
    byte[] encoded;
    try {
      encoded = KvCodec.encode(query);
    } catch (StoreException e) {
      return CompletableFuture.failedFuture(e);
    }
    return read(encoded, consistency)
        .handle((result, failure) -> decode(result, failure, StoreException::ofQuery));
  }

  private static KvResult decode(
      byte @Nullable [] result,
      @Nullable Throwable failure,
      Function<Throwable, StoreException> form) {
    if (failure != null || result == null) {
      throw form.apply(failure == null ? new IllegalStateException("no result") : failure);
    }
    KvResult decoded;
    try {
      decoded = KvCodec.decodeResult(result);
    } catch (RuntimeException e) {
      throw form.apply(e);
    }
    if (decoded instanceof KvResult.Failed failed) {
      throw new StoreException(failed.error(), failed.message(), null);
    }
    return decoded;
  }

  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw StoreException.from(e);
    }
  }

  /** As {@link #subscribe(NotificationFilter, EventPosition, KvListener)}, of what is new. */
  public final Subscription subscribe(NotificationFilter filter, KvListener listener) {
    return subscribe(filter, EventPosition.now(), listener);
  }

  /**
   * Hands every change after the position that the filter lets pass to the listener: in order, each
   * once, over reconnects and failures of nodes, until it is closed. It asks the store for more
   * about every 10 ms, once the listener has taken what there was, on a thread of its own: so there
   * are no more than 256.
   *
   * @throws StoreException OVERLOADED when there are
   */
  public final Subscription subscribe(
      NotificationFilter filter, EventPosition from, KvListener listener) {
    KvCodec.encode(new KvQuery.Watch(from, filter, 1));
    Subscription subscription = new Subscription(this, filter, from, listener);
    if (subscriptions.size() >= MAX_SUBSCRIPTIONS) {
      throw new StoreException(
          StoreError.OVERLOADED, MAX_SUBSCRIPTIONS + " subscriptions at once", null);
    }
    subscriptions.add(subscription);
    subscription.ended().whenComplete((nothing, failure) -> subscriptions.remove(subscription));
    subscription.start();
    return subscription;
  }

  /** Ends the subscriptions and gives free what this object has. */
  @Override
  public void close() {
    subscriptions.forEach(Subscription::close);
  }
}
