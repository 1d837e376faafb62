package io.rabia.kvstore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A 64-bit mixing hash over bytes. Pure functions. */
final class Hashing {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long STEP = 0x9E3779B97F4A7C15L;

  private Hashing() {}

  static long hash(byte[] bytes, int offset, int length, long seed) {
    long hash = seed ^ (length * STEP);
    int end = offset + length;
    int position = offset;
    for (; end - position >= Long.BYTES; position += Long.BYTES) {
      hash = step(hash, (long) LONG.get(bytes, position));
    }
    long rest = 0;
    for (int shift = 0; position < end; position++, shift += 8) {
      rest |= (bytes[position] & 0xFFL) << shift;
    }
    return mix(step(hash, rest));
  }

  /** The same hash of the same bytes, of a buffer that is big-endian. */
  static long hash(ByteBuffer bytes, int offset, int length, long seed) {
    long hash = seed ^ (length * STEP);
    int end = offset + length;
    int position = offset;
    for (; end - position >= Long.BYTES; position += Long.BYTES) {
      hash = step(hash, Long.reverseBytes(bytes.getLong(position)));
    }
    long rest = 0;
    for (int shift = 0; position < end; position++, shift += 8) {
      rest |= (bytes.get(position) & 0xFFL) << shift;
    }
    return mix(step(hash, rest));
  }

  private static long step(long hash, long word) {
    long h = (hash ^ word) * STEP;
    return h ^ (h >>> 32);
  }

  /** The finalizer of SplitMix64. */
  static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
