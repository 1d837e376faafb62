package io.rabia.kvstore;

import io.rabia.core.RabiaException;

/** What became of a key, or of all. */
public enum ChangeType {
  /** A key came into being. */
  CREATED,
  /** A key has another value, or another time to live. */
  UPDATED,
  /** A key was deleted. */
  DELETED,
  /** The time to live of a key was over. */
  EXPIRED,
  /** All keys were removed at once. */
  CLEARED;

  private static final ChangeType[] VALUES = values();

  byte code() {
    return (byte) ordinal();
  }

  static boolean isCode(byte code) {
    return code >= 0 && code < VALUES.length;
  }

  /**
   * @throws RabiaException.Serialization for a byte that is no type
   */
  static ChangeType of(byte code) {
    if (!isCode(code)) {
      throw new RabiaException.Serialization("type of a change " + code);
    }
    return VALUES[code];
  }
}
