package io.rabia.network.client;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.RabiaException;
import io.rabia.network.AddressResolver;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Hello;
import io.rabia.network.wire.Request;
import io.rabia.network.wire.Welcome;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one server, made again when it is needed, with what is on it and what waits for
 * it. Belongs to the event loop.
 */
final class ServerLink {
  private static final long MIN_BACKOFF = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long MAX_BACKOFF = TimeUnit.MILLISECONDS.toNanos(250);

  /** Of one that the others do not name as a member. */
  private static final long MAX_BACKOFF_OF_STRANGER = TimeUnit.SECONDS.toNanos(5);

  private static final int INITIAL_BUFFER = 8192;
  private static final int FLUSH_ABOVE = 1 << 16;

  /** What a link tells its owner. */
  interface Owner {
    ClusterId clusterId();

    /** Returns false to close the connection: the server belongs to another cluster. */
    boolean onReady(ServerLink link, ClusterId stated);

    void onMembers(ServerLink link);

    /**
     * @throws RabiaException.Serialization for an answer to nothing
     */
    void onResponse(ServerLink link, long correlation, ErrorCode code, byte[] body);

    /** More can be sent, or something has been answered. */
    void onRoom(ServerLink link);

    void onDown(ServerLink link, RabiaException reason);
  }

  final HostPort address;

  /** By correlation. */
  final Long2ObjectHashMap<Attempt> onWire = new Long2ObjectHashMap<>();

  /** To be sent here, or to any other server when this one is not there. */
  final ArrayDeque<ClientRequest> waiting = new ArrayDeque<>();

  /** To be sent here and nowhere else. */
  final ArrayDeque<ClientRequest> waitingForThis = new ArrayDeque<>();

  /** It has said that it cannot serve, and has not served since. */
  boolean doubted;

  /** Those who know the members do not name it. */
  boolean stranger;

  private final Owner owner;
  private final int maxFrame;
  private final AddressResolver resolver;
  private final Bootstrap bootstrap;
  private @Nullable Channel channel;
  private @Nullable ByteBuf out;
  private List<ClusterConfig.Member> members = List.of();
  private int nodeId;
  private int version;
  private boolean connecting;
  private boolean ready;
  private boolean leaving;
  private int attempts;
  private int toSkip;
  private long backoff = MIN_BACKOFF;
  private long notBefore;
  private long lastReceived;
  private boolean pinged;
  private @Nullable RabiaException reason;
  private @Nullable RabiaException lastFailure;

  ServerLink(
      HostPort address, Owner owner, int maxFrame, AddressResolver resolver, Bootstrap bootstrap) {
    this.address = address;
    this.owner = owner;
    this.maxFrame = maxFrame;
    this.resolver = resolver;
    this.bootstrap = bootstrap;
    notBefore = System.nanoTime();
  }

  boolean usable() {
    return ready && !leaving;
  }

  /** It cannot be asked, and nothing is under way that may change that. */
  boolean idle() {
    return channel == null && !connecting;
  }

  /** What was written is not taken by the server at the pace at which it is made. */
  boolean backedUp() {
    Channel current = channel;
    return current == null || !current.isWritable();
  }

  /** The server's node id as it, or another one, has told it; 0 before. */
  int nodeId() {
    return nodeId;
  }

  void nodeId(int id) {
    nodeId = id;
  }

  /**
   * Where the members serve clients, as the server says, port 0 where it does not know; nothing
   * while it is not there.
   */
  List<ClusterConfig.Member> members() {
    return members;
  }

  /** It knows how to end a session. */
  boolean closesSessions() {
    return usable() && version > 1;
  }

  /** Takes no new requests: the server is closing. The connection ends with its last answer. */
  void leave() {
    leaving = true;
  }

  /** Why the connection is not there, when it has failed since it was last there. */
  @Nullable RabiaException lastFailure() {
    return lastFailure;
  }

  void connectIfDue(long now) {
    if (!idle() || now - notBefore < 0) {
      return;
    }
    connecting = true;
    leaving = false;
    resolver.resolve(address.host(), address.port(), attempts++, this::connect);
  }

  private void connect(@Nullable InetSocketAddress resolved) {
    if (resolved == null) {
      down(new RabiaException.Network(address + ": the host name cannot be resolved", null));
      return;
    }
    lastReceived = System.nanoTime();
    pinged = false;
    bootstrap
        .clone()
        .handler(new Reader())
        .connect(resolved)
        .addListener(
            future -> {
              if (!future.isSuccess()) {
                down(
                    new RabiaException.Network(address + ": " + future.cause().getMessage(), null));
              }
            });
  }

  /**
   * Nothing of it is written when this throws.
   *
   * @throws OutOfMemoryError when there is no memory for it
   */
  void write(Request request) {
    Frames.writeRequest(buffer(), request);
    ByteBuf buffer = out;
    if (buffer != null && buffer.readableBytes() >= FLUSH_ABOVE) {
      flush();
    }
  }

  private ByteBuf buffer() {
    Channel current = channel;
    if (current == null) {
      throw new IllegalStateException("not connected");
    }
    ByteBuf buffer = out;
    if (buffer == null) {
      buffer = current.alloc().ioBuffer(INITIAL_BUFFER);
      out = buffer;
    }
    return buffer;
  }

  /** Everything written since the last flush leaves as one piece, when the socket takes it. */
  void flush() {
    Channel current = channel;
    ByteBuf buffer = out;
    if (current != null && buffer != null && current.isWritable()) {
      out = null;
      current.writeAndFlush(buffer, current.voidPromise());
    }
  }

