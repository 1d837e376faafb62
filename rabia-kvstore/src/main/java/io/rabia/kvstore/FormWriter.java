package io.rabia.kvstore;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds a form of {@link KvCodec} whose size is not known before. Not thread-safe. */
final class FormWriter {
  private static final int INITIAL = 64;
  private static final int NOTHING = -1;
  private static final int MAX_KEY = 0xFFFF;

  private byte[] bytes;
  private int size;

  FormWriter() {
    this(INITIAL);
  }

  /**
   * @param expected bytes; exact ones save a copy
   */
  FormWriter(int expected) {
    bytes = new byte[expected];
  }

  private FormWriter room(int more) {
    int needed = Math.addExact(size, more);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(1L << 30, 2L * bytes.length)));
    }
    return this;
  }

  FormWriter u8(int value) {
    room(1).bytes[size++] = (byte) value;
    return this;
  }

  FormWriter flag(boolean value) {
    return u8(value ? 1 : 0);
  }

  FormWriter u16(int value) {
    return u8(value >>> 8).u8(value);
  }

  FormWriter i32(int value) {
    return u16(value >>> 16).u16(value);
  }

  FormWriter i64(long value) {
    return i32((int) (value >>> 32)).i32((int) value);
  }

  /**
   * A length of 16 bits and the bytes.
   *
   * @throws StoreException when they are too many
   */
  FormWriter key(byte[] key) {
    if (key.length > MAX_KEY) {
      throw new StoreException(StoreError.INVALID_KEY, "key of " + key.length + " bytes", null);
    }
    return u16(key.length).rest(key);
  }

  /** A length of 32 bits and the bytes, or that there are none. */
  FormWriter block(byte @Nullable [] block) {
    return block == null ? i32(NOTHING) : i32(block.length).rest(block);
  }

  FormWriter rest(byte[] rest) {
    System.arraycopy(rest, 0, room(rest.length).bytes, size, rest.length);
    size += rest.length;
    return this;
  }

  /** Version, times, value as a block; or nothing. */
  FormWriter entry(@Nullable KvEntry entry) {
    if (entry == null) {
      return i64(NOTHING);
    }
    return i64(entry.version()).i64(entry.created()).i64(entry.updated()).block(entry.value());
  }

  /**
   * How many there are, in 16 bits.
   *
   * @throws StoreException when they are too many
   */
  FormWriter count(List<?> items, String what) {
    if (items.size() > KvCodec.MAX_KEYS) {
      throw new StoreException(
          StoreError.MALFORMED, "more than " + KvCodec.MAX_KEYS + " " + what, null);
    }
    return u16(items.size());
  }

  byte[] toBytes() {
    return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
  }
}
