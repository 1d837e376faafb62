package io.rabia.kvstore;

import io.rabia.core.ReadConsistency;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What can be done with a store, wherever it is. Thread-safe. The asynchronous forms fail their
 * futures with {@link StoreException}, the others throw it; arrays handed in must not change until
 * the answer is there. Text is UTF-8. The blocking forms must not be called from the threads that
 * complete the futures.
 */
public abstract class KvOperations extends KvRequests {
  private static final int ATTEMPTS = 16;

  protected KvOperations() {}

  /** Stores the value and completes with its version. */
  public final CompletableFuture<Long> setAsync(byte[] key, byte[] value) {
    return execute(new KvCommand.Set(key, value)).thenApply(r -> ((KvResult.Stored) r).version());
  }

  /** Stores the value and returns its version. */
  public final long set(byte[] key, byte[] value) {
    return await(setAsync(key, value));
  }

  public final long set(String key, String value) {
    return set(bytes(key), bytes(value));
  }

  /** The newest answered value with what is known about it; empty when there is none. */
  public final CompletableFuture<Optional<KvEntry>> getAsync(byte[] key) {
    return getAsync(key, ReadConsistency.LINEARIZABLE);
  }

  public final CompletableFuture<Optional<KvEntry>> getAsync(
      byte[] key, ReadConsistency consistency) {
    return query(new KvQuery.Get(key), consistency)
        .thenApply(r -> r instanceof KvResult.Found f ? Optional.of(f.entry()) : Optional.empty());
  }

  public final Optional<byte[]> get(byte[] key) {
    return getWithMetadata(key).map(KvEntry::value);
  }

  public final Optional<String> get(String key) {
    return get(bytes(key)).map(value -> new String(value, StandardCharsets.UTF_8));
  }

  public final Optional<KvEntry> getWithMetadata(byte[] key) {
    return await(getAsync(key));
  }

  /** Completes with whether the key existed. */
  public final CompletableFuture<Boolean> deleteAsync(byte[] key) {
    return execute(new KvCommand.Delete(List.of(key)))
        .thenApply(r -> ((KvResult.Deleted) r).count() == 1);
  }

  public final boolean delete(byte[] key) {
    return await(deleteAsync(key));
  }

  public final boolean delete(String key) {
    return delete(bytes(key));
  }

  public final CompletableFuture<Boolean> existsAsync(byte[] key) {
    return query(new KvQuery.Exists(key), ReadConsistency.LINEARIZABLE)
        .thenApply(r -> ((KvResult.Exists) r).exists());
  }

  public final boolean exists(byte[] key) {
    return await(existsAsync(key));
  }

  public final boolean exists(String key) {
    return exists(bytes(key));
  }

  /**
   * Stores the value if the key has the expected one now.
   *
   * @param expected null: if the key does not exist
   * @return completes with {@link KvResult.Stored} or {@link KvResult.Mismatch}
   */
  public final CompletableFuture<KvResult> compareAndSetAsync(
      byte[] key, byte @Nullable [] expected, byte[] value) {
    return execute(new KvCommand.CompareAndSet(key, expected, value));
  }

  /** Returns whether the value was stored. */
  public final boolean compareAndSet(byte[] key, byte @Nullable [] expected, byte[] value) {
    return await(compareAndSetAsync(key, expected, value)) instanceof KvResult.Stored;
  }

  public final boolean compareAndSet(String key, @Nullable String expected, String value) {
    return compareAndSet(bytes(key), expected == null ? null : bytes(expected), bytes(value));
  }

  /** Adds to the decimal number under the key, 0 when there is none, and completes with the sum. */
  public final CompletableFuture<Long> incrementAsync(byte[] key, long by) {
    return execute(new KvCommand.Increment(key, by)).thenApply(r -> ((KvResult.Number) r).value());
  }

  public final long increment(byte[] key, long by) {
    return await(incrementAsync(key, by));
  }

  public final long increment(String key, long by) {
    return increment(bytes(key), by);
  }

  // ---- times to live: of the cluster's log time, which only goes on with commands

  static KvCommand.Put put(byte[] key, byte[] value, Duration timeToLive) {
    return new KvCommand.Put(key, value, KvCommand.Put.When.ALWAYS, nanos(timeToLive));
  }

  private static long nanos(Duration timeToLive) {
    long nanos = TimeUnit.NANOSECONDS.convert(timeToLive);
    if (nanos < 1) {
      throw new StoreException(StoreError.MALFORMED, "time to live of " + timeToLive, null);
    }
    return nanos;
  }

  /** Stores the value for a time, and returns its version. */
  public final long set(byte[] key, byte[] value, Duration timeToLive) {
    return ((KvResult.Replaced) await(execute(put(key, value, timeToLive)))).version();
  }

  public final long set(String key, String value, Duration timeToLive) {
    return set(bytes(key), bytes(value), timeToLive);
  }

  /** Gives the key so long from now on; false when it does not exist. */
  public final boolean expire(String key, Duration timeToLive) {
    return exists(new KvCommand.Expire(bytes(key), nanos(timeToLive)));
  }

  /** Lets the key live for ever; false when it does not exist, or does. */
  public final boolean persist(String key) {
    return exists(new KvCommand.Expire(bytes(key), KvCommand.Put.FOREVER));
  }

