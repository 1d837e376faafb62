package io.rabia.network.wire;

import io.netty.buffer.ByteBuf;
import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The frames between clients and servers, in one place. Stateless and thread-safe.
 *
 * <pre>
 * frame    = length i32 (of what follows) | type u8 | ...
 * HELLO    = magic i32 | version u8 | cluster id 2 x i64 | largest frame i32 (from version 2 on)
 * WELCOME  = version u8 | server's node id i32 | cluster id 2 x i64
 * REFUSED  = error code u8 | message UTF-8; the connection closes
 * REQUEST  = correlation i64 | kind u8 | timeout ms i32 | SUBMIT: session, number, lowest unanswered i64, command
 *            | READ_*: query | STATUS_AT: slot i64 | CLOSE_SESSION: session i64
 *            | ADMINISTRATION: text UTF-8
 * RESPONSE = correlation i64 | error code u8 | result, or message UTF-8
 * PING, PONG = nothing
 * MEMBERS  = count u16 | count times: node id i32 | port u16 | host u8 + UTF-8 (from version 2 on)
 * </pre>
 *
 * <p>A server speaks the version of its client. MEMBERS says where the members serve clients, after
 * WELCOME and whenever that changes; a PONG may come unasked.
 *
 * <p>Readers take a buffer that holds exactly the frame after its type and fail with {@link
 * RabiaException.Serialization}.
 */
public final class Frames {
  public static final int MAGIC = 0x52424B43;
  public static final int VERSION = 2;
  public static final int OLDEST_VERSION = 1;

  /** No client may take less. */
  public static final int MIN_MAX_FRAME = 1024;

  public static final int LENGTH_FIELD = 4;

  public static final byte HELLO = 1;
  public static final byte WELCOME = 2;
  public static final byte REFUSED = 3;
  public static final byte REQUEST = 4;
  public static final byte RESPONSE = 5;
  public static final byte PING = 6;
  public static final byte PONG = 7;
  public static final byte MEMBERS = 8;

  /** What a request or response has around its payload at most, length field included. */
  public static final int MAX_OVERHEAD = 64;

  /** What a response has before its result, its type included. */
  public static final int RESPONSE_HEAD = 1 + 8 + 1;

  private static final int HELLO_LENGTH = 1 + 4 + 1 + 16;
  private static final int WELCOME_LENGTH = 1 + 1 + 4 + 16;
  private static final int REQUEST_LENGTH = 1 + 8 + 1 + 4;
  private static final int SUBMIT_LENGTH = 3 * Long.BYTES;
  private static final int MEMBER_LENGTH = 4 + 2 + 1;
  private static final int MAX_HOST = 255;

  private Frames() {}

  public static void writeHello(ByteBuf target, Hello hello) {
    ClusterId clusterId = hello.clusterId();
    target.writeInt(HELLO_LENGTH + (hello.version() == 1 ? 0 : Integer.BYTES)).writeByte(HELLO);
    target.writeInt(MAGIC).writeByte(hello.version());
    target.writeLong(clusterId.high()).writeLong(clusterId.low());
    if (hello.version() > 1) {
      target.writeInt(hello.maxFrame());
    }
  }

  /** Of a version that is not known the beginning, which is the same in all of them. */
  public static Hello readHello(ByteBuf body) {
    expect(body.readableBytes() >= HELLO_LENGTH - 1 && body.readInt() == MAGIC, "no hello");
    int version = body.readUnsignedByte();
    ClusterId clusterId = readClusterId(body);
    int maxFrame = Integer.MAX_VALUE;
    if (version == VERSION) {
      expect(body.readableBytes() == Integer.BYTES, "no hello");
      maxFrame = body.readInt();
      expect(maxFrame >= MIN_MAX_FRAME, "largest frame of " + maxFrame + " bytes");
    } else {
      expect(version != 1 || !body.isReadable(), "no hello");
    }
    return new Hello(version, clusterId, maxFrame);
  }

  public static void writeWelcome(ByteBuf target, Welcome welcome) {
    ClusterId clusterId = welcome.clusterId();
    target.writeInt(WELCOME_LENGTH).writeByte(WELCOME).writeByte(welcome.version());
    target.writeInt(welcome.nodeId()).writeLong(clusterId.high()).writeLong(clusterId.low());
  }

  public static Welcome readWelcome(ByteBuf body) {
    expect(body.readableBytes() == WELCOME_LENGTH - 1, "welcome");
    int version = body.readUnsignedByte();
    expect(version >= OLDEST_VERSION && version <= VERSION, "server speaks version " + version);
    return new Welcome(version, body.readInt(), readClusterId(body));
  }

  public static void writeMembers(ByteBuf target, List<ClusterConfig.Member> members) {
    int start = target.writerIndex();
    target.writeInt(0).writeByte(MEMBERS).writeShort(members.size());
    for (ClusterConfig.Member member : members) {
      byte[] host = member.host().getBytes(StandardCharsets.UTF_8);
      expect(host.length <= MAX_HOST, "host of " + host.length + " bytes");
      target.writeInt(member.id().value()).writeShort(member.port());
      target.writeByte(host.length).writeBytes(host);
    }
    target.setInt(start, target.writerIndex() - start - LENGTH_FIELD);
  }

