package io.rabia.kvstore;

import io.rabia.core.ReadConsistency;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the closure of {@link KvOperations#transaction} reads and writes. Each key is read once, and
 * its version noted; writes are kept back and seen by later reads of the closure. In the end one
 * command writes everything if no key that was read has changed. Before that, reads of several keys
 * may be of different slots: what the closure makes of them, an exception included, is thrown away
 * then. Used by one thread.
 */
public final class Transaction {
  private static final long BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final KvOperations store;
  private final Map<ByteBuffer, Optional<KvEntry>> reads = new LinkedHashMap<>();
  private final Map<ByteBuffer, KvCommand> writes = new LinkedHashMap<>();
  private @Nullable StoreException failed;

  private Transaction(KvOperations store) {
    this.store = store;
  }

  static <T extends @Nullable Object> T run(
      KvOperations store, int attempts, Function<Transaction, T> body) {
    for (int attempt = 1; ; attempt++) {
      Transaction transaction = new Transaction(store);
      Throwable thrown = null;
      try {
        T result = body.apply(transaction);
        if (transaction.commit()) {
          return result;
        }
      } catch (RuntimeException | Error e) {
        if (transaction.failed != null || transaction.isOfOneState(e)) {
          throw e;
        }
        thrown = e;
      }
      if (attempt >= attempts) {
        throw new StoreException(
            StoreError.TRANSACTION_CONFLICT, attempts + " attempts met other writers", thrown);
      }
      LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(BACK_OFF_NANOS * attempt));
    }
  }

  public Optional<byte[]> get(byte[] key) {
    KvCommand written = writes.get(ByteBuffer.wrap(key));
    if (written instanceof KvCommand.Set set) {
      return Optional.of(set.value().clone());
    }
    if (written instanceof KvCommand.Put put) {
      return Optional.of(put.value().clone());
    }
    return written != null ? Optional.empty() : read(key).map(KvEntry::value);
  }

  public Optional<String> get(String key) {
    return get(bytes(key)).map(value -> new String(value, StandardCharsets.UTF_8));
  }

  public boolean exists(String key) {
    return get(bytes(key)).isPresent();
  }

  private Optional<KvEntry> read(byte[] key) {
    return reads.computeIfAbsent(ByteBuffer.wrap(key.clone()), k -> ask(key));
  }

  private Optional<KvEntry> ask(byte[] key) {
    return orFail(() -> KvRequests.await(store.getAsync(key, ReadConsistency.LINEARIZABLE)));
  }

  /** What the store itself throws ends everything. */
  private <T> T orFail(Supplier<T> request) {
    try {
      return request.get();
    } catch (StoreException e) {
      failed = e;
      throw e;
    }
  }

  public void set(byte[] key, byte[] value) {
    write(key, new KvCommand.Set(key.clone(), value.clone()));
  }

  public void set(String key, String value) {
    set(bytes(key), bytes(value));
  }

  /** Stores the value for a time. */
  public void set(byte[] key, byte[] value, Duration timeToLive) {
    write(key, KvOperations.put(key.clone(), value.clone(), timeToLive));
  }

  public void delete(byte[] key) {
    write(key, new KvCommand.Delete(List.of(key.clone())));
  }

  public void delete(String key) {
    delete(bytes(key));
  }

  private void write(byte[] key, KvCommand command) {
    writes.put(ByteBuffer.wrap(key.clone()), command);
  }

  private boolean commit() {
    return reads.isEmpty() && writes.isEmpty() || submit(List.copyOf(writes.values()));
  }

  /** Whether the keys that were read had these values at one time; one key always had. */
  private boolean isOfOneState(Throwable thrown) {
    try {
      return reads.size() < 2 || submit(List.of());
    } catch (StoreException e) {
      e.addSuppressed(thrown);
      throw e;
    }
  }

  private boolean submit(List<KvCommand> commands) {
    List<KvCondition> unchanged = new ArrayList<>();
    reads.forEach(
        (key, entry) ->
            unchanged.add(
                new KvCondition.HasVersion(key.array(), entry.map(KvEntry::version).orElse(0L))));
    return orFail(() -> store.transaction(unchanged, commands, List.of())).held();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
