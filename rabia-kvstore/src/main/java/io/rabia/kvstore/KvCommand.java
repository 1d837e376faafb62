package io.rabia.kvstore;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What changes the store. The arrays are not copied and must not change; whoever shares no array is thread-safe. */
public sealed interface KvCommand {

  /** Stores the value under the key, over whatever is there. Answered by {@link KvResult.Stored}. */
  record Set(byte[] key, byte[] value) implements KvCommand {}

  /** Removes the keys, all at once. Answered by {@link KvResult.Deleted}. */
  record Delete(List<byte[]> keys) implements KvCommand {}

  /**
   * Stores the value only when the key now has the expected one. Answered by {@link KvResult.Stored} or {@link
   * KvResult.Mismatch}.
   *
   * @param expected null: the key must not exist
   */
  record CompareAndSet(byte[] key, byte @Nullable [] expected, byte[] value) implements KvCommand {}

  /** Adds to the decimal number under the key, 0 when there is none. Answered by {@link KvResult.Number}. */
  record Increment(byte[] key, long by) implements KvCommand {}
}
