package io.rabia.kvstore;

import org.jspecify.annotations.Nullable;

/** What the store answers. The arrays are not copied and must not change. */
public sealed interface KvResult {

  /**
   * @param version of the value that was written
   */
  record Stored(long version) implements KvResult {}

  /**
   * @param count how many of the keys existed
   */
  record Deleted(int count) implements KvResult {}

  /**
   * @param current what the key has in place of what was expected; null: it does not exist
   */
  record Mismatch(@Nullable KvEntry current) implements KvResult {}

  /** The number after an increment. */
  record Number(long value, long version) implements KvResult {}

  /** What a key has. */
  record Found(KvEntry entry) implements KvResult {}

  /** The key does not exist. */
  record Absent() implements KvResult {}

  /** Whether a key exists. */
  record Exists(boolean exists) implements KvResult {}

  /** Refused alike at every replica. */
  record Failed(StoreError error, String message) implements KvResult {}
}
