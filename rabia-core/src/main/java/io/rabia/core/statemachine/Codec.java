package io.rabia.core.statemachine;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * A type to bytes and back. Must be deterministic: equal values make equal bytes in every process.
 * Thread-safe if its functions are.
 */
public interface Codec<T> {

  byte[] encode(T value);

  /**
   * @param bytes from position to limit; valid only during the call
   * @throws RabiaException.Serialization for bytes that are no value
   */
  T decode(ByteBuffer bytes);

  /** A codec of two functions. */
  static <T> Codec<T> of(Function<T, byte[]> encode, Function<ByteBuffer, T> decode) {
    return new Codec<>() {
      @Override
      public byte[] encode(T value) {
        return encode.apply(value);
      }

      @Override
      public T decode(ByteBuffer bytes) {
        return decode.apply(bytes);
      }
    };
  }

  /** Texts as UTF-8, strictly. */
  static Codec<String> utf8() {
    return of(text -> text.getBytes(StandardCharsets.UTF_8), Codec::decodeUtf8);
  }

  /** Numbers as eight bytes, big-endian. */
  static Codec<Long> int64() {
    return of(
        number -> ByteBuffer.allocate(Long.BYTES).putLong(number).array(), Codec::decodeInt64);
  }

  private static String decodeUtf8(ByteBuffer bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new RabiaException.Serialization("not UTF-8");
    }
  }

  private static Long decodeInt64(ByteBuffer bytes) {
    if (bytes.remaining() != Long.BYTES) {
      throw new RabiaException.Serialization("number of " + bytes.remaining() + " bytes");
    }
    return bytes.getLong();
  }
}
