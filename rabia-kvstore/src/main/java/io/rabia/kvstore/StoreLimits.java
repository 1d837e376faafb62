package io.rabia.kvstore;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What the store refuses, alike at every replica. Immutable. */
final class StoreLimits {
  private static final int SEED = 0x524B5653;

  private final KVStoreConfig config;
  private final long maxMemory;

  StoreLimits(KVStoreConfig config) {
    this.config = config;
    maxMemory = (long) config.maxMemoryMb() << 20;
  }

  int maxAnswer() {
    return config.maxAnswerBytes();
  }

  boolean keepsHistory() {
    return config.enableNotifications();
  }

  long hash() {
    byte[] limits =
        ByteBuffer.allocate(24)
            .putInt(config.maxEntries())
            .putInt(config.maxMemoryMb())
            .putInt(config.maxKeySize())
            .putInt(config.maxValueSize())
            .putInt(config.enableNotifications() ? config.historyEvents() : 0)
            .putInt(config.historyMb())
            .array();
    return Hashing.hash(limits, 0, limits.length, SEED);
  }

  KvResult.@Nullable Failed refuseKey(byte[] key) {
    return refuseKey(key.length);
  }

  /** Of so many bytes. */
  KvResult.@Nullable Failed refuseKey(int length) {
    if (length == 0) {
      return failed(StoreError.INVALID_KEY, "empty");
    }
    if (length > config.maxKeySize()) {
      return failed(StoreError.INVALID_KEY, length + " bytes of at most " + config.maxKeySize());
    }
    return null;
  }

  KvResult.@Nullable Failed refuseKeys(Iterable<byte[]> keys) {
    for (byte[] key : keys) {
      KvResult.@Nullable Failed refusal = refuseKey(key);
      if (refusal != null) {
        return refusal;
      }
    }
    return null;
  }

  /** Is there no room for a value of so many bytes under a key, in the place of the old entry? */
  KvResult.@Nullable Failed refuseValue(
      StoreState state, int keyLength, long length, @Nullable Entry old) {
    if (length > config.maxValueSize()) {
      return failed(
          StoreError.VALUE_TOO_LARGE, length + " bytes of at most " + config.maxValueSize());
    }
    if (old == null && state.entries() >= config.maxEntries()) {
      return failed(StoreError.STORE_FULL, "holds " + state.entries() + " entries, its most");
    }
    long growth =
        old == null
            ? KvStateMachine.ENTRY_OVERHEAD + keyLength + length
            : length - old.valueLength();
    if (growth > 0 && state.memory() + growth > maxMemory) {
      return failed(
          StoreError.STORE_FULL, "holds " + state.memory() + " bytes of at most " + maxMemory);
    }
    return null;
  }

  static KvResult.Failed failed(StoreError error, String message) {
    return new KvResult.Failed(error, message);
  }
}
