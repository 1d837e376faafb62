package io.rabia.kvstore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A key and its value as one array, so that a million of them are a million objects and not five:
 * hash i64 | version i64 | created i64 | updated i64 | key length u16 | key | value, and the log
 * time at which it expires, i64, when the sign of the version is set. The hash covers everything
 * after it. Pure functions over such arrays, which are never written to once made.
 */
final class Entry {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final int VERSION = 8;
  private static final int CREATED = 16;
  private static final int UPDATED = 24;
  private static final int KEY_LENGTH = 32;
  static final int KEY = 34;

  /** Where what the hash covers begins. */
  static final int HASHED = VERSION;

  /** Of {@link #expires}: never. */
  static final long NEVER = 0;

  private static final long EXPIRING = Long.MIN_VALUE;

  private Entry() {}

  /**
   * @param expires log time from which on it does not exist, or {@link #NEVER}
   */
  static byte[] of(
      byte[] key, byte[] value, long version, long created, long updated, long expires) {
    int end = KEY + key.length + value.length;
    byte[] entry = new byte[expires == NEVER ? end : end + Long.BYTES];
    LONG.set(entry, VERSION, expires == NEVER ? version : version | EXPIRING);
    LONG.set(entry, CREATED, created);
    LONG.set(entry, UPDATED, updated);
    SHORT.set(entry, KEY_LENGTH, (short) key.length);
    System.arraycopy(key, 0, entry, KEY, key.length);
    System.arraycopy(value, 0, entry, KEY + key.length, value.length);
    if (expires != NEVER) {
      LONG.set(entry, end, expires);
    }
    seal(entry);
    return entry;
  }

  private static void seal(byte[] entry) {
    LONG.set(entry, 0, Hashing.hash(entry, HASHED, entry.length - HASHED, 0));
  }

  /** An entry of what follows its hash; null when that is none. */
  static byte @Nullable [] ofHashed(byte[] hashed) {
    byte[] entry = new byte[HASHED + hashed.length];
    System.arraycopy(hashed, 0, entry, HASHED, hashed.length);
    if (entry.length < KEY || valueLength(entry) < 0) {
      return null;
    }
    seal(entry);
    return entry;
  }

  static long hash(byte[] entry) {
    return (long) LONG.get(entry, 0);
  }

  static long version(byte[] entry) {
    return (long) LONG.get(entry, VERSION) & ~EXPIRING;
  }

  private static boolean expiring(byte[] entry) {
    return entry[VERSION] < 0;
  }

  static long expires(byte[] entry) {
    return expiring(entry) ? (long) LONG.get(entry, entry.length - Long.BYTES) : NEVER;
  }

  static long created(byte[] entry) {
    return (long) LONG.get(entry, CREATED);
  }

  static long updated(byte[] entry) {
    return (long) LONG.get(entry, UPDATED);
  }

  static int keyLength(byte[] entry) {
    return (short) SHORT.get(entry, KEY_LENGTH) & 0xFFFF;
  }

  static int compareKeys(byte[] one, byte[] other) {
    return Arrays.compareUnsigned(one, KEY, valueOffset(one), other, KEY, valueOffset(other));
  }

  static int valueOffset(byte[] entry) {
    return KEY + keyLength(entry);
  }

  static int valueLength(byte[] entry) {
    return valueEnd(entry) - valueOffset(entry);
  }

  static int valueEnd(byte[] entry) {
    return expiring(entry) ? entry.length - Long.BYTES : entry.length;
  }

  static byte[] key(byte[] entry) {
    return Arrays.copyOfRange(entry, KEY, valueOffset(entry));
  }

  static byte[] value(byte[] entry) {
    return Arrays.copyOfRange(entry, valueOffset(entry), valueEnd(entry));
  }

  static boolean hasValue(byte[] entry, byte[] value) {
    return Arrays.equals(entry, valueOffset(entry), valueEnd(entry), value, 0, value.length);
  }

  static KvEntry toKvEntry(byte[] entry) {
    return new KvEntry(value(entry), version(entry), created(entry), updated(entry));
  }
}
