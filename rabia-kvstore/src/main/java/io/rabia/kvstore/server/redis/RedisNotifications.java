package io.rabia.kvstore.server.redis;

import io.netty.channel.EventLoop;
import io.rabia.kvstore.ChangeType;
import io.rabia.kvstore.KvEvent;
import io.rabia.kvstore.KvRequests;
import io.rabia.kvstore.NotificationFilter;
import io.rabia.kvstore.StoreException;
import io.rabia.kvstore.Subscription;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Hands the changes of the store to the connections that want keyspace notifications, by one
 * subscription for all of them that is there while one is. Used on the port's event loop.
 */
public final class RedisNotifications {

  /** A connection. */
  interface Receiver {
    /**
     * @param event set, del, expired or flushall
     */
    void onChange(String event, byte[] key);

    /** Nothing comes any more, since not everything would. */
    void onLoss(String reason);
  }

  private final KvRequests store;
  private final EventLoop loop;
  private final Set<Receiver> receivers = new LinkedHashSet<>();
  private @Nullable Subscription subscription;

  public RedisNotifications(KvRequests store, EventLoop loop) {
    this.store = store;
    this.loop = loop;
  }

  /** Completes, on the loop, once everything that happens from then on is told. */
  CompletableFuture<byte[]> join(Receiver receiver) {
    receivers.add(receiver);
    Subscription current = subscription;
    if (current == null) {
      current = store.subscribe(NotificationFilter.all(), this::tell);
      subscription = current;
      Subscription ours = current;
      current.ended().whenComplete((nothing, failure) -> loop.execute(() -> onEnd(ours, failure)));
    }
    return current.begun().thenApply(nothing -> new byte[0]);
  }

  void leave(Receiver receiver) {
    receivers.remove(receiver);
    Subscription current = subscription;
    if (receivers.isEmpty() && current != null) {
      current.close();
      subscription = null;
    }
  }

  /** On the subscription's thread, which waits for the loop: it never runs ahead of it. */
  private void tell(KvEvent event) {
    loop.submit(() -> receivers().forEach(r -> r.onChange(name(event.type()), event.key())))
        .awaitUninterruptibly();
  }

  private Iterable<Receiver> receivers() {
    return new ArrayList<>(receivers);
  }

  private void onEnd(Subscription ended, @Nullable Throwable failure) {
    if (ended == subscription) {
      subscription = null;
      String reason =
          failure == null ? "closed" : String.valueOf(StoreException.from(failure).getMessage());
      receivers().forEach(receiver -> receiver.onLoss(reason));
      receivers.clear();
    }
  }

  private static String name(ChangeType type) {
    return switch (type) {
      case CREATED, UPDATED -> "set";
      case DELETED -> "del";
      case EXPIRED -> "expired";
      case CLEARED -> "flushall";
    };
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
