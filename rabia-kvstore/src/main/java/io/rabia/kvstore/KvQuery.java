package io.rabia.kvstore;

/** What reads the store. The arrays are not copied and must not change. */
public sealed interface KvQuery {

  byte[] key();

  /** Answered by {@link KvResult.Found} or {@link KvResult.Absent}. */
  record Get(byte[] key) implements KvQuery {}

  /** Answered by {@link KvResult.Exists}. */
  record Exists(byte[] key) implements KvQuery {}
}
