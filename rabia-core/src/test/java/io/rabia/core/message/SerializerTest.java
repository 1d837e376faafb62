package io.rabia.core.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.BatchId;
import io.rabia.core.RabiaException;
import io.rabia.core.StateValue;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SerializerTest {

  static Stream<Arguments> messages() {
    return Stream.of(Serializer.binary(), Serializer.json())
        .flatMap(s -> Samples.all().stream().map(message -> Arguments.of(s, message)));
  }

  private static Message json(String text) {
    return Serializer.json().deserialize(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String json(Message message) {
    return new String(Serializer.json().serialize(message), StandardCharsets.UTF_8);
  }

  private static void refused(Serializer serializer, byte[] bytes) {
    assertThatExceptionOfType(RabiaException.Serialization.class)
        .isThrownBy(() -> serializer.deserialize(bytes));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void readsWhatItWrote(Serializer serializer, Message message) {
    assertThat(serializer.deserialize(serializer.serialize(message))).isEqualTo(message);
    ByteBuffer buffer = ByteBuffer.allocateDirect(1024);
    serializer.serialize(message, buffer);
    buffer.flip();
    assertThat(serializer.deserialize(buffer)).isEqualTo(message);
    assertThat(buffer.hasRemaining()).isFalse();
  }

  @ParameterizedTest
  @MethodSource("messages")
  void refusesAMessageCutAtAnyByte(Serializer serializer, Message message) {
    byte[] whole = serializer.serialize(message);
    for (int length = 0; length < whole.length; length++) {
      refused(serializer, Arrays.copyOf(whole, length));
    }
  }

  @ParameterizedTest
  @MethodSource("messages")
  void aFlippedBitMakesAnotherValidMessageOrIsRefused(Serializer serializer, Message message) {
    byte[] whole = serializer.serialize(message);
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      try {
        Message other = serializer.deserialize(flipped);
        assertThat(serializer.deserialize(serializer.serialize(other))).isEqualTo(other);
      } catch (RabiaException.Serialization expected) {
        assertThat(expected.retryable()).isFalse();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("messages")
  void refusesTwoMessagesAtOnce(Serializer serializer, Message message) {
    byte[] one = serializer.serialize(message);
    refused(serializer, ByteBuffer.allocate(2 * one.length).put(one).put(one).array());
  }

  @ParameterizedTest
  @MethodSource("messages")
  void overflowsATooSmallBuffer(Serializer serializer, Message message) {
    ByteBuffer small = ByteBuffer.allocate(serializer.serialize(message).length - 1);
    assertThatExceptionOfType(BufferOverflowException.class)
        .isThrownBy(() -> serializer.serialize(message, small));
  }

  @Test
  void theBinaryFormStartsWithItsVersion() {
    assertThat(Serializer.binary().serialize(new Message.Heartbeat())).containsExactly(1, 10);
    refused(Serializer.binary(), new byte[] {2, 10});
    refused(Serializer.binary(), new byte[] {0, 10});
  }

  @Test
  void jsonIsReadable() {
    assertThat(json(new Message.Vote2(5, 0, StateValue.VQUESTION, BatchId.NONE)))
        .isEqualTo(
            "{\"version\":1,\"type\":\"vote2\",\"slot\":5,\"phase\":0,\"value\":\"VQUESTION\","
                + "\"id\":\"none\"}");
    assertThat(json(new Message.Propose(5, Samples.ID, Samples.BATCH)))
        .isEqualTo(
            "{\"version\":1,\"type\":\"propose\",\"slot\":5,\"id\":\"1.42\",\"batch\":{"
                + "\"id\":\"1.42\",\"timestamp\":1000,\"lowestOutstanding\":40,\"commands\":["
                + "{\"kind\":\"apply\",\"session\":7,\"number\":3,\"lowestUnanswered\":2,"
                + "\"payload\":\"U0VUIGEgMQ==\"},"
                + "{\"kind\":\"openSession\",\"session\":0,\"number\":0,\"lowestUnanswered\":0,"
                + "\"payload\":\"\"}]}}");
    assertThat(json(new Message.FormationAsk(Samples.FOUNDER)))
        .contains("\"founder\":\"0102030405060708090a0b0c0d0e0f10\"");
  }

  @Test
  void jsonFieldsMayStandInAnyOrder() {
    assertThat(json("{ \"id\": \"noop\", \"slot\": 3, \"type\": \"decide\", \"version\": 1 }\n"))
        .isEqualTo(new Message.Decide(3, BatchId.NOOP, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "1",
        "[]",
        "{}",
        "{\"version\":1}",
        "{\"type\":\"heartbeat\"}",
        "{\"version\":2,\"type\":\"heartbeat\"}",
        "{\"version\":\"1\",\"type\":\"heartbeat\"}",
        "{\"version\":1,\"type\":\"heartbeats\"}",
        "{\"version\":1,\"type\":\"heartbeat\",\"x\":1}",
        "{\"version\":1,\"version\":1,\"type\":\"heartbeat\"}",
        "{\"version\":1,\"type\":\"heartbeat\"} x",
        "{\"version\":1,\"type\":\"heartbeat\"}{}",
        "{\"version\":1,\"type\":\"readProbe\",\"nonce\":1.0}",
        "{\"version\":1,\"type\":\"readProbe\",\"nonce\":9223372036854775808}",
        "{\"version\":1,\"type\":\"readProbe\",\"nonce\":null}",
        "{\"version\":1,\"type\":\"readProbe\",\"nonce\":true}",
        "{\"version\":1,\"type\":\"readProbe\",\"nonce\":[]}",
        "{\"version\":1,\"type\":\"batchRequest\",\"id\":\"noop\"}",
        "{\"version\":1,\"type\":\"batchRequest\",\"id\":\"1\"}",
        "{\"version\":1,\"type\":\"batchRequest\",\"id\":\"1.0\"}",
        "{\"version\":1,\"type\":\"batchRequest\",\"id\":\"524288.1\"}",
        "{\"version\":1,\"type\":\"batchRequest\",\"id\":\"1.17592186044416\"}",
        "{\"version\":1,\"type\":\"batchRequest\",\"id\":\"-1.1\"}",
        "{\"version\":1,\"type\":\"vote1\",\"slot\":1,\"phase\":1,\"value\":\"V2\","
            + "\"id\":\"none\"}",
        "{\"version\":1,\"type\":\"vote1\",\"slot\":1,\"phase\":0,\"value\":\"V0\","
            + "\"id\":\"none\"}",
        "{\"version\":1,\"type\":\"vote1\",\"slot\":1,\"phase\":4294967297,\"value\":\"V0\","
            + "\"id\":\"none\"}",
        "{\"version\":1,\"type\":\"formationAsk\",\"founder\":\"0102\"}",
        "{\"version\":1,\"type\":\"formationAsk\","
            + "\"founder\":\"+102030405060708090a0b0c0d0e0f10\"}",
        "{\"version\":1,\"type\":\"formationAsk\","
            + "\"founder\":\"00000000000000000000000000000000\"}",
        "{\"version\":1,\"type\":\"init\",\"encoded\":\"\"}",
        "{\"version\":1,\"type\":\"init\",\"encoded\":\"*\"}",
        "{\"version\":1,\"type\":\"batchReply\",\"batch\":[]}",
        "{\"version\":1,\"type\":\"batchReply\",\"batch\":{\"id\":\"noop\",\"timestamp\":1,"
            + "\"lowestOutstanding\":1,\"commands\":[]}}",
        "{\"version\":1,\"type\":\"batchReply\",\"batch\":{\"id\":\"1.1\",\"timestamp\":-1,"
            + "\"lowestOutstanding\":1,\"commands\":[]}}",
        "{\"version\":1,\"type\":\"batchReply\",\"batch\":{\"id\":\"1.1\",\"timestamp\":1,"
            + "\"lowestOutstanding\":1,\"commands\":[1]}}",
        "{\"version\":1,\"type\":\"batchReply\",\"batch\":{\"id\":\"1.1\",\"timestamp\":1,"
            + "\"lowestOutstanding\":1,\"commands\":[{\"kind\":\"drop\",\"session\":1,"
            + "\"number\":1,\"lowestUnanswered\":1,\"payload\":\"\"}]}}",
        "{\"a\":[[[[[[[[[[]]]]]]]]]]}"
      })
  void refusesJsonThatIsNoMessage(String text) {
    assertThatExceptionOfType(RabiaException.Serialization.class).isThrownBy(() -> json(text));
  }

  @Test
  void refusesJsonThatIsDeepWideOrLong() {
    for (String text :
        List.of(
            "{\"a\":".repeat(100_000),
            "[".repeat(100_000),
            "{\"version\":" + "1".repeat(100_000) + "}",
            "{\"" + "v".repeat(100_000) + "\":1}")) {
      assertThatExceptionOfType(RabiaException.Serialization.class).isThrownBy(() -> json(text));
    }
    StringBuilder wide = new StringBuilder("{\"version\":1");
    for (int i = 0; i < 100_000; i++) {
      wide.append(",\"f").append(i).append("\":1");
    }
    assertThatExceptionOfType(RabiaException.Serialization.class)
        .isThrownBy(() -> json(wide.append('}').toString()))
        .withMessageContaining("too many fields");
  }
}
