package io.rabia.kvstore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A key and its value as one array, so that a million of them are a million objects and not five:
 * hash i64 | version i64 | created i64 | updated i64 | key length u16 | key | value. The hash
 * covers everything after it. Pure functions over such arrays, which are never written to once
 * made.
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

  private Entry() {}

  static byte[] of(byte[] key, byte[] value, long version, long created, long updated) {
    byte[] entry = new byte[KEY + key.length + value.length];
    LONG.set(entry, VERSION, version);
    LONG.set(entry, CREATED, created);
    LONG.set(entry, UPDATED, updated);
    SHORT.set(entry, KEY_LENGTH, (short) key.length);
    System.arraycopy(key, 0, entry, KEY, key.length);
    System.arraycopy(value, 0, entry, KEY + key.length, value.length);
    LONG.set(entry, 0, Hashing.hash(entry, VERSION, entry.length - VERSION, 0));
    return entry;
  }

  static long hash(byte[] entry) {
    return (long) LONG.get(entry, 0);
  }

  static long version(byte[] entry) {
    return (long) LONG.get(entry, VERSION);
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

  static byte[] key(byte[] entry) {
    return Arrays.copyOfRange(entry, KEY, valueOffset(entry));
  }

  static int compareKeys(byte[] one, byte[] other) {
    return Arrays.compareUnsigned(one, KEY, valueOffset(one), other, KEY, valueOffset(other));
  }

  static int valueOffset(byte[] entry) {
    return KEY + keyLength(entry);
  }

  static int valueLength(byte[] entry) {
    return entry.length - valueOffset(entry);
  }

  static byte[] value(byte[] entry) {
    return Arrays.copyOfRange(entry, valueOffset(entry), entry.length);
  }

  static boolean hasValue(byte[] entry, byte[] value) {
    return Arrays.equals(entry, valueOffset(entry), entry.length, value, 0, value.length);
  }

  static KvEntry toKvEntry(byte[] entry) {
    return new KvEntry(value(entry), version(entry), created(entry), updated(entry));
  }
}
