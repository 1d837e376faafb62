package io.rabia.kvstore.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.RawClient;
import io.rabia.kvstore.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every command of the Redis port, as a client writes it and with the reply it gets. */
@Timeout(30)
final class RedisCommandsTest {
  private static final Set<RedisCommand> ELSEWHERE =
      EnumSet.of(
          RedisCommand.PING,
          RedisCommand.HELLO,
          RedisCommand.CLIENT,
          RedisCommand.COMMAND,
          RedisCommand.INFO,
          RedisCommand.SELECT,
          RedisCommand.QUIT);

  /** Command, then what comes back, with blanks in place of line ends. */
  private static final String[] CONVERSATION = {
    "ECHO hi", "$2 hi",
    "AUTH x",
        "-ERR AUTH <password> called without any password configured for the default user. "
            + "Are you sure your configuration is correct?",
    "SET a 1", "+OK",
    "SET a 2 NX", "$-1",
    "SET a 2 XX GET", "$1 1",
    "SET new 2 XX", "$-1",
    "SET b 3 NX GET EX 100", "$-1",
    "TTL b", ":100",
    "SET b 4 KEEPTTL", "+OK",
    "TTL b", ":100",
    "SET b 5", "+OK",
    "TTL b", ":-1",
    "SET b 5 NX XX", "-ERR syntax error",
    "SET b 5 EX 0", "-ERR invalid expire time in 'set' command",
    "SET b 5 EX x", "-ERR value is not an integer or out of range",
    "SETNX b 6", ":0",
    "SETNX c 6", ":1",
    "SETEX d 50 x", "+OK",
    "PTTL d", ":49999",
    "PSETEX d 60000 y", "+OK",
    "TTL d", ":60",
    "GETSET d z", "$1 y",
    "TTL d", ":-1",
    "GETDEL d", "$1 z",
    "GETDEL d", "$-1",
    "MSET m 1 n 2", "+OK",
    "MSET m 1 n", "-ERR wrong number of arguments for 'mset' command",
    "MGET m x n", "*3 $1 1 $-1 $1 2",
    "MSETNX m 1 o 2", ":0",
    "MSETNX o 1 p 2", ":1",
    "UNLINK o p q", ":2",
    "DEL m", ":1",
    "EXISTS n n x", ":2",
    "INCR n", ":3",
    "INCRBY n 10", ":13",
    "DECR n", ":12",
    "DECRBY n 2", ":10",
    "DECRBY n -9223372036854775808", "-ERR decrement would overflow",
    "APPEND n 0", ":3",
    "GET n", "$3 100",
    "STRLEN n", ":3",
    "STRLEN x", ":0",
    "EXPIRE n 100", ":1",
    "EXPIRE n 100", ":1",
    "EXPIRE x 100", ":0",
    "PEXPIRE n 5000", ":1",
    "TTL n", ":5",
    "TTL x", ":-2",
    "PERSIST n", ":1",
    "PERSIST n", ":0",
    "EXPIRE n 9223372036854775807", "-ERR invalid expire time in 'expire' command",
    "EXPIRE n -1", ":1",
    "TYPE a", "+string",
    "TYPE n", "+none",
    "KEYS *", "*3 $1 a $1 b $1 c",
    "KEYS [ab]", "*2 $1 a $1 b",
    "SCAN 0 COUNT 2", "*2 $1 1 *2 $1 a $1 b",
    "SCAN 1", "*2 $1 0 *1 $1 c",
    "SCAN 0 MATCH c TYPE string", "*2 $1 0 *1 $1 c",
    "SCAN 0 TYPE list", "*2 $1 0 *0",
    "SCAN 99", "-ERR invalid cursor: it is of another server, or too old",
    "DBSIZE", ":3",
    "FLUSHALL ASYNC", "+OK",
    "DBSIZE", ":0",
    "WATCH a", "+OK",
    "UNWATCH", "+OK",
    "MULTI", "+OK",
    "MULTI", "-ERR MULTI calls can not be nested",
    "DISCARD", "+OK",
    "DISCARD", "-ERR DISCARD without MULTI",
    "EXEC", "-ERR EXEC without MULTI",
    "SUBSCRIBE news",
        "-ERR no such channel, served are keyspace notifications: __keyspace@0__:KEY"
            + " and __keyevent@0__:set|del|expired|flushall",
    "PSUBSCRIBE __key*", "*3 $10 psubscribe $6 __key* :1",
    "SUBSCRIBE __keyspace@0__:a", "*3 $9 subscribe $16 __keyspace@0__:a :2",
    "GET a",
        "-ERR Can't execute 'get': only (P)SUBSCRIBE / (P)UNSUBSCRIBE / PING / QUIT are allowed in"
            + " this context",
    "UNSUBSCRIBE", "*3 $11 unsubscribe $16 __keyspace@0__:a :1",
    "PUNSUBSCRIBE __key*", "*3 $12 punsubscribe $6 __key* :0",
    "UNSUBSCRIBE", "*3 $11 unsubscribe $-1 :0",
  };

