package io.rabia.core.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.rabia.core.BatchId;
import io.rabia.core.Fuzz;
import io.rabia.core.RabiaException;
import io.rabia.core.StateValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hostile bytes, from fixed seeds. */
class MessageFuzzTest {
  private static final int BODIES = 1_000_000;

  /** First bytes of all messages, from 1 on without a gap. */
  private static final Set<Byte> KINDS =
      Samples.all().stream()
          .map(message -> Serializer.binary().serialize(message)[0])
          .collect(Collectors.toCollection(TreeSet::new));

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
      body[0] = (byte) random.nextInt(KINDS.size() + 2);
    }
    return body;
  }

  private static final List<byte[]> JSON_WORDS =
      Stream.of("{", "}", "[", "]", "\"", ",", ":", "null", "-1", "1e9", "9".repeat(20), "\\u")
          .map(text -> text.getBytes(StandardCharsets.UTF_8))
          .toList();

  private static Fuzz.Result messages(int inputs) throws Exception {
    Serializer binary = Serializer.binary();
    List<byte[]> samples = Samples.all().stream().map(binary::serialize).toList();
    int[] ofKind = new int[256];
    Fuzz.Result result =
        Fuzz.run(
            2,
            inputs,
            samples,
            input -> {
              if (input.length > 0) {
                ofKind[input[0] & 0xFF]++;
              }
              assertSame(input, binary.serialize(binary.deserialize(input)));
            });
    for (byte kind : KINDS) {
      assertThat(ofKind[kind]).as("inputs of kind %d", kind).isGreaterThan(inputs / 100);
    }
    return result;
  }

  private static Fuzz.Result json(int inputs) throws Exception {
    Serializer json = Serializer.json();
    List<byte[]> samples = Samples.all().stream().map(json::serialize).toList();
    return Fuzz.run(
        3,
        inputs,
        samples,
        JSON_WORDS,
        input -> {
          Message message = json.deserialize(input);
          if (!json.deserialize(json.serialize(message)).equals(message)) {
            fail("reads back another message than %s", message);
          }
        });
  }

  /** Batches with a right checksum and a right length, whatever else they say. */
  private static Fuzz.Result sealedBatches(int inputs) throws Exception {
    byte[] sample = new byte[Samples.BATCH.size()];
    Samples.BATCH.writeTo(ByteBuffer.wrap(sample));
    return Fuzz.run(
        4,
        inputs,
        List.of(sample),
        input -> {
          byte[] sealed = sealed(input);
          MessageCollector collector = new MessageCollector();
          MessageCodec.read(ByteBuffer.wrap(sealed), collector);
          assertReadsBack(sealed, collector.messages());
        });
  }

  private static byte[] sealed(byte[] input) {
    byte[] batch = Arrays.copyOf(input, Math.max(8, input.length));
    ByteBuffer out = ByteBuffer.allocate(1 + 4 + batch.length);
    out.put((byte) 6).putInt(batch.length).put(batch).putInt(9, batch.length);
    CRC32C crc = new CRC32C();
    crc.update(out.array(), 9, batch.length - 4);
    return out.putInt(5, (int) crc.getValue()).array();
  }

  /** Whole bodies of frames between members: header, then messages. */
  private static Fuzz.Result bodies(int inputs) throws Exception {
    ByteBuffer body = ByteBuffer.allocate(4096);
    FrameHeader.write(body, 1, 2, 2, 3);
    Samples.all().forEach(message -> message.writeTo(body));
    byte[] whole = Arrays.copyOf(body.array(), body.position());
    ByteBuffer few = ByteBuffer.allocate(4096);
    FrameHeader.write(few, 0, 0, 0, 0);
    new Message.Vote1(1, 1, StateValue.V0, BatchId.NONE).writeTo(few);
    return Fuzz.run(
        5,
        inputs,
        List.of(whole, Arrays.copyOf(few.array(), few.position())),
        input -> {
          ByteBuffer in = ByteBuffer.wrap(input);
          FrameHeader.validate(in);
          FrameHeader.skip(in);
          byte[] messages = Arrays.copyOfRange(input, in.position(), input.length);
          MessageCollector collector = new MessageCollector();
          MessageCodec.read(in, collector);
          assertReadsBack(messages, collector.messages());
        });
  }

  @Test
  void mutatedMessagesAreRefusedOrReadExactly() throws Exception {
    assertThat(messages(100_000).refused()).isBetween(50_000, 99_999);
    assertThat(bodies(20_000).taken()).isPositive();
  }

  @Test
  void mutatedJsonIsRefusedOrSaysWhatItSays() throws Exception {
    assertThat(json(50_000).refused()).isBetween(25_000, 49_999);
  }

  @Test
  void batchesWithARightChecksumAreRefusedOrReadExactly() throws Exception {
    assertThat(sealedBatches(50_000).taken()).isBetween(1_000, 49_000);
  }

  @Tag("long")
  @Test
  void fiveMillionInputsAreRefusedOrReadExactly() throws Exception {
    assertThat(messages(2_000_000).taken()).isPositive();
    assertThat(bodies(1_000_000).taken()).isPositive();
    assertThat(sealedBatches(1_000_000).taken()).isPositive();
    assertThat(json(1_000_000).taken()).isPositive();
  }
}
