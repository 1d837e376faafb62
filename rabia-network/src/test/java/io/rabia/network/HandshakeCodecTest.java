package io.rabia.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.transport.Handshake;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class HandshakeCodecTest {
  private static final Handshake HANDSHAKE =
      new Handshake(
          "zürich",
          new ClusterId(1, -2),
          NodeId.of(65535),
          new Token(-3, 4),
          5,
          128,
          -6,
          Long.MAX_VALUE,
          Long.MIN_VALUE,
          new Token(7, -8));

  private static final ClusterConfig.Member CLIENT =
      new ClusterConfig.Member(HANDSHAKE.id(), "zürich.example", 65535);

  private static ByteBuffer body(ByteBuffer message, byte kind) {
    assertThat(message.get()).isEqualTo(kind);
    return message;
  }

  @Test
  void readsTheHandshakeThatWasWritten() {
    ByteBuffer body = body(HandshakeCodec.hello(HANDSHAKE, CLIENT), HandshakeCodec.HELLO);
    assertThat(HandshakeCodec.readHello(body))
        .isEqualTo(new HandshakeCodec.Hello(HANDSHAKE, CLIENT));
  }

  @Test
  void readsAHandshakeThatNamesNoAddressForClients() {
    ByteBuffer body = body(HandshakeCodec.hello(HANDSHAKE, null), HandshakeCodec.HELLO);
    assertThat(HandshakeCodec.readHello(body)).isEqualTo(new HandshakeCodec.Hello(HANDSHAKE, null));
  }

  @Test
  void rejectsAHandshakeCutAnywhereOrTooLong() {
    ByteBuffer whole = body(HandshakeCodec.hello(HANDSHAKE, CLIENT), HandshakeCodec.HELLO);
    for (int length = 0; length < whole.remaining(); length++) {
      ByteBuffer part = whole.slice().limit(length);
      assertThatThrownBy(() -> HandshakeCodec.readHello(part))
          .isInstanceOf(RabiaException.Serialization.class);
    }
    ByteBuffer longer = whole.duplicate().limit(whole.limit() + 1);
    assertThatThrownBy(() -> HandshakeCodec.readHello(longer))
        .isInstanceOf(RabiaException.Serialization.class);
  }

  /** Found by FrameFuzzTest: what stands for a byte that is no UTF-8 is three bytes long. */
  @Test
  void rejectsANameThatIsNoText() {
    ByteBuffer message = HandshakeCodec.hello(HANDSHAKE, CLIENT).put(1 + 2, (byte) 0xff);
    ByteBuffer body = body(message, HandshakeCodec.HELLO);
    assertThatThrownBy(() -> HandshakeCodec.readHello(body))
        .isInstanceOf(RabiaException.Serialization.class);
  }

  @Test
  void rejectsAMemberIdOutOfBounds() {
    ByteBuffer message = HandshakeCodec.hello(HANDSHAKE, CLIENT);
    int idAt = 1 + 2 + 7 + 16;
    assertThat(message.getInt(idAt)).isEqualTo(65535);
    for (int id : new int[] {0, -1, 65536}) {
      ByteBuffer body = body(message.duplicate().putInt(idAt, id), HandshakeCodec.HELLO);
      assertThatThrownBy(() -> HandshakeCodec.readHello(body))
          .isInstanceOf(RabiaException.Serialization.class);
    }
  }

  @Test
  void carriesTheReasonOfARefusal() {
    ByteBuffer body =
        body(
            HandshakeCodec.refused(HandshakeCodec.Refusal.ENGINE, "other\ncluster"),
            HandshakeCodec.REFUSED);
    assertThat(HandshakeCodec.readRefused(body))
        .isEqualTo(new HandshakeCodec.Refused(HandshakeCodec.Refusal.ENGINE, "other?cluster"));
  }

  @Test
  void readsACodeOfALaterVersion() {
    ByteBuffer message =
        HandshakeCodec.refused(HandshakeCodec.Refusal.ENGINE, "new").put(1, (byte) -7);
    assertThat(HandshakeCodec.readRefused(body(message, HandshakeCodec.REFUSED)).refusal())
        .isEqualTo(HandshakeCodec.Refusal.OTHER);
  }

  @Test
  void shortensALongReason() {
    ByteBuffer message = HandshakeCodec.refused(HandshakeCodec.Refusal.ENGINE, "x".repeat(100_000));
    assertThat(message.remaining()).isLessThanOrEqualTo(HandshakeCodec.MAX_MESSAGE_BYTES);
    assertThat(HandshakeCodec.readRefused(body(message, HandshakeCodec.REFUSED)).reason())
        .matches("x+");
  }
}
