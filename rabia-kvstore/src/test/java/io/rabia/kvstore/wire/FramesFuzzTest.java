package io.rabia.kvstore.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Fuzz;
import io.rabia.kvstore.KvCodec;
import io.rabia.kvstore.KvCommand;
import io.rabia.kvstore.KvEntry;
import io.rabia.kvstore.KvQuery;
import io.rabia.kvstore.KvResult;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.RequestKind;
import io.rabia.network.wire.Welcome;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hostile bytes at the client port and in what it carries, from fixed seeds. */
class FramesFuzzTest {
  private static final int MAX_FRAME = 1 << 20;
  private static final ClusterId CLUSTER = new ClusterId(1, 2);
  private static final List<ClusterConfig.Member> MEMBERS =
      ClusterConfig.parse("1=one:7201,2=two:7202").members();
  private static final byte[] BYTES = {5, 6, 7};

  private static final List<byte[]> FRAMES =
      Stream.concat(
              Stream.of(
                  written(b -> Frames.writeHello(b, new Hello(Frames.VERSION, CLUSTER, MAX_FRAME))),
                  written(b -> Frames.writeHello(b, new Hello(1, CLUSTER, Integer.MAX_VALUE))),
                  written(b -> Frames.writeWelcome(b, new Welcome(2, 3, CLUSTER))),
                  written(b -> Frames.writeMembers(b, MEMBERS)),
                  written(b -> Frames.writeRefused(b, ErrorCode.OVERLOAD, "full")),
                  written(b -> Frames.writeResponse(b, 7, ErrorCode.OK, BYTES))),
              Arrays.stream(RequestKind.values())
                  .map(kind -> written(b -> Frames.writeRequest(b, request(kind)))))
          .toList();

  private static Request request(RequestKind kind) {
    return switch (kind) {
      case SUBMIT -> Request.submit(1, 100, 2, 5, 3, BYTES);
      case READ_LINEARIZABLE, READ_LOCAL, ADMINISTRATION -> Request.of(2, kind, 100, 0, BYTES);
      case OPEN_SESSION, STATUS -> Request.of(2, kind, 100, 0, null);
      case STATUS_AT -> Request.of(2, kind, 100, 9, null);
      case CLOSE_SESSION -> Request.closeSession(2, 100, 9);
    };
  }

  private static byte[] written(Consumer<ByteBuf> writer) {
    ByteBuf buffer = Unpooled.buffer();
    writer.accept(buffer);
    return ByteBufUtil.getBytes(buffer);
  }

  private static void assertSame(byte[] expected, byte[] actual) {
    if (!Arrays.equals(expected, actual)) {
      assertThat(actual).isEqualTo(expected);
    }
  }

  /** Each frame of the input as whoever gets it reads it. */
  private static void read(byte[] input) {
    ByteBuf in = Unpooled.wrappedBuffer(input);
    for (int length = Frames.frameLength(in, MAX_FRAME);
        length >= 0;
        length = Frames.frameLength(in, MAX_FRAME)) {
      byte[] whole = ByteBufUtil.getBytes(in, in.readerIndex(), Frames.LENGTH_FIELD + length);
      in.skipBytes(Frames.LENGTH_FIELD);
      ByteBuf body = in.readSlice(length);
      switch (body.readByte()) {
        case Frames.HELLO -> {
          Hello hello = Frames.readHello(body);
          if (hello.version() == 1 || hello.version() == Frames.VERSION) {
            assertSame(whole, written(b -> Frames.writeHello(b, hello)));
          }
        }
        case Frames.WELCOME -> {
          Welcome welcome = Frames.readWelcome(body);
          assertSame(whole, written(b -> Frames.writeWelcome(b, welcome)));
        }
        case Frames.MEMBERS -> assertThat(Frames.readMembers(body)).isNotNull();
        case Frames.REFUSED -> assertThat(Frames.readRefused(body).getMessage()).isNotNull();
        case Frames.REQUEST -> {
          Request request = Frames.readRequest(body);
          assertSame(whole, written(b -> Frames.writeRequest(b, request)));
        }
        case Frames.RESPONSE -> {
          Frames.readCorrelation(body);
          ErrorCode.of(body.readByte());
        }
        default -> body.skipBytes(body.readableBytes());
      }
    }
  }

  /** Failures of later versions are read, too: as far as they are known. */
  private static void readResult(byte[] input) {
    KvResult result = KvCodec.decodeResult(input);
    byte[] again = KvCodec.encode(result);
    boolean failed = result instanceof KvResult.Failed;
    assertSame(failed ? KvCodec.encode(KvCodec.decodeResult(again)) : input, again);
  }

  private static List<Fuzz.Result> feed(int inputs) throws Exception {
    KvEntry entry = new KvEntry(BYTES, 3, 4, 5);
    return List.of(
        Fuzz.run(1, inputs, FRAMES, FramesFuzzTest::read),
        Fuzz.run(
            2,
            inputs / 2,
            List.of(
                KvCodec.encode(new KvCommand.Set(BYTES, BYTES)),
                KvCodec.encode(new KvCommand.Delete(List.of(BYTES, BYTES))),
                KvCodec.encode(new KvCommand.CompareAndSet(BYTES, BYTES, BYTES)),
                KvCodec.encode(new KvCommand.Increment(BYTES, 8))),
            input ->
                assertSame(input, KvCodec.encode(KvCodec.decodeCommand(ByteBuffer.wrap(input))))),
        Fuzz.run(
            3,
            inputs / 4,
            List.of(
                KvCodec.encode(new KvQuery.Get(BYTES)), KvCodec.encode(new KvQuery.Exists(BYTES))),
            input ->
                assertSame(input, KvCodec.encode(KvCodec.decodeQuery(ByteBuffer.wrap(input))))),
        Fuzz.run(
            4,
            inputs / 4,
            List.of(
                KvCodec.encode(new KvResult.Stored(7)),
                KvCodec.encode(new KvResult.Mismatch(entry)),
                KvCodec.encode(new KvResult.Found(entry)),
                KvCodec.encode(new KvResult.Number(-5, 6))),
            FramesFuzzTest::readResult));
  }

  private static void assertBoth(List<Fuzz.Result> results) {
    for (Fuzz.Result result : results) {
      assertThat(result.refused()).isPositive();
      assertThat(result.taken()).isPositive();
    }
  }

  @Test
  void inputsAreRefusedOrReadExactly() throws Exception {
    assertBoth(feed(10_000));
  }

  @Tag("long")
  @Test
  void twoMillionInputsAreRefusedOrReadExactly() throws Exception {
    assertBoth(feed(1_000_000));
  }
}
