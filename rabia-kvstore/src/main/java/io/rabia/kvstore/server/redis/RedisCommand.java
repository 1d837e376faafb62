package io.rabia.kvstore.server.redis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the Redis port serves; arity as in Redis: the name counts, negative means at least. Keys
 * stand from the first argument to the last key in steps.
 */
enum RedisCommand {
  PING(-1, Kind.TALK, 0),
  ECHO(2, Kind.TALK, 0),
  HELLO(-1, Kind.TALK, 0),
  AUTH(-2, Kind.TALK, 0),
  CLIENT(-2, Kind.TALK, 0),
  COMMAND(-1, Kind.TALK, 0),
  INFO(-1, Kind.TALK, 0),
  SELECT(2, Kind.TALK, 0),
  QUIT(-1, Kind.TALK, 0),
  GET(2, Kind.READ, 1),
  SET(-3, Kind.WRITE, 1),
  SETNX(3, Kind.WRITE, 1),
  SETEX(4, Kind.WRITE, 1),
  PSETEX(4, Kind.WRITE, 1),
  GETSET(3, Kind.WRITE, 1),
  GETDEL(2, Kind.WRITE, 1),
  MGET(-2, Kind.READ, -1),
  MSET(-3, Kind.WRITE, -1, 2),
  MSETNX(-3, Kind.WRITE, -1, 2),
  DEL(-2, Kind.WRITE, -1),
  UNLINK(-2, Kind.WRITE, -1),
  EXISTS(-2, Kind.READ, -1),
  INCR(2, Kind.WRITE, 1),
  INCRBY(3, Kind.WRITE, 1),
  DECR(2, Kind.WRITE, 1),
  DECRBY(3, Kind.WRITE, 1),
  APPEND(3, Kind.WRITE, 1),
  STRLEN(2, Kind.READ, 1),
  EXPIRE(3, Kind.WRITE, 1),
  PEXPIRE(3, Kind.WRITE, 1),
  TTL(2, Kind.READ, 1),
  PTTL(2, Kind.READ, 1),
  PERSIST(2, Kind.WRITE, 1),
  TYPE(2, Kind.READ, 1),
  KEYS(2, Kind.READ, 0),
  SCAN(-2, Kind.READ, 0),
  DBSIZE(1, Kind.READ, 0),
  FLUSHALL(-1, Kind.WRITE, 0),
  MULTI(1, Kind.TRANSACTION, 0),
  EXEC(1, Kind.TRANSACTION, 0),
  DISCARD(1, Kind.TRANSACTION, 0),
  WATCH(-2, Kind.TRANSACTION, -1),
  UNWATCH(1, Kind.TRANSACTION, 0),
  SUBSCRIBE(-2, Kind.CHANNELS, 0),
  PSUBSCRIBE(-2, Kind.CHANNELS, 0),
  UNSUBSCRIBE(-1, Kind.CHANNELS, 0),
  PUNSUBSCRIBE(-1, Kind.CHANNELS, 0);

  /** What a command has to do with. */
  enum Kind {
    /** The connection alone. */
    TALK,
    READ,
    WRITE,
    TRANSACTION,
    CHANNELS
  }

  /** All names, for people. */
  static final String SERVED =
      Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(" "));

  private final int arity;
  private final Kind kind;
  private final int lastKey;
  private final int step;

  RedisCommand(int arity, Kind kind, int lastKey) {
    this(arity, kind, lastKey, 1);
  }

  RedisCommand(int arity, Kind kind, int lastKey, int step) {
    this.arity = arity;
    this.kind = kind;
    this.lastKey = lastKey;
    this.step = step;
  }

  int arity() {
    return arity;
  }

  Kind kind() {
    return kind;
  }

  /** Position of the last key, -1 for the last argument, 0 for none. */
  int lastKey() {
    return lastKey;
  }

  /** From key to key; 0 without any. */
  int step() {
    return lastKey == 0 ? 0 : step;
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
