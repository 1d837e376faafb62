package io.rabia.examples;

import java.nio.charset.StandardCharsets;

/** Text as bytes. */
final class Texts {
  private Texts() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
