package io.rabia.core.message;

import java.nio.ByteBuffer;

/**
 * One message to bytes and back. Both forms carry every message without loss. Thread-safe, without
 * state.
 *
 * <p>Deserializing throws {@link io.rabia.core.RabiaException.Serialization} for anything but
 * exactly one well-formed message, whatever the bytes are, and allocates in proportion to them
 * only.
 */
public sealed interface Serializer permits BinarySerializer, JsonSerializer {

  /** A version byte and the form of {@link MessageCodec}: what the log and the wire carry. */
  static Serializer binary() {
    return new BinarySerializer();
  }

  /**
   * The same messages as JSON text in UTF-8, with the commands of a batch laid open: for people and
   * tools.
   */
  static Serializer json() {
    return new JsonSerializer();
  }

  byte[] serialize(Message message);

  /**
   * Appends to {@code out}, a big-endian buffer.
   *
   * @throws java.nio.BufferOverflowException when it is too small
   */
  void serialize(Message message, ByteBuffer out);

  Message deserialize(byte[] bytes);

  /** Reads from position to limit and moves the position there. */
  Message deserialize(ByteBuffer in);
}
