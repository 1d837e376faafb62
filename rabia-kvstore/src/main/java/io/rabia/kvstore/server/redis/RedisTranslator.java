package io.rabia.kvstore.server.redis;

import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvCommand.Put;
import io.rabia.kvstore.KvCondition;
import io.rabia.kvstore.KvQuery;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Redis commands that read or write as requests to the store. Used on the port's event loop. */
final class RedisTranslator {
  private static final String NO_INTEGER = "ERR value is not an integer or out of range";
  private static final String SYNTAX = "ERR syntax error";
  private static final long NANOS_OF_SECOND = 1_000_000_000;
  private static final long NANOS_OF_MILLI = 1_000_000;

  private final RedisScans scans;

  RedisTranslator(RedisScans scans) {
    this.scans = scans;
  }

  /**
   * @throws RedisError when the arguments make no sense
   */
  RedisRequest translate(RedisCommand command, List<byte[]> words) throws RedisError {
    byte[] first = words.size() > 1 ? words.get(1) : new byte[0];
    return switch (command) {
      case GET -> RedisRequest.read(new KvQuery.Get(first), RedisAnswers::value);
      case MGET -> RedisRequest.read(new KvQuery.GetAll(rest(words)), RedisAnswers::entries);
      case EXISTS -> RedisRequest.read(new KvQuery.Count(rest(words)), RedisAnswers::integer);
      case STRLEN -> RedisRequest.read(new KvQuery.Get(first), RedisAnswers::length);
      case TYPE -> RedisRequest.read(new KvQuery.Exists(first), RedisAnswers::type);
      case DBSIZE -> RedisRequest.read(new KvQuery.Statistics(), RedisAnswers::size);
      case TTL -> RedisRequest.write(timeToLive(first), RedisAnswers::seconds);
      case PTTL -> RedisRequest.write(timeToLive(first), RedisAnswers::millis);
      case KEYS -> scans.keys(first);
      case SCAN -> scans.scan(words);
      default -> write(command, words);
    };
  }

  /** Asked among the commands, so that it is of the time at which it is asked. */
  private static KvCommand timeToLive(byte[] key) {
    return new KvCommand.Ask(new KvQuery.TimeToLive(key));
  }

  private static List<byte[]> rest(List<byte[]> words) {
    return words.subList(1, words.size());
  }

  private static RedisRequest write(RedisCommand command, List<byte[]> words) throws RedisError {
    byte[] key = words.size() > 1 ? words.get(1) : new byte[0];
    return switch (command) {
      case SET -> set(words);
      case SETNX ->
          RedisRequest.write(
              new Put(key, words.get(2), Put.When.ABSENT, Put.FOREVER), RedisAnswers::oneIfWritten);
      case SETEX -> expiring(command, words, NANOS_OF_SECOND);
      case PSETEX -> expiring(command, words, NANOS_OF_MILLI);
      case GETSET ->
          RedisRequest.write(
              new Put(key, words.get(2), Put.When.ALWAYS, Put.FOREVER), RedisAnswers::old);
      case GETDEL -> RedisRequest.write(new KvCommand.Take(key), RedisAnswers::value);
      case MSET -> RedisRequest.write(sets(command, words), RedisAnswers::ok);
      case MSETNX -> setAllIfAbsent(command, words);
      case DEL, UNLINK ->
          RedisRequest.write(new KvCommand.Delete(rest(words)), RedisAnswers::integer);
      case INCR -> increment(key, 1);
      case DECR -> increment(key, -1);
      case INCRBY -> increment(key, number(words.get(2)));
      case DECRBY -> {
        long by = number(words.get(2));
        if (by == Long.MIN_VALUE) {
          throw new RedisError("ERR decrement would overflow");
        }
        yield increment(key, -by);
      }
      case APPEND ->
          RedisRequest.write(new KvCommand.Append(key, words.get(2)), RedisAnswers::integer);
      case EXPIRE -> expire(command, key, words.get(2), NANOS_OF_SECOND);
      case PEXPIRE -> expire(command, key, words.get(2), NANOS_OF_MILLI);
      case PERSIST ->
          RedisRequest.write(new KvCommand.Expire(key, Put.FOREVER), RedisAnswers::integer);
      case FLUSHALL -> RedisRequest.write(new KvCommand.Clear(), RedisAnswers::ok);
      default -> throw new IllegalArgumentException(command + " is none of the store");
    };
  }

