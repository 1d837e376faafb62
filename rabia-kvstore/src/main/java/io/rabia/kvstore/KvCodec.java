package io.rabia.kvstore;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;

/**
 * Commands, queries and results as bytes: a tag, fixed big-endian fields, keys after a 16-bit
 * length, other bytes after a 32-bit length or as the rest. A new form gets a new tag. Stateless
 * and thread-safe; whatever is not exactly one form fails with {@link RabiaException.Serialization}
 * and allocates no more than the input holds.
 */
public final class KvCodec {

  /** The most keys, conditions or commands of one command or query. */
  public static final int MAX_KEYS = 0xFFFF;

  private KvCodec() {}

  /**
   * @throws StoreException when a key or the number of keys has no place in the form
   */
  public static byte[] encode(KvCommand command) {
    return CommandCodec.encode(command);
  }

  public static KvCommand decodeCommand(ByteBuffer source) {
    return CommandCodec.decode(source);
  }

  /**
   * @throws StoreException when a key or the number of keys has no place in the form
   */
  public static byte[] encode(KvQuery query) {
    return QueryCodec.encode(query);
  }

  public static KvQuery decodeQuery(ByteBuffer source) {
    return QueryCodec.decode(source);
  }

  /** Is the answer to this query one value at most? */
  public static boolean readsOneKey(byte[] query) {
    return QueryCodec.readsOneKey(query);
  }

  public static byte[] encode(KvResult result) {
    return ResultCodec.encode(result);
  }

  public static KvResult decodeResult(byte[] bytes) {
    return ResultCodec.decode(ByteBuffer.wrap(bytes));
  }
}
