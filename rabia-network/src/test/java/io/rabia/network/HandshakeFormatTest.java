package io.rabia.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.rabia.core.ClusterConfig;
import io.rabia.core.Golden;
import io.rabia.core.NodeId;
import io.rabia.core.transport.Handshake;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What stands on a connection between members, as releases have written it. */
class HandshakeFormatTest {
  private static final String FORMAT = "handshake";

  private static final Handshake HANDSHAKE = RecordingListener.handshake(NodeId.of(9), 77);
  private static final ClusterConfig.Member CLIENT =
      new ClusterConfig.Member(NodeId.of(9), "zürich", 7201);

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  @Test
  void prefaceHandshakeAndFrame() {
    Map<String, byte[]> parts = new LinkedHashMap<>();
    parts.put("preface", HandshakeCodec.preface());
    parts.put("hello", bytes(HandshakeCodec.hello(HANDSHAKE, CLIENT)));
    parts.put("accepted", bytes(HandshakeCodec.accepted()));
    for (HandshakeCodec.Refusal refusal : HandshakeCodec.Refusal.values()) {
      parts.put("refused " + refusal, bytes(HandshakeCodec.refused(refusal, "zürich")));
    }
    ByteBuf frame = Unpooled.buffer();
    new FrameCodec(body -> true, 100).encode(ByteBuffer.wrap(new byte[] {1, 2, 3}), frame);
    parts.put("frame", ByteBufUtil.getBytes(frame));
    Golden.assertUnchanged(FORMAT, HandshakeCodec.VERSION, parts);

    Map<String, byte[]> golden = Golden.read(FORMAT, HandshakeCodec.VERSION);
    ByteBuffer hello = ByteBuffer.wrap(golden.get("hello"));
    assertThat(hello.get()).isEqualTo(HandshakeCodec.HELLO);
    assertThat(HandshakeCodec.readHello(hello))
        .isEqualTo(new HandshakeCodec.Hello(HANDSHAKE, CLIENT));
    List<byte[]> frames = new ArrayList<>();
    new FrameCodec(body -> frames.add(bytes(body)), 100)
        .decode(ByteBuffer.wrap(golden.get("frame")));
    assertThat(frames).containsExactly(new byte[] {1, 2, 3});
  }
}
