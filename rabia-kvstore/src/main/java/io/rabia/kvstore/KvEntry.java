package io.rabia.kvstore;

/**
 * A value with what is known about it. The array is the caller's own.
 *
 * @param version of the store when the value was written: grows with every write, is never used for two
 * @param created log time in nanoseconds when the key came into being
 * @param updated log time in nanoseconds of the last write
 */
public record KvEntry(byte[] value, long version, long created, long updated) {

  /** Bytes of the value. */
  public int size() {
    return value.length;
  }
}
