package io.rabia.network.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.rabia.core.ClusterId;
import io.rabia.core.RabiaException;
import java.nio.charset.StandardCharsets;

/**
 * The frames between clients and servers, in one place. Stateless and thread-safe.
 *
 * <pre>
 * frame    = length i32 (of what follows) | type u8 | ...
 * HELLO    = magic i32 | version u8 | cluster id 2 x i64
 * WELCOME  = version u8 | server's node id i32 | cluster id 2 x i64
 * REFUSED  = error code u8 | message UTF-8; the connection closes
 * REQUEST  = correlation i64 | kind u8 | timeout ms i32 | SUBMIT: session, number, lowest unanswered i64, command
 *            | READ_*: query | STATUS_AT: slot i64 | ADMINISTRATION: text UTF-8
 * RESPONSE = correlation i64 | error code u8 | result, or message UTF-8
 * PING, PONG = nothing
 * </pre>
 *
 * <p>Readers take a buffer that holds exactly the frame after its type and fail with {@link
 * RabiaException.Serialization}.
 */
public final class Frames {
  public static final int MAGIC = 0x52424B43;
  public static final int VERSION = 1;
  public static final int LENGTH_FIELD = 4;

  public static final byte HELLO = 1;
  public static final byte WELCOME = 2;
  public static final byte REFUSED = 3;
  public static final byte REQUEST = 4;
  public static final byte RESPONSE = 5;
  public static final byte PING = 6;
  public static final byte PONG = 7;

  /** What a request or response has around its payload at most, length field included. */
  public static final int MAX_OVERHEAD = 64;

  private static final int HELLO_LENGTH = 1 + 4 + 1 + 16;
  private static final int WELCOME_LENGTH = 1 + 1 + 4 + 16;
  private static final int REQUEST_LENGTH = 1 + 8 + 1 + 4;
  private static final int RESPONSE_LENGTH = 1 + 8 + 1;

  private Frames() {}

  public static void writeHello(ByteBuf target, ClusterId clusterId) {
    target.writeInt(HELLO_LENGTH).writeByte(HELLO).writeInt(MAGIC).writeByte(VERSION);
    target.writeLong(clusterId.high()).writeLong(clusterId.low());
  }

  public static Hello readHello(ByteBuf body) {
    expect(body.readableBytes() == HELLO_LENGTH - 1 && body.readInt() == MAGIC, "no hello");
    return new Hello(body.readUnsignedByte(), readClusterId(body));
  }

  public static void writeWelcome(ByteBuf target, int nodeId, ClusterId clusterId) {
    target.writeInt(WELCOME_LENGTH).writeByte(WELCOME).writeByte(VERSION).writeInt(nodeId);
    target.writeLong(clusterId.high()).writeLong(clusterId.low());
  }

  /** Returns the cluster id that the server states. */
  public static ClusterId readWelcome(ByteBuf body) {
    expect(body.readableBytes() == WELCOME_LENGTH - 1, "welcome");
    int version = body.readUnsignedByte();
    expect(version == VERSION, "server speaks version " + version);
    body.skipBytes(Integer.BYTES);
    return readClusterId(body);
  }

  private static ClusterId readClusterId(ByteBuf body) {
    return new ClusterId(body.readLong(), body.readLong());
  }

  public static void writeRefused(ByteBuf target, ErrorCode code, String message) {
    byte[] text = message.getBytes(StandardCharsets.UTF_8);
    target.writeInt(2 + text.length).writeByte(REFUSED).writeByte(code.code()).writeBytes(text);
  }

  /** Returns why the server refused. */
  public static RabiaException readRefused(ByteBuf body) {
    expect(body.readableBytes() >= 1, "refusal");
    ErrorCode code = ErrorCode.of(body.readByte());
    expect(code != ErrorCode.OK, "refusal");
    return code.exception(
        body.readCharSequence(body.readableBytes(), StandardCharsets.UTF_8).toString());
  }

  public static void writeRequest(ByteBuf target, Request request) {
    int specific =
        switch (request.kind()) {
          case SUBMIT -> 24;
          case STATUS_AT -> 8;
          default -> 0;
        };
    target.writeInt(REQUEST_LENGTH + specific + request.payload().length).writeByte(REQUEST);
    target.writeLong(request.correlation()).writeByte(request.kind().ordinal());
    target.writeInt(request.timeoutMillis());
    if (request.kind() == RequestKind.SUBMIT) {
      target.writeLong(request.session()).writeLong(request.number());
      target.writeLong(request.lowestUnanswered());
    } else if (request.kind() == RequestKind.STATUS_AT) {
      target.writeLong(request.slot());
    }
    target.writeBytes(request.payload());
  }

  public static Request readRequest(ByteBuf body) {
    expect(body.readableBytes() >= REQUEST_LENGTH - 1, "request");
    long correlation = body.readLong();
    RequestKind kind = RequestKind.of(body.readByte());
    int timeout = body.readInt();
    expect(timeout >= 1, "timeout of a request");
    return switch (kind) {
      case SUBMIT -> readSubmit(body, correlation, timeout);
      case READ_LINEARIZABLE, READ_LOCAL, ADMINISTRATION ->
          Request.of(correlation, kind, timeout, 0, rest(body));
      case STATUS_AT -> {
        expect(body.readableBytes() == 8, "slot of a request");
        yield Request.of(correlation, kind, timeout, body.readLong(), null);
      }
      case OPEN_SESSION, STATUS -> {
        expect(!body.isReadable(), "length of a request");
        yield Request.of(correlation, kind, timeout, 0, null);
      }
    };
  }

  private static Request readSubmit(ByteBuf body, long correlation, int timeout) {
    expect(body.readableBytes() >= 24, "session of a request");
    long session = body.readLong();
    long number = body.readLong();
    long lowest = body.readLong();
    expect(session > 0 && lowest >= 1 && lowest <= number, "session and numbers of a request");
    return Request.submit(correlation, timeout, session, number, lowest, rest(body));
  }

  public static void writeResponse(ByteBuf target, long correlation, ErrorCode code, byte[] body) {
    target.writeInt(RESPONSE_LENGTH + body.length).writeByte(RESPONSE).writeLong(correlation);
    target.writeByte(code.code()).writeBytes(body);
  }

  public static long readCorrelation(ByteBuf body) {
    expect(body.readableBytes() >= RESPONSE_LENGTH - 1, "response");
    return body.readLong();
  }

  public static void writeEmpty(ByteBuf target, byte type) {
    target.writeInt(1).writeByte(type);
  }

  /** The rest of a frame as an array of its own. */
  public static byte[] rest(ByteBuf body) {
    byte[] bytes = ByteBufUtil.getBytes(body);
    body.skipBytes(bytes.length);
    return bytes;
  }

  /**
   * The length of the frame that begins here, its length field not counted; -1 when that has not
   * arrived whole.
   *
   * @throws RabiaException.Serialization when the length is out of bounds, before anything is
   *     allocated for it
   */
  public static int frameLength(ByteBuf in, int maxFrame) {
    if (in.readableBytes() < LENGTH_FIELD) {
      return -1;
    }
    int length = in.getInt(in.readerIndex());
    expect(length >= 1 && length <= maxFrame, "frame of " + length + " bytes");
    return in.readableBytes() - LENGTH_FIELD < length ? -1 : length;
  }

  private static void expect(boolean holds, String what) {
    if (!holds) {
      throw new RabiaException.Serialization(what);
    }
  }
}
