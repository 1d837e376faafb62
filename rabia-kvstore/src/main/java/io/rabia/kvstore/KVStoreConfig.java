package io.rabia.kvstore;

import io.rabia.core.RabiaException;
import java.time.Duration;

/**
 * The limits of a store. The first four decide what a command answers, so all members of a cluster must have the same:
 * members with other limits have another state hash. Immutable.
 *
 * @param maxEntries keys, 1 or more; default 1 000 000. A set of a new key beyond it is refused as STORE_FULL
 * @param maxMemoryMb MiB of keys, values and {@link KvStateMachine#ENTRY_OVERHEAD} bytes an entry; default 1024. A write
 *     that would exceed it is refused as STORE_FULL; size the heap for it
 * @param maxKeySize bytes, 1 to 65535; default 1024
 * @param maxValueSize bytes, 1 to 64 MiB; default 1 MiB. Larger values hold up the commands behind them
 * @param requestTimeout how long {@link KVStore} waits for an answer; default 5 s. Local to this member
 */
public record KVStoreConfig(
    int maxEntries, int maxMemoryMb, int maxKeySize, int maxValueSize, Duration requestTimeout) {

  private static final int MAX_VALUE_SIZE = 64 << 20;

  public KVStoreConfig {
    check(maxEntries >= 1, "maxEntries must be 1 or more: " + maxEntries);
    check(maxMemoryMb >= 1, "maxMemoryMb must be 1 or more: " + maxMemoryMb);
    check(maxKeySize >= 1 && maxKeySize <= 0xFFFF, "maxKeySize must be 1 to 65535: " + maxKeySize);
    check(
        maxValueSize >= 1 && maxValueSize <= MAX_VALUE_SIZE,
        "maxValueSize must be 1 to " + MAX_VALUE_SIZE + ": " + maxValueSize);
    check(requestTimeout.toMillis() >= 1, "requestTimeout must be 1 ms or more: " + requestTimeout);
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new RabiaException.Validation(message);
    }
  }

  public static KVStoreConfig defaults() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Collects a {@link KVStoreConfig}; not thread-safe. */
  public static final class Builder {
    private int maxEntries = 1_000_000;
    private int maxMemoryMb = 1024;
    private int maxKeySize = 1024;
    private int maxValueSize = 1 << 20;
    private Duration requestTimeout = Duration.ofSeconds(5);

    private Builder() {}

    public Builder maxEntries(int maxEntries) {
      this.maxEntries = maxEntries;
      return this;
    }

    public Builder maxMemoryMb(int maxMemoryMb) {
      this.maxMemoryMb = maxMemoryMb;
      return this;
    }

    public Builder maxKeySize(int maxKeySize) {
      this.maxKeySize = maxKeySize;
      return this;
    }

    public Builder maxValueSize(int maxValueSize) {
      this.maxValueSize = maxValueSize;
      return this;
    }

    public Builder requestTimeout(Duration requestTimeout) {
      this.requestTimeout = requestTimeout;
      return this;
    }

    public KVStoreConfig build() {
      return new KVStoreConfig(maxEntries, maxMemoryMb, maxKeySize, maxValueSize, requestTimeout);
    }
  }
}