  private final FakeCluster cluster = new FakeCluster();
  private final TestServer server = TestServer.start(cluster, 1);
  private RawClient redis;

  @BeforeEach
  void connect() throws IOException {
    redis = new RawClient(server.port("redis"));
  }

  @AfterEach
  void stop() throws IOException {
    redis.close();
    server.close();
    cluster.close();
  }

  private static void expect(RawClient client, String command, String reply) throws IOException {
    client.send(command + "\r\n");
    heard(client, command, reply);
  }

  private static void heard(RawClient client, String command, String reply) throws IOException {
    String whole = reply.startsWith("-") ? reply + "\r\n" : reply.replace(" ", "\r\n") + "\r\n";
    assertThat(client.read(whole.getBytes(StandardCharsets.UTF_8).length))
        .as(command)
        .isEqualTo(whole);
  }

  private void expect(String command, String reply) throws IOException {
    expect(redis, command, reply);
  }

  @Test
  void saysWhatRedisSays() throws IOException {
    Set<RedisCommand> told = EnumSet.copyOf(ELSEWHERE);
    for (int i = 0; i < CONVERSATION.length; i += 2) {
      expect(CONVERSATION[i], CONVERSATION[i + 1]);
      String name = CONVERSATION[i].split(" ")[0];
      told.add(RedisCommand.of(name.getBytes(StandardCharsets.UTF_8)));
    }
    assertThat(told).isEqualTo(EnumSet.allOf(RedisCommand.class));
  }

  @Test
  void executesATransactionAtOnceUnlessAWatchedKeyHasChanged() throws IOException {
    expect("SET a 1", "+OK");
    expect("WATCH a b", "+OK");
    expect("MULTI", "+OK");
    expect("INCR a", "+QUEUED");
    expect("MSET x 1 y 2", "+QUEUED");
    expect("GET a", "+QUEUED");
    expect("SET a 9 NX", "+QUEUED");
    expect("TTL a", "+QUEUED");
    expect("EXEC", "*5 :2 +OK $1 2 $-1 :-1");
    expect("WATCH a", "+OK");
    try (RawClient other = new RawClient(server.port("redis"))) {
      expect(other, "SET a 7", "+OK");
    }
    expect("MULTI", "+OK");
    expect("SET a 8", "+QUEUED");
    expect("EXEC", "*-1");
    expect("MULTI", "+OK");
    expect("UNWATCH", "-ERR UNWATCH is not served inside MULTI");
    expect("DISCARD", "+OK");
    expect("GET a", "$1 7");
    expect("MULTI", "+OK");
    expect("EXEC", "*0");
  }

  @Test
  void doesNothingOfATransactionInWhichSomethingIsRefused() throws IOException {
    expect("SET text x", "+OK");
    expect("MULTI", "+OK");
    expect("SET a 1", "+QUEUED");
    expect("INCR text", "+QUEUED");
    redis.send("EXEC\r\n");
    assertThat(redis.line())
        .startsWith("-EXECABORT Transaction discarded: NOT_A_NUMBER: command 2 of 2");
    expect("GET a", "$-1");
    expect("MULTI", "+OK");
    expect("SET a 1", "+QUEUED");
    expect("FLUSHALL", "-ERR FLUSHALL is not served inside MULTI");
    expect("EXEC", "-EXECABORT Transaction discarded because of previous errors.");
    expect("GET a", "$-1");
    for (String nonsense : List.of("NONSENSE x", "INCR")) {
      expect("MULTI", "+OK");
      redis.send(nonsense + "\r\n");
      assertThat(redis.line()).startsWith("-ERR ");
      expect("SET a 1", "+QUEUED");
      expect("EXEC", "-EXECABORT Transaction discarded because of previous errors.");
      expect("GET a", "$-1");
    }
  }

  @Test
  void holdsNoMoreOfATransactionThanARequestMayHave() throws IOException {
    expect("MULTI", "+OK");
    String get = "GET a\r\n";
    int most = TestServer.LIMITS.maxFrame() / (2 * 64 + 4);
    redis.send(get.repeat(most));
    for (int i = 0; i < most; i++) {
      assertThat(redis.line()).isEqualTo("+QUEUED");
    }
    redis.send(get);
    assertThat(redis.line()).startsWith("-ERR the transaction is larger than ");
    expect("EXEC", "-EXECABORT Transaction discarded because of previous errors.");
  }

