package io.rabia.kvstore.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.rabia.core.Fuzz;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hostile bytes at the Redis port, from fixed seeds. */
class RedisFuzzTest {
  private static final int MAX_BULK = 1 << 16;
  private static final int MAX_COMMAND = 1 << 20;

  private static final List<byte[]> SAMPLES =
      bytes(
          "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nhello\r\n",
          "*2\r\n$3\r\nGET\r\n$1\r\na\r\n",
          "*1\r\n$4\r\nPING\r\n",
          "SET a \"b c\\n\"\r\n",
          "GET 'a'\r\n");

  private static final List<byte[]> WORDS =
      bytes(
          "*",
          "$",
          "\r\n",
          "\n",
          "\r",
          "-1",
          "0",
          "1024",
          "1025",
          "2147483647",
          "-2147483648",
          "9999999999",
          "99999999999999999999",
          "\"",
          "'",
          "\\",
          "\\x",
          "*0\r\n",
          "*-1\r\n",
          "$0\r\n\r\n",
          "*1024\r\n",
          " ".repeat(100));

  private static List<byte[]> bytes(String... texts) {
    return Stream.of(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }

  /** Takes command after command, until the rest has not arrived whole. */
  private static void read(byte[] input) {
    RedisParser parser = new RedisParser(MAX_BULK, MAX_COMMAND);
    ByteBuf in = Unpooled.wrappedBuffer(input);
    while (true) {
      int before = in.readerIndex();
      List<byte[]> arguments = parser.parse(in);
      if (arguments == null) {
        assertThat(in.readerIndex()).isEqualTo(before);
        return;
      }
      if (in.readerIndex() <= before) {
        throw new AssertionError("takes nothing and goes on");
      }
      int held = arguments.stream().mapToInt(argument -> argument.length).sum();
      if (held > in.readerIndex() - before || arguments.size() > RedisParser.MAX_ARGUMENTS) {
        throw new AssertionError("more than was sent");
      }
      if (!arguments.isEmpty()) {
        RedisCommand.of(arguments.get(0));
      }
    }
  }

  private static void feed(int inputs) throws Exception {
    Fuzz.Result result = Fuzz.run(1, inputs, SAMPLES, WORDS, RedisFuzzTest::read);
    assertThat(result.refused()).isGreaterThan(inputs / 20);
    assertThat(result.taken()).isGreaterThan(inputs / 20);
  }

  @Test
  void inputsAreRefusedOrTaken() throws Exception {
    feed(20_000);
  }

  @Tag("long")
  @Test
  void aMillionInputsAreRefusedOrTaken() throws Exception {
    feed(1_000_000);
  }
}
