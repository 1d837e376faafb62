package io.rabia.network.client;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.rabia.core.ClusterId;
import io.rabia.core.RabiaException;
import io.rabia.network.wire.ErrorCode;
import io.rabia.network.wire.Frames;
import io.rabia.network.wire.Request;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The connection to one server, made again when it is needed. Belongs to the core's event loop. */
final class ServerLink {
  private static final long MIN_BACKOFF = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long MAX_BACKOFF = TimeUnit.MILLISECONDS.toNanos(250);
  private static final int INITIAL_BUFFER = 8192;

  /** What a link tells its core. */
  interface Owner {
    ClusterId clusterId();

    /** Returns false to close the connection: the server belongs to another cluster. */
    boolean onReady(ServerLink link, ClusterId stated);

    void onResponse(ServerLink link, long correlation, ErrorCode code, byte[] body);

    void onReadComplete(ServerLink link);

    void onDown(ServerLink link, RabiaException reason);
  }

  final int index;
  final String host;
  final int port;
  private final Owner owner;
  private final int maxFrame;
  private @Nullable Channel channel;
  private @Nullable ByteBuf out;
  private boolean connecting;
  private boolean ready;
  private boolean leaving;
  private long backoff = MIN_BACKOFF;
  private long notBefore;
  private long lastReceived;
  private boolean pinged;
  private @Nullable RabiaException reason;
  private @Nullable RabiaException lastFailure;
  private int inFlight;

  ServerLink(int index, String host, int port, Owner owner, int maxFrame) {
    this.index = index;
    this.host = host;
    this.port = port;
    this.owner = owner;
    this.maxFrame = maxFrame;
    notBefore = System.nanoTime();
  }

  boolean usable() {
    return ready && !leaving;
  }

  /** Takes no new requests: the server is closing. The connection ends with its last answer. */
  void leave() {
    leaving = true;
  }

  int inFlight() {
    return inFlight;
  }

  void answered() {
    inFlight--;
    if (leaving && inFlight == 0) {
      close(null);
    }
  }

  /** Why the connection is not there, when it has failed since it was last there. */
  @Nullable RabiaException lastFailure() {
    return lastFailure;
  }

  void connectIfDue(Bootstrap bootstrap, long now) {
    if (connecting || channel != null || now - notBefore < 0) {
      return;
    }
    connecting = true;
    lastReceived = now;
    pinged = false;
    leaving = false;
    bootstrap
        .clone()
        .handler(new Reader())
        .connect(host, port)
        .addListener(
            future -> {
              if (!future.isSuccess()) {
                down(
                    new RabiaException.Network(
                        address() + ": " + future.cause().getMessage(), null));
              }
            });
  }

  String address() {
    return host + ":" + port;
  }

  void write(Request request) {
    inFlight++;
    Frames.writeRequest(buffer(), request);
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
    if (connecting ? now - lastReceived > silence : inFlight > 0 && now - lastReceived > silence) {
      close(new RabiaException.Network(address() + " is silent", null));
    } else if (ready && inFlight > 0 && !pinged && now - lastReceived > silence / 2) {
      pinged = true;
      Frames.writeEmpty(buffer(), Frames.PING);
      flush();
    }
  }

  /** Restarts the clock of {@link #watch} for a connection that owed nothing until now. */
  void owes(long now) {
    if (inFlight == 0) {
      lastReceived = now;
      pinged = false;
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
    if (out != null) {
      out.release();
      out = null;
    }
    inFlight = 0;
    lastFailure = why;
    notBefore = System.nanoTime() + backoff;
    backoff = Math.min(backoff * 2, MAX_BACKOFF);
    owner.onDown(this, why);
  }

  private void onFrame(ByteBuf frame) {
    byte type = frame.readByte();
    if (ready && type == Frames.RESPONSE) {
      long correlation = Frames.readCorrelation(frame);
      ErrorCode code = ErrorCode.of(frame.readByte());
      owner.onResponse(this, correlation, code, Frames.rest(frame));
    } else if (connecting && type == Frames.WELCOME) {
      ClusterId stated = Frames.readWelcome(frame);
      connecting = false;
      ready = owner.onReady(this, stated);
      lastFailure = null;
      backoff = ready ? MIN_BACKOFF : MAX_BACKOFF;
    } else if (connecting && type == Frames.REFUSED) {
      backoff = MAX_BACKOFF;
      close(Frames.readRefused(frame));
    } else if (type != Frames.PONG) {
      throw new RabiaException.Serialization("frame type " + type);
    }
  }

  private final class Reader extends ByteToMessageDecoder {

    @Override
    public void channelActive(ChannelHandlerContext context) {
      channel = context.channel();
      ByteBuf hello = context.alloc().ioBuffer(64);
      Frames.writeHello(hello, owner.clusterId());
      context.writeAndFlush(hello, context.voidPromise());
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> ignored) {
      lastReceived = System.nanoTime();
      pinged = false;
      while (context.channel().isOpen()) {
        int length = Frames.frameLength(in, maxFrame);
        if (length < 0) {
          return;
        }
        in.skipBytes(Frames.LENGTH_FIELD);
        onFrame(in.readSlice(length));
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
      super.channelReadComplete(context);
      owner.onReadComplete(ServerLink.this);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
      super.channelInactive(context);
      RabiaException why = reason;
      reason = null;
      down(
          why == null
              ? new RabiaException.Network(address() + " closed the connection", null)
              : why);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      close(new RabiaException.Network(address() + ": " + cause.getMessage(), cause));
    }
  }
}