  private boolean exists(KvCommand command) {
    return ((KvResult.Exists) await(execute(command))).exists();
  }

  /** What is left to the key; empty when it does not exist or lives for ever. */
  public final Optional<Duration> timeToLive(String key) {
    KvResult left = await(execute(new KvCommand.Ask(new KvQuery.TimeToLive(bytes(key)))));
    return left instanceof KvResult.Remaining r && r.nanos() != KvCommand.Put.FOREVER
        ? Optional.of(Duration.ofNanos(r.nanos()))
        : Optional.empty();
  }

  // ---- ranges

  /**
   * The keys from {@code from} on, before {@code to}, with their values: at most {@code limit}, and
   * as many as fit one answer.
   *
   * @param from empty: from the beginning
   * @param to null: to the end
   */
  public final KvPage range(byte[] from, byte @Nullable [] to, int limit) {
    return page(new KvQuery.Scan(from, to, limit, false));
  }

  public final KvPage range(String from, @Nullable String to, int limit) {
    return range(bytes(from), to == null ? null : bytes(to), limit);
  }

  final KvPage page(KvQuery.Scan scan) {
    return ((KvResult.Page) await(query(scan, ReadConsistency.LINEARIZABLE))).page();
  }

  /** All keys that begin so, in order, read page by page: no snapshot ({@link KvPage}). */
  public final List<String> keys(String prefix) {
    List<String> keys = new ArrayList<>();
    KvScan.ofPrefix(this, bytes(prefix), true)
        .forEach(item -> keys.add(new String(item.key(), StandardCharsets.UTF_8)));
    return keys;
  }

  /** What begins so, in order, read page by page while it is walked: no snapshot. */
  public final Iterable<KvPage.Item> scan(byte[] prefix) {
    return KvScan.ofPrefix(this, prefix, false);
  }

  /** As {@link #scan(byte[])}, without the values if only the keys are wanted. */
  public final Iterable<KvPage.Item> scan(byte[] prefix, boolean keysOnly) {
    return KvScan.ofPrefix(this, prefix, keysOnly);
  }

  /** How many keys there are. */
  public final int size() {
    return statistics().entries();
  }

  public final StoreStatistics statistics() {
    return ((KvResult.Counted) await(query(new KvQuery.Statistics(), ReadConsistency.LINEARIZABLE)))
        .statistics();
  }

  /** Removes everything, and returns how many keys there were. */
  public final int clear() {
    return ((KvResult.Deleted) await(execute(new KvCommand.Clear()))).count();
  }

  // ---- several keys

  /** What the keys have at one slot, in their order. */
  public final List<Optional<KvEntry>> getAll(List<byte[]> keys) {
    KvResult.Entries entries =
        (KvResult.Entries) await(query(new KvQuery.GetAll(keys), ReadConsistency.LINEARIZABLE));
    List<Optional<KvEntry>> found = new ArrayList<>(keys.size());
    entries.entries().forEach(entry -> found.add(Optional.ofNullable(entry)));
    return found;
  }

  /** Those of the keys that exist, with their values, all at one slot. */
  public final Map<String, String> getAll(Collection<String> keys) {
    List<String> names = List.copyOf(keys);
    List<Optional<KvEntry>> entries = getAll(names.stream().map(KvOperations::bytes).toList());
    Map<String, String> found = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      entries
          .get(i)
          .ifPresent(entry -> found.put(name, new String(entry.value(), StandardCharsets.UTF_8)));
    }
    return found;
  }

  /** Stores all of them at once, or none. */
  public final void setAll(Map<String, String> values) {
    List<KvCommand> sets = new ArrayList<>();
    values.forEach((key, value) -> sets.add(new KvCommand.Set(bytes(key), bytes(value))));
    batch(sets);
  }

  /** Executes the commands one after the other with nothing between them: all, or none. */
  public final List<KvResult> batch(List<KvCommand> commands) {
    return transaction(List.of(), commands, List.of()).results();
  }

  /** Executes {@code then} if all conditions hold, otherwise the others: all of them, or none. */
  public final KvResult.Transacted transaction(
      List<KvCondition> conditions, List<KvCommand> then, List<KvCommand> otherwise) {
    return (KvResult.Transacted)
        await(execute(new KvCommand.Transaction(conditions, then, otherwise)));
  }

  /** As {@link #inTransaction(int, Function)}, for a closure without a result, 16 attempts. */
  public final void transaction(Consumer<Transaction> body) {
    this.<@Nullable Void>inTransaction(
        ATTEMPTS,
        tx -> {
          body.accept(tx);
          return null;
        });
  }

  /** As {@link #inTransaction(int, Function)}, 16 attempts. */
  public final <T extends @Nullable Object> T inTransaction(Function<Transaction, T> body) {
    return inTransaction(ATTEMPTS, body);
  }

  /**
   * Runs the closure and then does what it wrote, all at once, if nothing that it read has changed;
   * else runs it again, so it should do nothing else.
   *
   * @throws StoreException {@link StoreError#TRANSACTION_CONFLICT} after so many attempts; {@link
   *     StoreError#TIMEOUT}: it may still be done
   */
  public final <T extends @Nullable Object> T inTransaction(
      int attempts, Function<Transaction, T> body) {
    return Transaction.run(this, attempts, body);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
