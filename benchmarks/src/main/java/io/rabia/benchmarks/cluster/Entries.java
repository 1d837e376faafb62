package io.rabia.benchmarks.cluster;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Keys of one length, and values of one length that say under which key they belong. One thread.
 */
final class Entries {
  /** Bytes that a value has at least: its key's number and its own, in hexadecimal digits. */
  static final int SMALLEST_VALUE = 16;

  private static final int DIGITS = 8;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final int keySize;
  private final byte[] template;
  private int sequence;

  /**
   * @param valueSize {@link #SMALLEST_VALUE} or more
   */
  Entries(int keySize, int valueSize) {
    this.keySize = keySize;
    template = new byte[valueSize];
    new SplittableRandom(valueSize).nextBytes(template);
  }

  /** The number in decimal digits, with zeros before it. */
  byte[] key(int number) {
    byte[] key = new byte[keySize];
    int rest = number;
    for (int i = keySize - 1; i >= 0; i--) {
      key[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return key;
  }

  /** A value that no other write has, out of four billions. */
  byte[] newValue(int key) {
    byte[] value = template.clone();
    digits(key, value, 0);
    digits(++sequence * 0x9E3779B9, value, DIGITS);
    return value;
  }

  private static void digits(int number, byte[] to, int offset) {
    for (int i = 0; i < DIGITS; i++) {
      to[offset + i] = HEX[number >>> (4 * (DIGITS - 1 - i)) & 15];
    }
  }

  /** Whether it was written under this key, and is whole. */
  boolean isValueOf(int key, byte[] value) {
    if (value.length != template.length) {
      return false;
    }
    for (int i = 0; i < DIGITS; i++) {
      if (value[i] != HEX[key >>> (4 * (DIGITS - 1 - i)) & 15]) {
        return false;
      }
    }
    int last = value.length - 1;
    return last < SMALLEST_VALUE || value[last] == template[last];
  }
}
