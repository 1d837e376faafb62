package io.rabia.examples;

import io.rabia.kvstore.KVStore;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes keys through one replica, a few at a time, and remembers what was acknowledged and when.
 */
final class Writer {
  private static final int OUTSTANDING = 8;

  private final String name;
  private final KVStore store;
  private final Map<String, String> acknowledged = new ConcurrentHashMap<>();
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final AtomicLong lastAt = new AtomicLong();
  private final AtomicLong longestGap = new AtomicLong();
  private volatile boolean stopping;

  Writer(String name, KVStore store) {
    this.name = name;
    this.store = store;
  }

  void start() {
    lastAt.set(System.nanoTime());
    running.set(OUTSTANDING);
    for (int i = 0; i < OUTSTANDING; i++) {
      write();
    }
  }

  private void write() {
    if (stopping) {
      running.decrementAndGet();
      return;
    }
    String key = name + "/" + next.incrementAndGet();
    String value = "value-" + key;
    store
        .setAsync(Texts.utf8(key), Texts.utf8(value))
        .whenComplete(
            (version, failure) -> {
              if (failure == null) {
                acknowledged(key, value);
              } else {
                failed.incrementAndGet();
                stopping |= failure instanceof CompletionException || failed.get() > OUTSTANDING;
              }
              write();
            });
  }

  private void acknowledged(String key, String value) {
    acknowledged.put(key, value);
    long now = System.nanoTime();
    longestGap.accumulateAndGet(now - lastAt.getAndSet(now), Math::max);
  }

  /** Forgets the gaps so far. */
  void resetGap() {
    longestGap.set(0);
  }

  /** The longest time without an acknowledgement, milliseconds. */
  double longestGapMillis() {
    return longestGap.get() / 1e6;
  }

  void stop() {
    stopping = true;
  }

  boolean stopped() {
    return running.get() == 0;
  }

  int failed() {
    return failed.get();
  }

  Map<String, String> acknowledged() {
    return acknowledged;
  }
}
