package io.rabia.kvstore.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Golden;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvForms;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.RequestKind;
import io.rabia.network.wire.Welcome;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What clients and servers say to each other, and the store's commands, as releases have. */
class ClientFormatTest {
  private static final ClusterId CLUSTER = new ClusterId(1, 2);
  private static final List<ClusterConfig.Member> MEMBERS =
      ClusterConfig.parse("1=one.example:7201,65535=10.0.0.3:65535").members();
  private static final byte[] VALUE = {9, 8};

  /** Rises with every form that is added. */
  private static final int STORE_VERSION = 2;

  private final Map<String, byte[]> parts = new LinkedHashMap<>();

  private void frame(String name, Consumer<ByteBuf> writer) {
    ByteBuf frame = Unpooled.buffer();
    writer.accept(frame);
    parts.put(name, ByteBufUtil.getBytes(frame));
  }

  private static List<Request> requests() {
    return List.of(
        Request.submit(1, 100, 2, 5, 3, VALUE),
        Request.of(2, RequestKind.READ_LINEARIZABLE, 100, 0, VALUE),
        Request.of(3, RequestKind.READ_LOCAL, 100, 0, new byte[0]),
        Request.of(4, RequestKind.OPEN_SESSION, 1, 0, null),
        Request.of(5, RequestKind.STATUS, 1, 0, null),
        Request.of(6, RequestKind.STATUS_AT, 1, 99, null),
        Request.of(7, RequestKind.ADMINISTRATION, 1, 0, VALUE),
        Request.closeSession(8, 1, 77));
  }

  @Test
  void framesOfEveryKind() {
    frame("hello", b -> Frames.writeHello(b, new Hello(Frames.VERSION, CLUSTER, 1 << 20)));
    frame("welcome", b -> Frames.writeWelcome(b, new Welcome(Frames.VERSION, 3, CLUSTER)));
    frame("members", b -> Frames.writeMembers(b, MEMBERS));
    frame("refused", b -> Frames.writeRefused(b, ErrorCode.OVERLOAD, "zürich"));
    requests().forEach(r -> frame("request " + r.kind(), b -> Frames.writeRequest(b, r)));
    for (ErrorCode code : ErrorCode.values()) {
      frame("response " + code, b -> Frames.writeResponse(b, 7, code, VALUE));
    }
    frame("ping", b -> Frames.writeEmpty(b, Frames.PING));
    frame("pong", b -> Frames.writeEmpty(b, Frames.PONG));
    Golden.assertUnchanged("client", Frames.VERSION, parts);

    for (int version = Frames.OLDEST_VERSION; version <= Frames.VERSION; version++) {
      Map<String, byte[]> golden = Golden.read("client", version);
      int largest = version == 1 ? Integer.MAX_VALUE : 1 << 20;
      assertThat(Frames.readHello(body(golden, "hello", Frames.HELLO)))
          .isEqualTo(new Hello(version, CLUSTER, largest));
      assertThat(Frames.readWelcome(body(golden, "welcome", Frames.WELCOME)))
          .isEqualTo(new Welcome(version, 3, CLUSTER));
      for (Request request : requests()) {
        if (golden.containsKey("request " + request.kind())) {
          assertThat(Frames.readRequest(body(golden, "request " + request.kind(), Frames.REQUEST)))
              .usingRecursiveComparison()
              .isEqualTo(request);
        }
      }
    }
    assertThat(Frames.readMembers(body(Golden.read("client", 2), "members", Frames.MEMBERS)))
        .isEqualTo(MEMBERS);
  }

  private static ByteBuf body(Map<String, byte[]> golden, String name, byte type) {
    ByteBuf frame = Unpooled.wrappedBuffer(golden.get(name)).skipBytes(Frames.LENGTH_FIELD);
    assertThat(frame.readByte()).isEqualTo(type);
    return frame;
  }

  @Test
  void commandsQueriesAndResultsOfEveryKind() {
    KvForms.COMMANDS.forEach(c -> parts.put(parts.size() + " " + kind(c), KvCodec.encode(c)));
    KvForms.QUERIES.forEach(q -> parts.put(parts.size() + " " + kind(q), KvCodec.encode(q)));
    KvForms.RESULTS.forEach(r -> parts.put(parts.size() + " " + kind(r), KvCodec.encode(r)));
    Golden.assertUnchanged("store", STORE_VERSION, parts);

    for (int version = 1; version <= STORE_VERSION; version++) {
      Golden.read("store", version)
          .forEach((name, bytes) -> assertThat(again(name, bytes)).as(name).isEqualTo(bytes));
    }
  }

  private static String kind(Object form) {
    return form.getClass().getInterfaces()[0].getSimpleName()
        + "."
        + form.getClass().getSimpleName();
  }

  private static byte[] again(String name, byte[] bytes) {
    if (name.contains("KvCommand")) {
      return KvCodec.encode(KvCodec.decodeCommand(ByteBuffer.wrap(bytes)));
    }
    return name.contains("KvQuery")
        ? KvCodec.encode(KvCodec.decodeQuery(ByteBuffer.wrap(bytes)))
        : KvCodec.encode(KvCodec.decodeResult(bytes));
  }
}
