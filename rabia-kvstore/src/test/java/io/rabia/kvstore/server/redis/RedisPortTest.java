package io.rabia.kvstore.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rabia.core.ClusterId;
import io.rabia.kvstore.FakeCluster;
import io.rabia.kvstore.RawClient;
import io.rabia.kvstore.TestServer;
import io.rabia.network.server.PortLimits;
import io.rabia.network.server.PortStatistics.Event;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class RedisPortTest {
  private final FakeCluster cluster = new FakeCluster();
  private TestServer server = TestServer.start(cluster, 1);
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

  private void expect(String command, String reply) throws IOException {
    redis.send(command);
    assertThat(redis.read(reply.length())).isEqualTo(reply);
  }

  @Test
  void servesTheStringCommands() throws IOException {
    expect("*1\r\n$4\r\nPING\r\n", "+PONG\r\n");
    expect("*2\r\n$4\r\nping\r\n$2\r\nhi\r\n", "$2\r\nhi\r\n");
    expect("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n\r\n\0x\r\n", "+OK\r\n");
    expect("*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "$4\r\n\r\n\0x\r\n");
    expect("*2\r\n$3\r\nGET\r\n$1\r\nb\r\n", "$-1\r\n");
    expect("*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n", ":1\r\n");
    expect("*2\r\n$4\r\nINCR\r\n$1\r\na\r\n", "-ERR value is not an integer or out of range\r\n");
    expect("*4\r\n$3\r\nDEL\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nn\r\n", ":2\r\n");
    expect("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", "+OK\r\n");
    expect("*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n", "-ERR DB index is out of range, served is 0\r\n");
    expect("*2\r\n$7\r\nCOMMAND\r\n$5\r\nCOUNT\r\n", ":47\r\n");
    expect("*1\r\n$4\r\nQUIT\r\n", "+OK\r\n");
    assertThat(redis.readUntilClosed()).isEmpty();
  }

  @Test
  void speaksBothVersionsOfItsProtocol() throws IOException {
    redis.send("HELLO 3\r\n");
    assertThat(redis.line()).isEqualTo("%7");
    for (int i = 0; i < 26 - 1; i++) {
      redis.line();
    }
    expect("GET none\r\n", "_\r\n");
    redis.send("HELLO 2 SETNAME me\r\n");
    assertThat(redis.line()).isEqualTo("*14");
    for (int i = 0; i < 26 - 1; i++) {
      redis.line();
    }
    expect("CLIENT GETNAME\r\n", "$2\r\nme\r\n");
    expect("GET none\r\n", "$-1\r\n");
    expect("HELLO 4\r\n", "-NOPROTO unsupported protocol version\r\n");
  }

  @Test
  void takesInlineCommandsWithQuotes() throws IOException {
    expect("SET k \"a b\\n\"\r\n\r\nGET k\n", "+OK\r\n$4\r\na b\n\r\n");
    expect("SET k 'x y'\r\nGET k\r\n", "+OK\r\n$3\r\nx y\r\n");
    redis.send("SET k \"open\r\n");
    assertThat(redis.line()).isEqualTo("-ERR Protocol error: unbalanced quotes in request");
    assertThat(redis.readUntilClosed()).isEmpty();
  }

  @Test
  void executesWhatIsPipelinedInItsOrder() throws IOException {
    StringBuilder commands = new StringBuilder();
    StringBuilder replies = new StringBuilder();
    for (int i = 1; i <= 2000; i++) {
      commands.append("INCR n\r\nGET n\r\n");
      replies.append(":").append(i).append("\r\n$").append(Integer.toString(i).length());
      replies.append("\r\n").append(i).append("\r\n");
    }
    expect(commands.toString(), replies.toString());
  }

  @Test
  void takesCommandsThatArriveInPieces() throws IOException {
    String command = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n";
    for (int cut = 1; cut < command.length(); cut++) {
      redis.send(command.substring(0, cut));
      expect(command.substring(cut), "+OK\r\n");
    }
  }

  @Test
  void namesWhatItServesWhenAskedForSomethingElse() throws IOException {
    redis.send("LPUSH a b\r\n");
    assertThat(redis.line())
        .startsWith("-ERR unknown command 'lpush', served are PING ")
        .endsWith(" PUNSUBSCRIBE");
    expect("GET\r\n", "-ERR wrong number of arguments for 'get' command\r\n");
    redis.send("SET a b EXAT 5\r\n");
    assertThat(redis.line()).startsWith("-ERR syntax error");
    expect("SET \"\" x\r\n", "-ERR INVALID_KEY: empty\r\n");
    expect("PING\r\n", "+PONG\r\n");
  }

  @Test
  void answersAKeyThatNoCommandHasRoomForAndGoesOn() throws IOException {
    String key = "k".repeat(70_000);
    expect(
        "*2\r\n$3\r\nGET\r\n$70000\r\n" + key + "\r\n", "-ERR INVALID_KEY: key of 70000 bytes\r\n");
    expect(
        "*2\r\n$4\r\nINCR\r\n$70000\r\n" + key + "\r\n",
        "-ERR INVALID_KEY: key of 70000 bytes\r\n");
    expect("PING\r\n", "+PONG\r\n");
  }

  @Test
  void keepsNoNameThatIsLargeOrNoText() throws IOException {
    expect("CLIENT SETNAME me\r\n", "+OK\r\n");
    for (String wrong : new String[] {"n".repeat(1025), "\"two words\""}) {
      redis.send("CLIENT SETNAME " + wrong + "\r\n");
      assertThat(redis.line()).startsWith("-ERR Client names cannot");
      redis.send("HELLO 2 SETNAME " + wrong + "\r\n");
      assertThat(redis.line()).startsWith("-ERR Client names cannot");
    }
    expect("CLIENT GETNAME\r\n", "$2\r\nme\r\n");
  }

  @Test
  void saysWhenThereIsNoQuorum() throws IOException {
    server.node().mode(FakeCluster.Mode.NO_QUORUM);
    redis.send("GET a\r\n");
    assertThat(redis.line()).isEqualTo("-CLUSTERDOWN UNAVAILABLE: alone");
  }

  @Test
  void closesOnNonsenseInRedisOwnWords() throws IOException {
    String[][] cases = {
      {"*1025\r\n", "invalid multibulk length"},
      {"*99999999999999\r\n", "invalid multibulk length"},
      {"*x\r\n", "invalid multibulk length"},
      {"*1\r\n$-5\r\n", "invalid bulk length"},
      {"*1\r\n$2147483647\r\n", "invalid bulk length"},
      {"*1\r\n:4\r\n", "expected '$', got ':'"},
      {"*1\r\n$1\r\nabc\r\n", "expected CRLF after a bulk string"},
      {"*" + "1".repeat(100), "invalid multibulk length"},
      {"a".repeat(65537), "too big inline request"},
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP on the Redis port"},
    };
    for (String[] example : cases) {
      try (RawClient client = new RawClient(server.port("redis")).send(example[0])) {
        assertThat(client.readUntilClosed())
            .endsWith("-ERR Protocol error: " + example[1] + "\r\n");
      }
    }
    assertThat(server.count("redis", Event.MALFORMED)).isEqualTo(cases.length);
  }

  @Test
  void survivesRandomBytesAndTheClientProtocol() throws IOException {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 100; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      try (RawClient client = new RawClient(server.port("redis"))) {
        client.send(i % 2 == 0 ? "*3\r\n$" : "").send(bytes);
      }
    }
    try (RawClient client = new RawClient(server.port("redis"))) {
      client
          .send(b -> Frames.writeHello(b, new Hello(1, ClusterId.NONE, Integer.MAX_VALUE)))
          .send("\r\n");
      assertThat(client.line()).startsWith("-ERR unknown command");
    }
    expect("PING\r\n", "+PONG\r\n");
  }

  @Test
  void endsHalfACommandAndWhoeverIsTooMany() throws IOException {
    server.close();
    Duration soon = Duration.ofMillis(300);
    server =
        TestServer.start(
            cluster,
            1,
            new PortLimits(1, 10, 1 << 16, 1 << 16, 1 << 20, soon, soon, Duration.ofMinutes(1)));
    try (RawClient silent = new RawClient(server.port("redis"))) {
      await()
          .during(3 * soon.toMillis(), TimeUnit.MILLISECONDS)
          .until(() -> server.count("redis", Event.TIMED_OUT) == 0);
      assertThat(silent.send("PING\r\n").line()).isEqualTo("+PONG");
    }
    await().until(() -> server.count("redis", Event.ACCEPTED) == 1);
    try (RawClient half = new RawClient(server.port("redis")).send("*2\r\n$3\r\nGE")) {
      await().until(() -> server.count("redis", Event.ACCEPTED) == 2);
      try (RawClient second = new RawClient(server.port("redis"))) {
        assertThat(second.readUntilClosed()).isEqualTo("-ERR too many connections\r\n");
      }
      assertThat(half.readUntilClosed()).isEmpty();
    }
    assertThat(server.count("redis", Event.TIMED_OUT)).isEqualTo(1);
  }
}
