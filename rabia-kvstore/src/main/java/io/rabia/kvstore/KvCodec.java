package io.rabia.kvstore;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Commands, queries and results as bytes: a tag, fixed big-endian fields, keys after a 16-bit length, and the value as
 * the rest. A new form gets a new tag. Stateless and thread-safe; whatever is not exactly one form fails with {@link
 * RabiaException.Serialization} and allocates no more than the input holds.
 */
public final class KvCodec {

  private static final byte SET = 1;
  private static final byte DELETE = 2;
  private static final byte COMPARE_AND_SET = 3;
  private static final byte INCREMENT = 4;

  private static final byte GET = 1;
  private static final byte EXISTS = 2;

  private static final byte STORED = 1;
  private static final byte DELETED = 2;
  private static final byte MISMATCH = 3;
  private static final byte NUMBER = 4;
  private static final byte FOUND = 5;
  private static final byte ABSENT = 6;
  private static final byte EXISTENCE = 7;
  private static final byte FAILED = 8;

  private static final int NO_VALUE = -1;
  private static final int MAX_KEY = 0xFFFF;

  /** The most keys of one {@link KvCommand.Delete}. */
  public static final int MAX_KEYS = 0xFFFF;

  private KvCodec() {}

  /** @throws StoreException when a key or the number of keys has no place in the form */
  public static byte[] encode(KvCommand command) {
    if (command instanceof KvCommand.Set set) {
      return keyed(SET, set.key(), set.value().length).put(set.value()).array();
    }
    if (command instanceof KvCommand.Delete delete) {
      return encodeDelete(delete.keys());
    }
    if (command instanceof KvCommand.CompareAndSet cas) {
      byte @Nullable [] expected = cas.expected();
      int expectedLength = expected == null ? 0 : expected.length;
      ByteBuffer target = keyed(COMPARE_AND_SET, cas.key(), 4 + expectedLength + cas.value().length);
      target.putInt(expected == null ? NO_VALUE : expectedLength);
      if (expected != null) {
        target.put(expected);
      }
      return target.put(cas.value()).array();
    }
    KvCommand.Increment increment = (KvCommand.Increment) command;
    return keyed(INCREMENT, increment.key(), Long.BYTES).putLong(increment.by()).array();
  }

  private static byte[] encodeDelete(List<byte[]> keys) {
    if (keys.size() > MAX_KEYS) {
      throw new StoreException(StoreError.MALFORMED, "more than " + MAX_KEYS + " keys", null);
    }
    int size = 3;
    for (byte[] key : keys) {
      size = Math.addExact(size, 2 + key.length);
    }
    ByteBuffer target = ByteBuffer.allocate(size).put(DELETE).putShort((short) keys.size());
    for (byte[] key : keys) {
      putKey(target, key);
    }
    return target.array();
  }

  private static ByteBuffer keyed(byte tag, byte[] key, int rest) {
    return putKey(ByteBuffer.allocate(Math.addExact(3 + key.length, rest)).put(tag), key);
  }

  private static ByteBuffer putKey(ByteBuffer target, byte[] key) {
    if (key.length > MAX_KEY) {
      throw new StoreException(StoreError.INVALID_KEY, "key of " + key.length + " bytes", null);
    }
    return target.putShort((short) key.length).put(key);
  }

  public static KvCommand decodeCommand(ByteBuffer source) {
    byte tag = need(source, 1).get();
    return switch (tag) {
      case SET -> new KvCommand.Set(takeKey(source), takeRest(source));
      case DELETE -> decodeDelete(source);
      case COMPARE_AND_SET ->
          new KvCommand.CompareAndSet(takeKey(source), takeExpected(source), takeRest(source));
      case INCREMENT -> end(source, new KvCommand.Increment(takeKey(source), takeLong(source)));
      default -> throw new RabiaException.Serialization("command tag " + tag);
    };
  }

