package io.rabia.kvstore.server.redis;

import io.netty.buffer.ByteBuf;
import io.rabia.core.RabiaException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Commands as Redis clients send them: arrays of bulk strings, or a line of words. Stateless; fails with {@link
 * RabiaException.Serialization} in Redis' own words.
 */
final class RedisParser {
  static final int MAX_ARGUMENTS = 1024;
  private static final int MAX_INLINE = 1 << 16;
  private static final int MAX_NUMBER_LINE = 32;

  private final int maxBulk;
  private final int maxCommand;

  /**
   * @param maxBulk bytes of an argument
   * @param maxCommand bytes of a whole command as it stands on the wire
   */
  RedisParser(int maxBulk, int maxCommand) {
    this.maxBulk = maxBulk;
    this.maxCommand = maxCommand;
  }

  /** Takes one command; null when it has not arrived whole; without arguments when there is nothing to do. */
  @Nullable List<byte[]> parse(ByteBuf in) {
    if (!in.isReadable()) {
      return null;
    }
    int start = in.readerIndex();
    List<byte[]> arguments =
        in.getByte(start) == '*' ? parseArray(in, start) : parseInline(in, start);
    if (arguments == null) {
      in.readerIndex(start);
    }
    return arguments;
  }

  private @Nullable List<byte[]> parseArray(ByteBuf in, int start) {
    Long count = number(in, "invalid multibulk length");
    if (count == null) {
      return null;
    }
    check(count <= MAX_ARGUMENTS, "invalid multibulk length");
    List<byte[]> arguments = new ArrayList<>((int) Math.max(0, count));
    for (int i = 0; i < count; i++) {
      if (!in.isReadable()) {
        return null;
      }
      byte marker = in.getByte(in.readerIndex());
      check(marker == '$', "expected '$', got '" + RedisReply.printable((char) (marker & 0xFF)) + "'");
      Long length = number(in, "invalid bulk length");
      if (length == null) {
        return null;
      }
      check(length >= 0 && length <= maxBulk, "invalid bulk length");
      check(in.readerIndex() - start + length <= maxCommand, "invalid bulk length");
      if (in.readableBytes() < length + 2) {
        return null;
      }
      byte[] argument = new byte[length.intValue()];
      in.readBytes(argument);
      check(in.readByte() == '\r' && in.readByte() == '\n', "expected CRLF after a bulk string");
      arguments.add(argument);
    }
    return arguments;
  }

  /** The number after the marker, up to CRLF. */
  private static @Nullable Long number(ByteBuf in, String otherwise) {
    int end = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n');
    if (end < 0) {
      check(in.readableBytes() <= MAX_NUMBER_LINE, otherwise);
      return null;
    }
    int first = in.readerIndex() + 1;
    int digits = end - 1 - first;
    check(digits >= 1 && digits <= MAX_NUMBER_LINE && in.getByte(end - 1) == '\r', otherwise);
    String text = in.toString(first, digits, StandardCharsets.US_ASCII);
    in.readerIndex(end + 1);
    check(text.matches("-?[0-9]{1,10}"), otherwise);
    return Long.parseLong(text);
  }

  private static @Nullable List<byte[]> parseInline(ByteBuf in, int start) {
    int end = in.indexOf(start, in.writerIndex(), (byte) '\n');
    if (end < 0 || end - start > MAX_INLINE) {
      check(end < 0 && in.readableBytes() <= MAX_INLINE, "too big inline request");
      return null;
    }
    byte[] line = new byte[end - start];
    in.readBytes(line);
    in.skipBytes(1);
    return words(line);
  }

  private static List<byte[]> words(byte[] line) {
    List<byte[]> words = new ArrayList<>();
    int position = 0;
    while (true) {
      while (position < line.length && line[position] <= ' ' && line[position] >= 0) {
        position++;
      }
      if (position >= line.length) {
        return words;
      }
      check(words.size() < MAX_ARGUMENTS, "too big inline request");
      ByteArrayOutputStream word = new ByteArrayOutputStream();
      position = word(line, position, word);
      words.add(word.toByteArray());
    }
  }

  private static int word(byte[] line, int start, ByteArrayOutputStream word) {
    byte quote = line[start] == '"' || line[start] == '\'' ? line[start] : 0;
    int position = quote == 0 ? start : start + 1;
    while (position < line.length) {
      byte next = line[position];
      if (quote == 0 ? next <= ' ' && next >= 0 : next == quote) {
        return position + 1;
      }
      if (next == '\\' && quote == '"' && position + 1 < line.length) {
        position++;
        next = unescaped(line[position]);
      }
      word.write(next);
      position++;
    }
    check(quote == 0, "unbalanced quotes in request");
    return position;
  }

  private static byte unescaped(byte escaped) {
    return switch (escaped) {
      case 'n' -> (byte) '\n';
      case 'r' -> (byte) '\r';
      case 't' -> (byte) '\t';
      default -> escaped;
    };
  }

  private static void check(boolean holds, String error) {
    if (!holds) {
      throw new RabiaException.Serialization("Protocol error: " + error);
    }
  }
}
