package io.rabia.kvstore.server.redis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the Redis port serves; arity as in Redis: the name counts, negative means at least. */
enum RedisCommand {
  PING(-1, false, 0),
  HELLO(-1, false, 0),
  CLIENT(-2, false, 0),
  COMMAND(-1, false, 0),
  INFO(-1, false, 0),
  SELECT(2, false, 0),
  QUIT(-1, false, 0),
  GET(2, false, 1),
  SET(-3, true, 1),
  DEL(-2, true, -1),
  INCR(2, true, 1);

  /** All names, for people. */
  static final String SERVED =
      Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(" "));

  private final int arity;
  private final boolean write;
  private final int lastKey;

  RedisCommand(int arity, boolean write, int lastKey) {
    this.arity = arity;
    this.write = write;
    this.lastKey = lastKey;
  }

  int arity() {
    return arity;
  }

  boolean write() {
    return write;
  }

  /** Position of the last key, -1 for the last argument, 0 for none. */
  int lastKey() {
    return lastKey;
  }

  boolean accepts(List<byte[]> arguments) {
    return arity < 0 ? arguments.size() >= -arity : arguments.size() == arity;
  }

  static @Nullable RedisCommand of(byte[] name) {
    String upper = upper(name);
    for (RedisCommand command : values()) {
      if (command.name().equals(upper)) {
        return command;
      }
    }
    return null;
  }

  static String upper(byte[] word) {
    return new String(word, StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
  }
}