  private static KvCommand decodeDelete(ByteBuffer source) {
    int count = need(source, 2).getShort() & 0xFFFF;
    need(source, 2 * count);
    List<byte[]> keys = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      keys.add(takeKey(source));
    }
    return end(source, new KvCommand.Delete(keys));
  }

  private static byte @Nullable [] takeExpected(ByteBuffer source) {
    int length = need(source, 4).getInt();
    return length == NO_VALUE ? null : take(source, length);
  }

  public static byte[] encode(KvQuery query) {
    return keyed(query instanceof KvQuery.Get ? GET : EXISTS, query.key(), 0).array();
  }

  public static KvQuery decodeQuery(ByteBuffer source) {
    byte tag = need(source, 1).get();
    return switch (tag) {
      case GET -> end(source, new KvQuery.Get(takeKey(source)));
      case EXISTS -> end(source, new KvQuery.Exists(takeKey(source)));
      default -> throw new RabiaException.Serialization("query tag " + tag);
    };
  }

  public static byte[] encode(KvResult result) {
    if (result instanceof KvResult.Stored stored) {
      return ByteBuffer.allocate(9).put(STORED).putLong(stored.version()).array();
    }
    if (result instanceof KvResult.Deleted deleted) {
      return ByteBuffer.allocate(5).put(DELETED).putInt(deleted.count()).array();
    }
    if (result instanceof KvResult.Number number) {
      return ByteBuffer.allocate(17)
          .put(NUMBER)
          .putLong(number.value())
          .putLong(number.version())
          .array();
    }
    if (result instanceof KvResult.Found found) {
      return encodeEntry(FOUND, found.entry());
    }
    if (result instanceof KvResult.Mismatch mismatch) {
      KvEntry current = mismatch.current();
      return current == null ? new byte[] {MISMATCH} : encodeEntry(MISMATCH, current);
    }
    if (result instanceof KvResult.Absent) {
      return new byte[] {ABSENT};
    }
    if (result instanceof KvResult.Exists exists) {
      return new byte[] {EXISTENCE, (byte) (exists.exists() ? 1 : 0)};
    }
    KvResult.Failed failed = (KvResult.Failed) result;
    byte[] message = failed.message().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(2 + message.length)
        .put(FAILED)
        .put(failed.error().code())
        .put(message)
        .array();
  }

  private static byte[] encodeEntry(byte tag, KvEntry entry) {
    return ByteBuffer.allocate(25 + entry.value().length)
        .put(tag)
        .putLong(entry.version())
        .putLong(entry.created())
        .putLong(entry.updated())
        .put(entry.value())
        .array();
  }

  public static KvResult decodeResult(byte[] bytes) {
    ByteBuffer source = ByteBuffer.wrap(bytes);
    byte tag = need(source, 1).get();
    return switch (tag) {
      case STORED -> end(source, new KvResult.Stored(takeLong(source)));
      case DELETED -> end(source, new KvResult.Deleted(need(source, 4).getInt()));
      case MISMATCH -> new KvResult.Mismatch(source.hasRemaining() ? takeEntry(source) : null);
      case NUMBER -> end(source, new KvResult.Number(takeLong(source), takeLong(source)));
      case FOUND -> new KvResult.Found(takeEntry(source));
      case ABSENT -> end(source, new KvResult.Absent());
      case EXISTENCE -> end(source, new KvResult.Exists(takeBoolean(source)));
      case FAILED ->
          new KvResult.Failed(
              StoreError.of(need(source, 1).get()),
              new String(takeRest(source), StandardCharsets.UTF_8));
      default -> throw new RabiaException.Serialization("result tag " + tag);
    };
  }

  private static KvEntry takeEntry(ByteBuffer source) {
    long version = takeLong(source);
    long created = takeLong(source);
    long updated = takeLong(source);
    return new KvEntry(takeRest(source), version, created, updated);
  }

  private static boolean takeBoolean(ByteBuffer source) {
    byte value = need(source, 1).get();
    if (value != 0 && value != 1) {
      throw new RabiaException.Serialization("boolean " + value);
    }
    return value == 1;
  }

  private static byte[] takeKey(ByteBuffer source) {
    return take(source, need(source, 2).getShort() & 0xFFFF);
  }

  private static long takeLong(ByteBuffer source) {
    return need(source, Long.BYTES).getLong();
  }

  private static byte[] takeRest(ByteBuffer source) {
    return take(source, source.remaining());
  }

  private static byte[] take(ByteBuffer source, int length) {
    byte[] bytes = new byte[checked(source, length)];
    source.get(bytes);
    return bytes;
  }

  private static ByteBuffer need(ByteBuffer source, int length) {
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

  private static <T> T end(ByteBuffer source, T value) {
    if (source.hasRemaining()) {
      throw new RabiaException.Serialization(source.remaining() + " bytes too many");
    }
    return value;
  }
}
