package io.rabia.kvstore;

import io.rabia.core.ReadConsistency;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * What can be done with a store, wherever it is. Thread-safe. The asynchronous forms fail their futures with {@link
 * StoreException}, the others throw it; arrays handed in must not change until the answer is there. Text is UTF-8. The
 * blocking forms must not be called from the threads that complete the futures.
 */
public abstract class KvOperations {

  /** Executes an encoded command once and completes with its encoded result. */
  protected abstract CompletableFuture<byte[]> submit(byte[] command);

  /** Answers an encoded query. */
  protected abstract CompletableFuture<byte[]> read(byte[] query, ReadConsistency consistency);

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

  public final CompletableFuture<Optional<KvEntry>> getAsync(byte[] key, ReadConsistency consistency) {
    return query(new KvQuery.Get(key), consistency)
        .thenApply(
            r -> r instanceof KvResult.Found f ? Optional.of(f.entry()) : Optional.empty());
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

  /** Executes any command; fails with what the store refused it for. */
  public final CompletableFuture<KvResult> execute(KvCommand command) {
    byte[] encoded;
    try {
      encoded = KvCodec.encode(command);
    } catch (StoreException e) {
      return CompletableFuture.failedFuture(e);
    }
    return submit(encoded).handle(KvOperations::decode);
  }

  /** Answers any query; fails with what the store refused it for. */
  public final CompletableFuture<KvResult> query(KvQuery query, ReadConsistency consistency) {
    byte[] encoded;
    try {
      encoded = KvCodec.encode(query);
    } catch (StoreException e) {
      return CompletableFuture.failedFuture(e);
    }
    return read(encoded, consistency).handle(KvOperations::decode);
  }

  private static KvResult decode(byte @Nullable [] result, @Nullable Throwable failure) {
    if (failure != null || result == null) {
      throw StoreException.from(failure == null ? new IllegalStateException("no result") : failure);
    }
    KvResult decoded;
    try {
      decoded = KvCodec.decodeResult(result);
    } catch (RuntimeException e) {
      throw StoreException.from(e);
    }
    if (decoded instanceof KvResult.Failed failed) {
      throw new StoreException(failed.error(), failed.message(), null);
    }
    return decoded;
  }

  private static <T> T await(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw StoreException.from(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
