package io.rabia.kvstore;

import static io.rabia.kvstore.FormReader.need;
import static io.rabia.kvstore.FormReader.takeCount;

import java.nio.ByteBuffer;

/** A key and a value that are to be stored, as they lie in arrays. Not thread-safe. */
final class Pair {
  private static final int ROOM = 1 << 16;

  private final byte[] key;
  private final byte[] value;
  private int keyLength;
  private int valueAt;
  private int valueLength;

  private Pair(byte[] key, int keyLength, byte[] value, int valueLength) {
    this.key = key;
    this.keyLength = keyLength;
    this.value = value;
    this.valueLength = valueLength;
  }

  /** Of whole arrays, which are not copied. */
  static Pair of(byte[] key, byte[] value) {
    return new Pair(key, key.length, value, value.length);
  }

  /** An empty one with room of its own, which {@link #take} needs. */
  static Pair withRoom() {
    byte[] room = new byte[ROOM];
    return new Pair(room, 0, room, 0);
  }

  /** Is there room for a key and a value of so many bytes in all? */
  boolean hasRoom(int bytes) {
    return bytes <= ROOM;
  }

  /** Copies a key after its length, and a value as the rest, into its room. */
  void take(ByteBuffer source) {
    keyLength = takeCount(source);
    valueAt = keyLength;
    need(source, keyLength).get(key, 0, keyLength);
    valueLength = source.remaining();
    source.get(value, valueAt, valueLength);
  }

  /** The key is at its begin. */
  byte[] key() {
    return key;
  }

  int keyLength() {
    return keyLength;
  }

  byte[] value() {
    return value;
  }

  int valueAt() {
    return valueAt;
  }

  int valueLength() {
    return valueLength;
  }
}