  public static List<ClusterConfig.Member> readMembers(ByteBuf body) {
    expect(body.readableBytes() >= 2, "members");
    int count = body.readUnsignedShort();
    List<ClusterConfig.Member> members = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        expect(body.readableBytes() >= MEMBER_LENGTH, "member");
        NodeId id = NodeId.of(body.readInt());
        int port = body.readUnsignedShort();
        int host = body.readUnsignedByte();
        expect(body.readableBytes() >= host, "host of a member");
        members.add(
            new ClusterConfig.Member(
                id, body.readCharSequence(host, StandardCharsets.UTF_8).toString(), port));
      }
    } catch (IllegalArgumentException | RabiaException.Validation e) {
      throw new RabiaException.Serialization("member: " + e.getMessage());
    }
    expect(!body.isReadable(), "members");
    return members;
  }

  private static ClusterId readClusterId(ByteBuf body) {
    return new ClusterId(body.readLong(), body.readLong());
  }

  public static void writeRefused(ByteBuf target, ErrorCode code, String message) {
    byte[] text = message.getBytes(StandardCharsets.UTF_8);
    target.ensureWritable(LENGTH_FIELD + 2 + text.length);
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

  /** Writes all of it, or nothing when there is no memory for it. */
  public static void writeRequest(ByteBuf target, Request request) {
    int specific =
        switch (request.kind()) {
          case SUBMIT -> SUBMIT_LENGTH;
          case STATUS_AT, CLOSE_SESSION -> Long.BYTES;
          default -> 0;
        };
    int length = REQUEST_LENGTH + specific + request.payload().length;
    target.ensureWritable(LENGTH_FIELD + length).writeInt(length).writeByte(REQUEST);
    target.writeLong(request.correlation()).writeByte(request.kind().ordinal());
    target.writeInt(request.timeoutMillis());
    if (request.kind() == RequestKind.SUBMIT) {
      target.writeLong(request.session()).writeLong(request.number());
      target.writeLong(request.lowestUnanswered());
    } else if (request.kind() == RequestKind.STATUS_AT) {
      target.writeLong(request.slot());
    } else if (request.kind() == RequestKind.CLOSE_SESSION) {
      target.writeLong(request.session());
    }
    target.writeBytes(request.payload());
  }

  public static Request readRequest(ByteBuf body) {
    Request request = new Request();
    readRequest(body, body.readableBytes(), request);
    return request;
  }

  /** Reads a request out of the next bytes of {@code in}, so many after its type. */
  public static void readRequest(ByteBuf in, int length, Request target) {
    int rest = length - (REQUEST_LENGTH - 1);
    expect(rest >= 0, "request");
    long correlation = in.readLong();
    RequestKind kind = RequestKind.of(in.readByte());
    int timeout = in.readInt();
    expect(timeout >= 1, "timeout of a request");
    target.begin(correlation, kind, timeout);
    switch (kind) {
      case SUBMIT -> readSubmit(in, rest, target);
      case READ_LINEARIZABLE, READ_LOCAL, ADMINISTRATION -> target.asks(0, take(in, rest));
      case STATUS_AT -> {
        expect(rest == Long.BYTES, "slot of a request");
        target.asks(in.readLong(), target.payload());
      }
      case CLOSE_SESSION -> {
        expect(rest == Long.BYTES, "session of a request");
        target.closes(in.readLong());
        expect(target.session() > 0, "session of a request");
      }
      case OPEN_SESSION, STATUS -> expect(rest == 0, "length of a request");
    }
  }

  private static void readSubmit(ByteBuf in, int length, Request target) {
    expect(length >= SUBMIT_LENGTH, "session of a request");
    long session = in.readLong();
    long number = in.readLong();
    long lowest = in.readLong();
    expect(session > 0 && lowest >= 1 && lowest <= number, "session and numbers of a request");
    target.submits(session, number, lowest, take(in, length - SUBMIT_LENGTH));
  }

  /** Writes all of it, or nothing when there is no memory for it. */
  public static void writeResponse(ByteBuf target, long correlation, ErrorCode code, byte[] body) {
    int length = RESPONSE_HEAD + body.length;
    target.ensureWritable(LENGTH_FIELD + length).writeInt(length).writeByte(RESPONSE);
    target.writeLong(correlation);
    target.writeByte(code.code()).writeBytes(body);
  }

  public static long readCorrelation(ByteBuf body) {
    return readCorrelation(body, body.readableBytes());
  }

  /** That of a response which is the next bytes of {@code in}, so many after its type. */
  public static long readCorrelation(ByteBuf in, int length) {
    expect(length >= RESPONSE_HEAD - 1, "response");
    return in.readLong();
  }

  public static void writeEmpty(ByteBuf target, byte type) {
    target.writeInt(1).writeByte(type);
  }

  /** The rest of a frame as an array of its own. */
  public static byte[] rest(ByteBuf body) {
    return take(body, body.readableBytes());
  }

  /** The next bytes as an array of their own. */
  public static byte[] take(ByteBuf in, int length) {
    byte[] bytes = new byte[length];
    in.readBytes(bytes);
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
    if (length < 1 || length > maxFrame) {
      throw new RabiaException.Serialization("frame of " + length + " bytes");
    }
    return in.readableBytes() - LENGTH_FIELD < length ? -1 : length;
  }

  private static void expect(boolean holds, String what) {
    if (!holds) {
      throw new RabiaException.Serialization(what);
    }
  }
}
