package io.rabia.testing.explore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A set of byte strings of one length, kept as 128-bit fingerprints in an open-addressing table:
 * two strings are taken for one with a chance of less than states² / 2^128. One thread.
 */
final class Fingerprints {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long K1 = 0x9E3779B97F4A7C15L;
  private static final long K2 = 0xC2B2AE3D27D4EB4FL;

  private long[] table = new long[1 << 13];
  private long size;
  private long high;
  private long low;
  private long sum;

  /** Adds the first {@code length} bytes; false when they were there. */
  boolean add(byte[] bytes, int length) {
    hash(bytes, length);
    if (!insert(table, high, low)) {
      return false;
    }
    sum += mix(high) ^ low;
    if (++size * 2 > table.length / 3) {
      grow();
    }
    return true;
  }

  long size() {
    return size;
  }

  /** Equal for equal sets, whatever the order of adding. */
  long checksum() {
    return sum;
  }

  private void hash(byte[] bytes, int length) {
    long a = K1 ^ length;
    long b = K2 + length;
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      long word = (long) LONGS.get(bytes, i);
      a = (a ^ word) * K1;
      a ^= a >>> 32;
      b = Long.rotateLeft(b + word, 27) * K2 + K1;
      b ^= b >>> 29;
    }
    for (; i < length; i++) {
      a = (a ^ bytes[i]) * K1;
      b = Long.rotateLeft(b + bytes[i], 27) * K2;
    }
    high = mix(a);
    low = mix(b ^ Long.rotateLeft(a, 17)) | 1;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private static boolean insert(long[] table, long high, long low) {
    int mask = table.length / 2 - 1;
    int place = (int) high & mask;
    while (table[2 * place + 1] != 0) {
      if (table[2 * place] == high && table[2 * place + 1] == low) {
        return false;
      }
      place = (place + 1) & mask;
    }
    table[2 * place] = high;
    table[2 * place + 1] = low;
    return true;
  }

  private void grow() {
    long[] larger = new long[table.length * 2];
    for (int i = 0; i < table.length; i += 2) {
      if (table[i + 1] != 0) {
        insert(larger, table[i], table[i + 1]);
      }
    }
    table = larger;
  }
}
