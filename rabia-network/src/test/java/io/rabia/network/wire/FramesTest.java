package io.rabia.network.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.RabiaException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class FramesTest {
  private static final ClusterId CLUSTER = new ClusterId(1, 2);
  private static final byte[] PAYLOAD = {5, 6, 7};

  private static final byte[] FOLLOWING = new byte[64];
  private static final Request FORM = Request.submit(9, 9, 9, 9, 9, new byte[9]);

  private static final List<Request> REQUESTS =
      List.of(
          Request.submit(1, 100, 2, 5, 3, PAYLOAD),
          Request.of(2, RequestKind.READ_LINEARIZABLE, 100, 0, PAYLOAD),
          Request.of(3, RequestKind.READ_LOCAL, 100, 0, new byte[0]),
          Request.of(4, RequestKind.OPEN_SESSION, 1, 0, null),
          Request.of(5, RequestKind.STATUS, 1, 0, null),
          Request.of(6, RequestKind.STATUS_AT, 1, 99, null),
          Request.of(7, RequestKind.ADMINISTRATION, 1, 0, PAYLOAD),
          Request.closeSession(8, 1, 77));

  @Test
  void givesBackEveryRequest() {
    for (Request request : REQUESTS) {
      ByteBuf body = body(b -> Frames.writeRequest(b, request));
      assertThat(body.readByte()).isEqualTo(Frames.REQUEST);
      Request read = Frames.readRequest(body);
      assertThat(read).usingRecursiveComparison().isEqualTo(request);
    }
  }

  @Test
  void givesBackHelloWelcomeAndRefusal() {
    for (Hello hello :
        List.of(
            new Hello(1, CLUSTER, Integer.MAX_VALUE), new Hello(Frames.VERSION, CLUSTER, 1024))) {
      ByteBuf frame = body(b -> Frames.writeHello(b, hello));
      frame.skipBytes(1);
      assertThat(Frames.readHello(frame)).isEqualTo(hello);
    }
    Welcome said = new Welcome(Frames.VERSION, 3, CLUSTER);
    ByteBuf welcome = body(b -> Frames.writeWelcome(b, said));
    welcome.skipBytes(1);
    assertThat(Frames.readWelcome(welcome)).isEqualTo(said);
    List<ClusterConfig.Member> all = ClusterConfig.parse("1=one:7201,2=[::1]:7202").members();
    ByteBuf members = body(b -> Frames.writeMembers(b, all));
    members.skipBytes(1);
    assertThat(Frames.readMembers(members)).isEqualTo(all);
    ByteBuf refused = body(b -> Frames.writeRefused(b, ErrorCode.OVERLOAD, "full"));
    refused.skipBytes(1);
    assertThat(Frames.readRefused(refused)).isInstanceOf(RabiaException.Overload.class);
  }

  @Test
  void keepsEveryKindOfFailureOnItsWay() {
    List<Class<?>> carried = new ArrayList<>();
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(ErrorCode.of(code.code())).isEqualTo(code);
      if (code != ErrorCode.OK) {
        assertThat(ErrorCode.of(code.exception("x"))).isEqualTo(code);
        carried.add(code.exception("x").getClass());
      }
    }
    assertThat(carried).containsExactlyInAnyOrder(RabiaException.class.getPermittedSubclasses());
    assertThat(ErrorCode.of(new IllegalStateException())).isEqualTo(ErrorCode.CLOSED);
  }

  @Test
  void saysNearlyTheSameToClientsOfTheFirstVersion() {
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(code.in(Frames.VERSION)).isEqualTo(code);
      assertThat(code.in(1).code()).isLessThanOrEqualTo(ErrorCode.CHANGE_REFUSED.code());
      assertThat(code.in(1).anotherServerMayServe()).isEqualTo(code.anotherServerMayServe());
    }
  }

  @Test
  void writesNothingOfWhatThereIsNoRoomFor() {
    ByteBuf full = Unpooled.buffer(16, 100).writeZero(50);
    Request large = Request.submit(1, 100, 2, 5, 3, new byte[60]);
    assertThatThrownBy(() -> Frames.writeRequest(full, large))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Frames.writeResponse(full, 1, ErrorCode.OK, new byte[60]))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(full.readableBytes()).isEqualTo(50);
  }

  @Test
  void refusesLengthsOutOfBoundsAtOnce() {
    for (int length : new int[] {0, -1, 1025, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      ByteBuf in = Unpooled.buffer().writeInt(length);
      assertThatThrownBy(() -> Frames.frameLength(in, 1024))
          .isInstanceOf(RabiaException.Serialization.class);
    }
    assertThat(Frames.frameLength(Unpooled.buffer().writeInt(2).writeByte(1), 1024)).isEqualTo(-1);
    assertThat(Frames.frameLength(Unpooled.buffer().writeInt(1).writeByte(1), 1024)).isEqualTo(1);
  }

  @Test
  void readsCutAndFlippedRequestsAsThemselvesOrNotAtAll() {
    for (byte[] bytes : requestBodies()) {
      for (int length = 0; length < bytes.length; length++) {
        sameOrRefused(Unpooled.copiedBuffer(bytes, 0, length));
      }
      for (int bit = 0; bit < bytes.length * 8; bit++) {
        byte[] flipped = bytes.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        sameOrRefused(Unpooled.wrappedBuffer(flipped));
      }
    }
  }

  @Test
  void readsRandomRequestsAsThemselvesOrNotAtAll() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 50_000; i++) {
      byte[] bytes = new byte[random.nextInt(60)];
      random.nextBytes(bytes);
      if (bytes.length > 9) {
        bytes[8] = (byte) random.nextInt(9);
      }
      sameOrRefused(Unpooled.wrappedBuffer(bytes));
    }
  }

  private static List<byte[]> requestBodies() {
    List<byte[]> bodies = new ArrayList<>();
    for (Request request : REQUESTS) {
      ByteBuf body = body(b -> Frames.writeRequest(b, request));
      body.skipBytes(1);
      bodies.add(ByteBufUtil.getBytes(body));
    }
    return bodies;
  }

  /** As a server reads it: more follows, and another one was read into the same form. */
  private static void sameOrRefused(ByteBuf body) {
    byte[] before = ByteBufUtil.getBytes(body);
    ByteBuf in = Unpooled.copiedBuffer(before, FOLLOWING);
    try {
      Frames.readRequest(in, before.length, FORM);
    } catch (RabiaException.Serialization refused) {
      return;
    }
    assertThat(in.readableBytes()).as("what follows").isEqualTo(FOLLOWING.length);
    ByteBuf again = body(b -> Frames.writeRequest(b, FORM));
    again.skipBytes(1);
    if (!Arrays.equals(ByteBufUtil.getBytes(again), before)) {
      assertThat(ByteBufUtil.getBytes(again)).isEqualTo(before);
    }
  }

  private static ByteBuf body(Consumer<ByteBuf> writer) {
    ByteBuf frame = Unpooled.buffer();
    writer.accept(frame);
    assertThat(frame.readInt()).isEqualTo(frame.readableBytes());
    return frame;
  }
}