  /**
   * Pings a server that owes answers and is silent for half of {@code silence}, closes after the
   * whole.
   */
  void watch(long now, long silence) {
    if (channel == null) {
      return;
    }
    boolean owes = connecting || !onWire.isEmpty();
    if (owes && now - lastReceived > silence) {
      close(new RabiaException.Network(address + " is silent", null));
    } else if (ready && owes && !pinged && now - lastReceived > silence / 2) {
      pinged = true;
      Frames.writeEmpty(buffer(), Frames.PING);
      flush();
    }
  }

  /** Restarts the clock of {@link #watch} for a connection that owed nothing until now. */
  void owes(long now) {
    if (onWire.isEmpty()) {
      lastReceived = now;
      pinged = false;
    }
  }

  void closeIfLeft() {
    if (leaving && onWire.isEmpty()) {
      close(null);
    }
  }

  void close(@Nullable RabiaException why) {
    reason = why;
    Channel current = channel;
    if (current != null) {
      current.close();
    }
  }

  private void down(RabiaException why) {
    connecting = false;
    ready = false;
    channel = null;
    members = List.of();
    doubted = false;
    toSkip = 0;
    if (out != null) {
      out.release();
      out = null;
    }
    lastFailure = why;
    notBefore = System.nanoTime() + backoff;
    backoff = Math.min(backoff * 2, stranger ? MAX_BACKOFF_OF_STRANGER : MAX_BACKOFF);
    owner.onDown(this, why);
  }

  private void onFrame(ByteBuf in, int length) {
    if (ready && in.getByte(in.readerIndex()) == Frames.RESPONSE) {
      in.skipBytes(1);
      long correlation = Frames.readCorrelation(in, length - 1);
      ErrorCode code = ErrorCode.of(in.readByte());
      owner.onResponse(this, correlation, code, Frames.take(in, length - Frames.RESPONSE_HEAD));
    } else {
      onFrame(in.readSlice(length));
    }
  }

  private void onFrame(ByteBuf frame) {
    byte type = frame.readByte();
    if (ready && type == Frames.MEMBERS) {
      members = Frames.readMembers(frame);
      owner.onMembers(this);
    } else if (connecting && type == Frames.WELCOME) {
      onWelcome(Frames.readWelcome(frame));
    } else if (connecting && type == Frames.REFUSED) {
      backoff = MAX_BACKOFF;
      close(Frames.readRefused(frame));
    } else if (type != Frames.PONG) {
      throw new RabiaException.Serialization("frame type " + type);
    }
  }

  private void onWelcome(Welcome welcome) {
    nodeId = welcome.nodeId();
    version = welcome.version();
    connecting = false;
    ready = true;
    lastFailure = null;
    ready = owner.onReady(this, welcome.clusterId());
    backoff = ready ? MIN_BACKOFF : MAX_BACKOFF;
  }

  /**
   * The beginning of a frame that is larger than any may be: of a response the request fails, and
   * what follows is skipped as it comes.
   *
   * @return false when not enough of it is there
   */
  private boolean skipOversized(ByteBuf in, int length) {
    if (in.readableBytes() < Frames.LENGTH_FIELD + Frames.RESPONSE_HEAD) {
      return false;
    }
    in.skipBytes(Frames.LENGTH_FIELD);
    if (in.readByte() != Frames.RESPONSE) {
      throw new RabiaException.Serialization("frame of " + length + " bytes");
    }
    long correlation = in.readLong();
    in.skipBytes(1);
    toSkip = length - Frames.RESPONSE_HEAD;
    String message = "the answer has " + toSkip + " bytes; at most " + maxFrame + " fit";
    owner.onResponse(
        this, correlation, ErrorCode.ANSWER_TOO_LARGE, message.getBytes(StandardCharsets.UTF_8));
    return true;
  }

  private final class Reader extends ByteToMessageDecoder {

    @Override
    public void channelActive(ChannelHandlerContext context) {
      channel = context.channel();
      ByteBuf hello = context.alloc().ioBuffer(64);
      Frames.writeHello(hello, new Hello(Frames.VERSION, owner.clusterId(), maxFrame));
      context.writeAndFlush(hello, context.voidPromise());
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> ignored) {
      lastReceived = System.nanoTime();
      pinged = false;
      while (context.channel().isOpen()) {
        int skipped = Math.min(toSkip, in.readableBytes());
        in.skipBytes(skipped);
        toSkip -= skipped;
        if (toSkip > 0 || in.readableBytes() < Frames.LENGTH_FIELD) {
          return;
        }
        int announced = in.getInt(in.readerIndex());
        if (ready && announced > maxFrame) {
          if (!skipOversized(in, announced)) {
            return;
          }
        } else {
          int length = Frames.frameLength(in, maxFrame);
          if (length < 0) {
            return;
          }
          in.skipBytes(Frames.LENGTH_FIELD);
          onFrame(in, length);
        }
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
      super.channelReadComplete(context);
      owner.onRoom(ServerLink.this);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      if (context.channel().isWritable()) {
        flush();
        owner.onRoom(ServerLink.this);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
      super.channelInactive(context);
      RabiaException why = reason;
      reason = null;
      down(
          why == null ? new RabiaException.Network(address + " closed the connection", null) : why);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      close(new RabiaException.Network(address + ": " + cause.getMessage(), cause));
    }
  }
}