  private static RedisRequest increment(byte[] key, long by) {
    return RedisRequest.write(new KvCommand.Increment(key, by), RedisAnswers::integer);
  }

  private static RedisRequest set(List<byte[]> words) throws RedisError {
    byte[] key = words.get(1);
    byte[] value = words.get(2);
    if (words.size() == 3) {
      return RedisRequest.write(new KvCommand.Set(key, value), RedisAnswers::ok);
    }
    Put.When when = Put.When.ALWAYS;
    long timeToLive = Put.FOREVER;
    boolean old = false;
    for (int i = 3; i < words.size(); i++) {
      switch (RedisCommand.upper(words.get(i))) {
        case "NX", "XX" -> {
          expect(when == Put.When.ALWAYS);
          boolean absent = RedisCommand.upper(words.get(i)).equals("NX");
          when = absent ? Put.When.ABSENT : Put.When.PRESENT;
        }
        case "GET" -> old = true;
        case "KEEPTTL" -> {
          expect(timeToLive == Put.FOREVER);
          timeToLive = Put.KEEP;
        }
        case "EX", "PX" -> {
          expect(timeToLive == Put.FOREVER && i + 1 < words.size());
          boolean seconds = RedisCommand.upper(words.get(i)).equals("EX");
          i++;
          timeToLive =
              nanos(
                  RedisCommand.SET,
                  number(words.get(i)),
                  seconds ? NANOS_OF_SECOND : NANOS_OF_MILLI);
        }
        default -> throw new RedisError(SYNTAX);
      }
    }
    return RedisRequest.write(
        new Put(key, value, when, timeToLive), old ? RedisAnswers::old : RedisAnswers::okIfWritten);
  }

  private static void expect(boolean holds) throws RedisError {
    if (!holds) {
      throw new RedisError(SYNTAX);
    }
  }

  private static RedisRequest expiring(RedisCommand command, List<byte[]> words, long unit)
      throws RedisError {
    long nanos = nanos(command, number(words.get(2)), unit);
    return RedisRequest.write(
        new Put(words.get(1), words.get(3), Put.When.ALWAYS, nanos), RedisAnswers::ok);
  }

  private static long nanos(RedisCommand command, long count, long unit) throws RedisError {
    if (count < 1 || count > Long.MAX_VALUE / unit) {
      throw new RedisError(
          "ERR invalid expire time in '" + command.name().toLowerCase(Locale.ROOT) + "' command");
    }
    return count * unit;
  }

  /** Time that is over already deletes, as with Redis. */
  private static RedisRequest expire(RedisCommand command, byte[] key, byte[] time, long unit)
      throws RedisError {
    long count = number(time);
    return RedisRequest.write(
        count <= 0
            ? new KvCommand.Delete(List.of(key))
            : new KvCommand.Expire(key, nanos(command, count, unit)),
        RedisAnswers::integer);
  }

  private static List<KvCommand> sets(RedisCommand command, List<byte[]> words) throws RedisError {
    if (words.size() % 2 == 0) {
      throw new RedisError(
          "ERR wrong number of arguments for '"
              + command.name().toLowerCase(Locale.ROOT)
              + "' command");
    }
    List<KvCommand> sets = new ArrayList<>();
    for (int i = 1; i < words.size(); i += 2) {
      sets.add(new KvCommand.Set(words.get(i), words.get(i + 1)));
    }
    return sets;
  }

  private static RedisRequest setAllIfAbsent(RedisCommand command, List<byte[]> words)
      throws RedisError {
    List<KvCondition> absent = new ArrayList<>();
    for (int i = 1; i < words.size(); i += 2) {
      absent.add(new KvCondition.HasVersion(words.get(i), 0));
    }
    return RedisRequest.write(
        new KvCommand.Transaction(absent, sets(command, words), List.of()), RedisAnswers::integer);
  }

  static long number(byte[] word) throws RedisError {
    String text = new String(word, StandardCharsets.ISO_8859_1);
    if (!text.matches("-?[0-9]{1,19}")) {
      throw new RedisError(NO_INTEGER);
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new RedisError(NO_INTEGER);
    }
  }
}
