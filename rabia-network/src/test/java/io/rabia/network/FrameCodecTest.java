package io.rabia.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameCodecTest {
  private static final int MAX = 1024 * 1024;
  private final List<byte[]> frames = new ArrayList<>();
  private final FrameCodec codec =
      new FrameCodec(
          body -> {
            byte[] copy = new byte[body.remaining()];
            body.get(copy);
            return frames.add(copy);
          },
          MAX);

  private static byte[] encode(List<byte[]> bodies) {
    ByteBuf out = Unpooled.buffer();
    FrameCodec encoder = new FrameCodec(body -> true, MAX);
    bodies.forEach(body -> encoder.encode(ByteBuffer.wrap(body), out));
    return Arrays.copyOf(out.array(), out.writerIndex());
  }

  private void assertFrames(List<byte[]> expected) {
    assertThat(frames).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(Arrays.equals(frames.get(i), expected.get(i))).as("frame " + i).isTrue();
    }
  }

  @Test
  void decodesWhatWasEncodedHoweverItIsCut() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      List<byte[]> bodies = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        byte[] body = new byte[1 + random.nextInt(1 << random.nextInt(14))];
        random.nextBytes(body);
        bodies.add(body);
      }
      byte[] stream = encode(bodies);
      frames.clear();
      int maxPiece = 1 << random.nextInt(15);
      for (int at = 0; at < stream.length; ) {
        int piece = Math.min(stream.length - at, 1 + random.nextInt(maxPiece));
        codec.decode(ByteBuffer.wrap(stream, at, piece));
        at += piece;
      }
      assertFrames(bodies);
    }
  }

  @Test
  void detectsEverySingleDamagedBit() {
    byte[] good = encode(List.of(new byte[] {1, 2, 3, 4, 5}));
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      FrameCodec fresh =
          new FrameCodec(
              body -> {
                throw new AssertionError("delivered");
              },
              MAX);
      assertThatThrownBy(() -> fresh.decode(ByteBuffer.wrap(bad)))
          .isInstanceOf(RabiaException.Serialization.class);
    }
  }

  @Test
  void holdsMemoryOnlyForWhatHasArrived() {
    byte[] stream = encode(List.of(new byte[MAX]));
    codec.decode(ByteBuffer.wrap(stream, 0, FrameCodec.HEADER_BYTES));
    assertThat(codec.allocated()).isLessThanOrEqualTo(64 * 1024);
    for (int at = FrameCodec.HEADER_BYTES; at < stream.length - 1; ) {
      int piece = Math.min(1000, stream.length - 1 - at);
      codec.decode(ByteBuffer.wrap(stream, at, piece));
      at += piece;
      assertThat(codec.allocated()).isLessThanOrEqualTo(Math.max(64 * 1024, 2 * at));
    }
    assertThat(frames).isEmpty();
    codec.decode(ByteBuffer.wrap(stream, stream.length - 1, 1));
    assertThat(frames).hasSize(1);
    assertThat(codec.allocated()).as("given back").isLessThanOrEqualTo(64 * 1024);
  }

  @Test
  void stopsWhenTheSinkWantsNoMore() {
    int[] delivered = new int[1];
    FrameCodec once = new FrameCodec(body -> ++delivered[0] < 2, MAX);
    once.decode(ByteBuffer.wrap(encode(List.of(new byte[1], new byte[2], new byte[3]))));
    assertThat(delivered[0]).isEqualTo(2);
  }

  @Test
  void isNotDisturbedByWhatTheSinkDoesToTheBuffer() {
    FrameCodec messy =
        new FrameCodec(
            body -> {
              frames.add(new byte[body.remaining()]);
              body.order(java.nio.ByteOrder.LITTLE_ENDIAN).clear();
              return true;
            },
            MAX);
    byte[] stream = encode(List.of(new byte[1], new byte[300], new byte[3]));
    messy.decode(ByteBuffer.wrap(stream, 0, 100));
    messy.decode(ByteBuffer.wrap(stream, 100, stream.length - 100));
    assertFrames(List.of(new byte[1], new byte[300], new byte[3]));
  }
}