  @Test
  void tellsSubscribersOfEveryChange() throws IOException {
    try (RawClient events = new RawClient(server.port("redis"))) {
      expect(
          events,
          "SUBSCRIBE __keyevent@0__:set __keyspace@0__:b",
          "*3 $9 subscribe $18 __keyevent@0__:set :1 *3 $9 subscribe $16 __keyspace@0__:b :2");
      expect(redis, "SET a 1", "+OK");
      heard(events, "set", "*3 $7 message $18 __keyevent@0__:set $1 a");
      expect(redis, "SET b 1", "+OK");
      heard(events, "set", "*3 $7 message $16 __keyspace@0__:b $3 set");
      heard(events, "set", "*3 $7 message $18 __keyevent@0__:set $1 b");
      expect(redis, "DEL b", ":1");
      heard(events, "del", "*3 $7 message $16 __keyspace@0__:b $3 del");
      expect(events, "PING", "+PONG");
    }
    try (RawClient events = new RawClient(server.port("redis"))) {
      events.send("HELLO 3\r\n");
      for (int i = 0; i < 26; i++) {
        events.line();
      }
      expect(events, "PSUBSCRIBE __keyevent*", ">3 $10 psubscribe $11 __keyevent* :1");
      expect(redis, "SET c 1", "+OK");
      heard(events, "set", ">4 $8 pmessage $11 __keyevent* $18 __keyevent@0__:set $1 c");
      expect(redis, "FLUSHALL", "+OK");
      heard(events, "flushall", ">4 $8 pmessage $11 __keyevent* $23 __keyevent@0__:flushall $0 ");
    }
  }

  @Test
  void endsASubscriberThatWouldMissSomething() throws IOException {
    try (FakeCluster forgetful =
            new FakeCluster(KVStoreConfig.builder().enableNotifications(false).build());
        TestServer other = TestServer.start(forgetful, 1);
        RawClient client = new RawClient(other.port("redis"))) {
      client.send("SUBSCRIBE __keyevent@0__:set\r\n");
      assertThat(client.line()).startsWith("-ERR NO_HISTORY");
      expect(client, "SET a 1", "+OK");
    }
  }

  @Test
  void findsAllKeysThatMatchOverManyPages() throws IOException {
    for (int i = 0; i < 12_000; i += 500) {
      StringBuilder sets = new StringBuilder("MSET");
      for (int k = i; k < i + 500; k++) {
        sets.append(" k").append(10_000 + k).append(" v");
      }
      expect(sets.toString(), "+OK");
    }
    redis.send("KEYS k1?00[0-4]\r\n");
    assertThat(redis.line()).isEqualTo("*50");
    for (int i = 0; i < 100; i++) {
      redis.line();
    }
    List<String> found = new ArrayList<>();
    String cursor = "0";
    do {
      redis.send("SCAN " + cursor + " COUNT 1000\r\n");
      assertThat(redis.line()).isEqualTo("*2");
      redis.line();
      cursor = redis.line();
      int count = Integer.parseInt(redis.line().substring(1));
      for (int i = 0; i < count; i++) {
        redis.line();
        found.add(redis.line());
      }
    } while (!cursor.equals("0"));
    assertThat(found).hasSize(12_000).doesNotHaveDuplicates();
  }

  @Test
  void patternsMatchAsInRedis() throws RedisError {
    String[] matching = {
      "*",
      "",
      "*",
      "abc",
      "a*c",
      "abbbc",
      "a?c",
      "abc",
      "[a-c]x",
      "bx",
      "[^a]x",
      "bx",
      "\\*",
      "*",
      "a\\?",
      "a?",
      "*ab*",
      "xxabyy",
      "[c-a]",
      "b",
      "h[ae]llo",
      "hallo",
      "**",
      "x",
      "[\\]]",
      "]",
    };
    String[] others = {
      "",
      "a",
      "a",
      "",
      "a*c",
      "abb",
      "a?c",
      "ac",
      "[a-c]x",
      "dx",
      "[^a]x",
      "ax",
      "\\*",
      "a",
      "a\\?",
      "ab",
      "*ab*",
      "ba",
      "h[ae]llo",
      "hillo",
      "a",
      "ab",
      "a[",
      "ab",
    };
    for (int i = 0; i < matching.length; i += 2) {
      assertThat(matches(matching[i], matching[i + 1])).as(matching[i]).isTrue();
    }
    for (int i = 0; i < others.length; i += 2) {
      assertThat(matches(others[i], others[i + 1])).as(others[i]).isFalse();
    }
  }

  private static boolean matches(String pattern, String text) throws RedisError {
    return new RedisGlob(pattern.getBytes(StandardCharsets.UTF_8))
        .matches(text.getBytes(StandardCharsets.UTF_8));
  }
}
