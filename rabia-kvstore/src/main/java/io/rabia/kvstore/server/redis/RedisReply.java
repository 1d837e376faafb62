package io.rabia.kvstore.server.redis;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Replies in RESP2 or RESP3. Stateless. */
final class RedisReply {
  private static final int MAX_ERROR = 512;

  private RedisReply() {}

  static void simple(ByteBuf out, String text) {
    line(out, '+', text);
  }

  /** {@code text} begins with the error's code; whatever would break the line is replaced. */
  static void error(ByteBuf out, String text) {
    StringBuilder clean = new StringBuilder();
    text.chars().limit(MAX_ERROR).forEach(c -> clean.append(printable((char) c)));
    line(out, '-', clean.toString());
  }

  static char printable(char c) {
    return c >= ' ' && c < 127 ? c : '?';
  }

  static void integer(ByteBuf out, long value) {
    line(out, ':', Long.toString(value));
  }

  static void bulk(ByteBuf out, byte[] value) {
    line(out, '$', Integer.toString(value.length));
    out.writeBytes(value).writeByte('\r').writeByte('\n');
  }

  static void bulk(ByteBuf out, String value) {
    bulk(out, value.getBytes(StandardCharsets.UTF_8));
  }

  static void nil(ByteBuf out, int protocol) {
    line(out, protocol == 3 ? '_' : '$', protocol == 3 ? "" : "-1");
  }

  static void nilArray(ByteBuf out, int protocol) {
    line(out, protocol == 3 ? '_' : '*', protocol == 3 ? "" : "-1");
  }

  /** Opens what nobody has asked for; in RESP2 that is an array. */
  static void push(ByteBuf out, int protocol, int size) {
    line(out, protocol == 3 ? '>' : '*', Integer.toString(size));
  }

  static void array(ByteBuf out, int size) {
    line(out, '*', Integer.toString(size));
  }

  /** Opens a map; in RESP2 that is an array of twice the size. */
  static void map(ByteBuf out, int protocol, int size) {
    line(out, protocol == 3 ? '%' : '*', Integer.toString(protocol == 3 ? size : 2 * size));
  }

  private static void line(ByteBuf out, char marker, String text) {
    out.writeByte(marker);
    out.writeCharSequence(text, StandardCharsets.US_ASCII);
    out.writeByte('\r').writeByte('\n');
  }
}
