package io.rabia.network;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.rabia.core.RabiaException;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection: the handshake in order, then frames, then its end, told to the transport
 * once. What arrives is handed over in the buffer that Netty read it into. Owned by the transport's
 * thread.
 */
final class PeerConnection extends ChannelInboundHandlerAdapter implements FrameCodec.Sink {

  /**
   * So much of a frame is a sign of life as a whole frame is: a large one over a slow path, but not
   * bytes that trickle and keep a connection that is of no use.
   */
  private static final int LIVELY_BYTES = 4 * 1024;

  private enum Stage {
    PREFACE,
    HELLO,
    /** The acceptor waits for the dialer to accept as well. */
    ACCEPTED,
    UP,
    /** A refusal is being written. */
    REFUSING,
    CLOSED
  }

  private final NettyTransport transport;
  private final FrameCodec codec = new FrameCodec(this, HandshakeCodec.MAX_MESSAGE_BYTES);
  private final Channel channel;
  private final Outbound out;
  private final byte[] preface = new byte[HandshakeCodec.PREFACE_BYTES];
  private final boolean inbound;
  private final long startedAt;
  private int prefaceBytes;
  private Stage stage = Stage.PREFACE;
  private @Nullable Peer peer;
  private HandshakeCodec.@Nullable Hello hello;
  private boolean heard;
  private int unheardBytes;
  private long lastHeardAt;

  /**
   * @param dialed whom this connection was made to; null when it was accepted
   */
  PeerConnection(NettyTransport transport, Channel channel, @Nullable Peer dialed, long now) {
    this.transport = transport;
    this.channel = channel;
    this.peer = dialed;
    inbound = dialed == null;
    startedAt = now;
    lastHeardAt = now;
    out = new Outbound(channel);
    channel.closeFuture().addListener(closed -> close("closed by the peer"));
  }

  /** Accepted, not dialed. */
  boolean inbound() {
    return inbound;
  }

  @Nullable SocketAddress remoteAddress() {
    return channel.remoteAddress();
  }

  long startedAt() {
    return startedAt;
  }

  /** Known from the start when dialed, else from an acceptable HELLO on. */
  @Nullable Peer peer() {
    return peer;
  }

  /** When the other side last gave a sign of life, as far as the calls of this method can tell. */
  long lastHeardAt(long now) {
    if (heard) {
      heard = false;
      lastHeardAt = now;
    }
    return lastHeardAt;
  }

  // ---- out

  void send(ByteBuffer body) {
    out.append(codec, body);
  }

  void flush() {
    out.flush();
  }

  long queuedBytes() {
    return out.queued();
  }

  /** Ends it, whatever its stage; later calls do nothing. */
  void close(String reason) {
    if (stage == Stage.CLOSED) {
      return;
    }
    boolean wasUp = stage == Stage.UP;
    stage = Stage.CLOSED;
    out.release();
    channel.close();
    transport.ended(this, wasUp, reason);
  }

  // ---- in

  @Override
  public void channelActive(ChannelHandlerContext context) {
    channel.remoteAddress(); // Netty remembers it then, for messages after the end
    if (!inbound) {
      sayHello(peer);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      if (stage == Stage.CLOSED || stage == Stage.REFUSING || transport.hasFailed()) {
        return;
      }
      countForLife(in.readableBytes());
      ByteBuffer view =
          in.nioBufferCount() == 1
              ? in.internalNioBuffer(in.readerIndex(), in.readableBytes())
              : in.nioBuffer();
      if (stage != Stage.PREFACE || readPreface(view)) {
        codec.decode(view);
      }
    } catch (RabiaException.Serialization e) {
      transport.corrupted(this, String.valueOf(e.getMessage()));
    } catch (Throwable e) {
      transport.fail(e);
    } finally {
      in.release();
    }
  }

  private void countForLife(int bytes) {
    unheardBytes += bytes;
    if (unheardBytes >= LIVELY_BYTES) {
      unheardBytes = 0;
      heard = true;
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof IOException) {
      close(String.valueOf(cause.getMessage()));
    } else if (cause instanceof DecoderException) {
      transport.corrupted(this, "TLS: " + cause.getMessage());
    } else {
      transport.fail(cause);
    }
  }

  private boolean readPreface(ByteBuffer in) {
    while (in.hasRemaining() && prefaceBytes < preface.length) {
      byte value = in.get();
      if (!HandshakeCodec.plausible(prefaceBytes, value)) {
        throw new RabiaException.Serialization("not the protocol of members");
      }
      preface[prefaceBytes++] = value;
    }
    if (prefaceBytes < preface.length) {
      return false;
    }
    int version = Short.toUnsignedInt(ByteBuffer.wrap(preface).getShort(preface.length - 2));
    stage = Stage.HELLO;
    if (version != HandshakeCodec.VERSION) {
      refuse(
          HandshakeCodec.Refusal.VERSION,
          "format version " + version + " here meets " + HandshakeCodec.VERSION);
      return false;
    }
    return true;
  }

  @Override
  public boolean onFrame(ByteBuffer body) {
    heard = true;
    if (stage == Stage.UP) {
      transport.frame(this, body);
    } else {
      onHandshakeMessage(body.get(), body);
    }
    return stage != Stage.CLOSED && stage != Stage.REFUSING && !transport.hasFailed();
  }

  private void onHandshakeMessage(byte kind, ByteBuffer body) {
    if (kind == HandshakeCodec.HELLO && stage == Stage.HELLO) {
      onHello(HandshakeCodec.readHello(body));
    } else if (kind == HandshakeCodec.ACCEPTED && stage == Stage.ACCEPTED && !body.hasRemaining()) {
      up();
    } else if (kind == HandshakeCodec.REFUSED) {
      transport.refusedByPeer(this, HandshakeCodec.readRefused(body));
    } else {
      throw new RabiaException.Serialization("handshake message " + kind + " at stage " + stage);
    }
  }

  private void onHello(HandshakeCodec.Hello said) {
    HandshakeCodec.Refused judged = transport.judge(this, said.handshake());
    if (judged != null) {
      refuse(judged.refusal(), judged.reason());
      return;
    }
    hello = said;
    if (inbound) {
      peer = transport.peer(said.handshake().id());
      sayHello(peer);
      stage = Stage.ACCEPTED;
    } else {
      out.append(codec, HandshakeCodec.accepted());
      up();
      flush();
    }
  }

  private void sayHello(Peer to) {
    out.appendRaw(HandshakeCodec.preface());
    out.append(codec, transport.helloFor(to));
    flush();
  }

  private void up() {
    stage = Stage.UP;
    codec.maxBody(transport.config().maxFrameBytes());
    transport.up(this, hello);
  }

  private void refuse(HandshakeCodec.Refusal refusal, String reason) {
    stage = Stage.REFUSING;
    transport.refused(this, refusal, reason);
    if (inbound) {
      out.appendRaw(HandshakeCodec.preface());
    }
    out.append(codec, HandshakeCodec.refused(refusal, reason));
    out.finish();
  }
}
