package io.rabia.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Fuzz;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.transport.Handshake;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hostile bytes at the port between members, from fixed seeds. */
class FrameFuzzTest {
  private static final int MAX = 1024 * 1024;
  private static final Handshake HANDSHAKE =
      new Handshake(
          "zürich",
          new ClusterId(1, -2),
          NodeId.of(7),
          new Token(-3, 4),
          5,
          128,
          -6,
          8,
          9,
          new Token(7, -8));
  private static final ClusterConfig.Member CLIENT =
      new ClusterConfig.Member(HANDSHAKE.id(), "h", 7201);

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static byte[] framed(byte[] body) {
    ByteBuf out = Unpooled.buffer(FrameCodec.HEADER_BYTES + body.length);
    new FrameCodec(frame -> true, MAX).encode(ByteBuffer.wrap(body), out);
    return Arrays.copyOf(out.array(), out.writerIndex());
  }

  /**
   * What is taken is the beginning of the input; what is held for the rest is no more than that.
   */
  private static Fuzz.Result frames(int inputs) throws Exception {
    List<byte[]> samples =
        List.of(
            framed(new byte[] {1, 2, 3}), framed(bytes(HandshakeCodec.hello(HANDSHAKE, CLIENT))));
    return Fuzz.run(
        1,
        inputs,
        samples,
        input -> {
          List<byte[]> bodies = new ArrayList<>();
          FrameCodec codec = new FrameCodec(body -> bodies.add(bytes(body)), MAX);
          int cut = input.length / 3;
          codec.decode(ByteBuffer.wrap(input, 0, cut));
          codec.decode(ByteBuffer.wrap(input, cut, input.length - cut));
          int at = 0;
          for (byte[] body : bodies) {
            byte[] frame = framed(body);
            if (!Arrays.equals(frame, 0, frame.length, input, at, at + frame.length)) {
              throw new AssertionError("another frame than that at " + at);
            }
            at += frame.length;
          }
          if (codec.allocated() > 4096 + 2 * input.length) {
            throw new AssertionError(codec.allocated() + " bytes held");
          }
        });
  }

  private static Fuzz.Result hellos(int inputs) throws Exception {
    byte[] sample = bytes(HandshakeCodec.hello(HANDSHAKE, CLIENT));
    return Fuzz.run(
        2,
        inputs,
        List.of(sample),
        input -> {
          if (input.length > 0) {
            HandshakeCodec.Hello read =
                HandshakeCodec.readHello(ByteBuffer.wrap(input, 1, input.length - 1));
            ByteBuffer again = HandshakeCodec.hello(read.handshake(), read.client());
            again.get();
            if (!HandshakeCodec.readHello(again).equals(read)) {
              throw new AssertionError("reads back another handshake than " + read);
            }
          }
        });
  }

  private static Fuzz.Result refusals(int inputs) throws Exception {
    byte[] sample = bytes(HandshakeCodec.refused(HandshakeCodec.Refusal.ENGINE, "for a test"));
    return Fuzz.run(
        3,
        inputs,
        List.of(sample),
        input -> {
          if (input.length > 0) {
            HandshakeCodec.readRefused(ByteBuffer.wrap(input, 1, input.length - 1));
          }
        });
  }

  private static void feed(int inputs) throws Exception {
    for (Fuzz.Result result : List.of(frames(inputs), hellos(inputs), refusals(inputs))) {
      assertThat(result.refused()).isGreaterThan(inputs / 10);
      assertThat(result.taken()).isGreaterThan(inputs / 100);
    }
  }

  @Test
  void inputsAreRefusedOrReadExactly() throws Exception {
    feed(20_000);
  }

  @Tag("long")
  @Test
  void threeMillionInputsAreRefusedOrReadExactly() throws Exception {
    feed(1_000_000);
  }
}
