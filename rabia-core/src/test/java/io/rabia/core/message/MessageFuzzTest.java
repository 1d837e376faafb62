package io.rabia.core.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Hostile bytes, from fixed seeds. */
class MessageFuzzTest {
  private static final int BODIES = 1_000_000;

  /** What was accepted must be what it says: written again it makes the same bytes. */
  static void assertReadsBack(byte[] bytes, List<Message> messages) {
    ByteBuffer again = ByteBuffer.allocate(bytes.length);
    messages.forEach(message -> message.writeTo(again));
    assertSame(bytes, again.array());
    if (again.hasRemaining()) {
      fail("read %d bytes of %d", again.position(), bytes.length);
    }
  }

  /** AssertJ's own comparison is too slow for a million of them. */
  private static void assertSame(byte[] expected, byte[] actual) {
    if (!Arrays.equals(expected, actual)) {
      assertThat(actual).isEqualTo(expected);
    }
  }

  @Test
  void randomBodiesAreRefusedOrReadExactly() throws Exception {
    onAShortStack(MessageFuzzTest::readRandomBodies);
  }

  /** Where the stack trace of each of a million refusals is cheap. */
  private static void onAShortStack(Runnable work) throws Exception {
    FutureTask<Void> task = new FutureTask<>(work, null);
    new Thread(task, "fuzz").start();
    task.get();
  }

  private static void readRandomBodies() {
    SplittableRandom random = new SplittableRandom(1);
    int refused = 0;
    int accepted = 0;
    MessageCollector collector = new MessageCollector();
    for (int i = 0; i < BODIES; i++) {
      byte[] body = body(random);
      try {
        collector.clear();
        MessageCodec.read(ByteBuffer.wrap(body), collector);
        assertReadsBack(body, collector.messages());
        accepted++;
      } catch (RabiaException.Serialization expected) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(BODIES / 10);
    assertThat(accepted).isGreaterThan(BODIES / 100);
  }

  /** A likely kind, then small numbers and noise, so that every branch is reached. */
  private static byte[] body(SplittableRandom random) {
    byte[] body = new byte[random.nextInt(60)];
    if (random.nextBoolean()) {
      random.nextBytes(body);
    } else {
      for (int i = 0; i < body.length; i++) {
        body[i] = random.nextInt(8) == 0 ? (byte) random.nextInt(8) : 0;
      }
    }
    if (body.length > 0) {
      body[0] = (byte) random.nextInt(18);
    }
    return body;
  }

  @Test
  void mutatedMessagesAreRefusedOrReadExactly() throws Exception {
    onAShortStack(MessageFuzzTest::readMutatedMessages);
  }

  private static void readMutatedMessages() {
    SplittableRandom random = new SplittableRandom(2);
    Serializer serializer = Serializer.binary();
    List<byte[]> originals = Samples.all().stream().map(serializer::serialize).toList();
    int refused = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] mutated = mutate(random, originals.get(random.nextInt(originals.size())));
      try {
        assertSame(mutated, serializer.serialize(serializer.deserialize(mutated)));
      } catch (RabiaException.Serialization expected) {
        refused++;
      }
    }
    assertThat(refused).isBetween(50_000, 99_999);
  }

  @Test
  void mutatedJsonIsRefusedOrSaysWhatItSays() throws Exception {
    onAShortStack(MessageFuzzTest::readMutatedJson);
  }

  private static void readMutatedJson() {
    SplittableRandom random = new SplittableRandom(3);
    Serializer json = Serializer.json();
    List<byte[]> originals = Samples.all().stream().map(json::serialize).toList();
    int refused = 0;
    for (int i = 0; i < 50_000; i++) {
      byte[] mutated = mutate(random, originals.get(random.nextInt(originals.size())));
      try {
        Message message = json.deserialize(mutated);
        assertThat(json.deserialize(json.serialize(message))).isEqualTo(message);
      } catch (RabiaException.Serialization expected) {
        refused++;
      }
    }
    assertThat(refused).isBetween(25_000, 49_999);
  }

  private static final List<byte[]> FRAGMENTS =
      Stream.of("{", "}", "[", "]", "\"", ",", ":", "null", "-1", "1e9", "9".repeat(20), "\\u")
          .map(text -> text.getBytes(StandardCharsets.UTF_8))
          .toList();

  private static byte[] mutate(SplittableRandom random, byte[] original) {
    byte[] bytes = original.clone();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(bytes.length + 1);
      switch (random.nextInt(4)) {
        case 0 -> bytes = splice(bytes, at, at, FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
        case 1 -> bytes = splice(bytes, at, Math.min(bytes.length, at + 9), new byte[0]);
        case 2 -> bytes = splice(bytes, at, at, Arrays.copyOfRange(original, 0, original.length));
        default -> {
          if (at < bytes.length) {
            bytes[at] = (byte) random.nextInt();
          }
        }
      }
    }
    return bytes;
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte[] insert) {
    return ByteBuffer.allocate(bytes.length - (to - from) + insert.length)
        .put(bytes, 0, from)
        .put(insert)
        .put(bytes, to, bytes.length - to)
        .array();
  }
}
