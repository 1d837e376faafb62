package io.rabia.kvstore;

import java.nio.charset.StandardCharsets;

/** What must hold for the first list of a {@link KvCommand.Transaction}. */
public sealed interface KvCondition {

  byte[] key();

  /** The key has this value. */
  record HasValue(byte[] key, byte[] value) implements KvCondition {}

  /**
   * The key was last written by the change with this version.
   *
   * @param version 0: the key does not exist
   */
  record HasVersion(byte[] key, long version) implements KvCondition {}

  /** The key exists. */
  record Exists(byte[] key) implements KvCondition {}

  static KvCondition hasValue(String key, String value) {
    return new HasValue(bytes(key), bytes(value));
  }

  static KvCondition hasVersion(String key, long version) {
    return new HasVersion(bytes(key), version);
  }

  static KvCondition exists(String key) {
    return new Exists(bytes(key));
  }

  static KvCondition absent(String key) {
    return new HasVersion(bytes(key), 0);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
