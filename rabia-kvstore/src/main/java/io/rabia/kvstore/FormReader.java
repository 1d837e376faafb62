package io.rabia.kvstore;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes a form of {@link KvCodec} apart. Nothing is allocated for what the input does not hold.
 * Stateless; all fail with {@link RabiaException.Serialization}.
 */
final class FormReader {
  private static final int NOTHING = -1;

  private FormReader() {}

  static byte[] takeKey(ByteBuffer source) {
    return take(source, takeCount(source));
  }

  static int takeCount(ByteBuffer source) {
    return need(source, Short.BYTES).getShort() & 0xFFFF;
  }

  /** So many keys. */
  static List<byte[]> takeKeys(ByteBuffer source) {
    int count = takeCount(source);
    need(source, Short.BYTES * count);
    List<byte[]> keys = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      keys.add(takeKey(source));
    }
    return keys;
  }

  static byte takeByte(ByteBuffer source) {
    return need(source, 1).get();
  }

  static int takeInt(ByteBuffer source) {
    return need(source, Integer.BYTES).getInt();
  }

  static long takeLong(ByteBuffer source) {
    return need(source, Long.BYTES).getLong();
  }

  static long takeNatural(ByteBuffer source, String what) {
    long value = takeLong(source);
    expect(value >= 0, what);
    return value;
  }

  static boolean takeBoolean(ByteBuffer source) {
    byte value = takeByte(source);
    expect(value == 0 || value == 1, "boolean");
    return value == 1;
  }

  static byte @Nullable [] takeBlock(ByteBuffer source) {
    int length = takeInt(source);
    return length == NOTHING ? null : take(source, length);
  }

  static byte[] takeBytes(ByteBuffer source) {
    byte @Nullable [] block = takeBlock(source);
    expect(block != null, "no bytes");
    return Objects.requireNonNull(block);
  }

  /** Version, times, value as the rest. */
  static KvEntry takeLastEntry(ByteBuffer source) {
    long version = takeLong(source);
    long created = takeLong(source);
    long updated = takeLong(source);
    return new KvEntry(takeRest(source), version, created, updated);
  }

  /** What {@link FormWriter#entry} wrote. */
  static @Nullable KvEntry takeEntry(ByteBuffer source) {
    long version = takeLong(source);
    if (version == NOTHING) {
      return null;
    }
    long created = takeLong(source);
    long updated = takeLong(source);
    return new KvEntry(takeBytes(source), version, created, updated);
  }

  static byte[] takeRest(ByteBuffer source) {
    return take(source, source.remaining());
  }

  private static byte[] take(ByteBuffer source, int length) {
    byte[] bytes = new byte[checked(source, length)];
    source.get(bytes);
    return bytes;
  }

  static ByteBuffer need(ByteBuffer source, int length) {
    checked(source, length);
    return source;
  }

  private static int checked(ByteBuffer source, int length) {
    if (length < 0 || length > source.remaining()) {
      throw new RabiaException.Serialization(
          "needs " + length + " bytes, has " + source.remaining());
    }
    return length;
  }

  static void expect(boolean holds, String what) {
    if (!holds) {
      throw new RabiaException.Serialization(what);
    }
  }

  static <T> T end(ByteBuffer source, T value) {
    if (source.hasRemaining()) {
      throw new RabiaException.Serialization(source.remaining() + " bytes too many");
    }
    return value;
  }
}
