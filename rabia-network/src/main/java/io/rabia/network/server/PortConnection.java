package io.rabia.network.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.ReferenceCountUtil;
import io.rabia.core.RabiaException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection of any port: collects what arrives, hands it to the protocol, writes answers as
 * one piece, and ends those who are too many, too slow, silent or speak nonsense. Everything runs
 * on the port's event loop.
 */
public abstract class PortConnection extends ChannelInboundHandlerAdapter {
  private static final int INITIAL_BUFFER = 1024;
  private static final int PAUSE_ABOVE = 1 << 16;
  private static final long LINGER_MILLIS = 500;

  private final Port port;
  private @Nullable ChannelHandlerContext context;
  private @Nullable ByteBuf in;
  private @Nullable ByteBuf out;
  private boolean admitted;
  private boolean ending;
  private long lastRead;
  private long begun;
  private long unwritableSince;
  private long held;
  private boolean receiving;

  protected PortConnection(Port port) {
    this.port = port;
  }

  /**
   * Takes what is whole out of {@code bytes} and leaves the rest.
   *
   * @throws RabiaException.Serialization for nonsense; the connection ends
   */
  protected abstract void consume(ByteBuf bytes);

  /** True while the rest of the bytes waits for this side and not for the peer. */
  protected boolean busy() {
    return false;
  }

  /** True while the peer still has to say who it is. */
  protected boolean helloMissing() {
    return false;
  }

  /** True while this side owes answers: silence is then no idleness. */
  protected boolean answersOwed() {
    return false;
  }

  /** The peer is gone, or this side has ended it. */
  protected void gone() {}

  /** Goes on with a request that waited for room at the port. */
  protected void resume() {}

  /**
   * A few times a second.
   *
   * @param receiving whether more of a request that is not whole came since the last time
   */
  protected void onSweep(boolean receiving) {}

  /** Bytes of requests that wait, and of whatever else is kept for the peer. */
  protected long waitingBytes() {
    return 0;
  }

  final void resumeWaiting() {
    resume();
    account();
  }

  /** Writes what the protocol tells a peer that is refused, if it has words for that. */
  protected abstract void writeRefusal(ByteBuf target, RabiaException reason);

  protected final Port port() {
    return port;
  }

  protected final boolean ending() {
    return ending;
  }

  /** Where answers are written; they leave with the next {@link #flush}. */
  protected final ByteBuf out() {
    ByteBuf buffer = out;
    if (buffer == null) {
      buffer = open().alloc().ioBuffer(INITIAL_BUFFER);
      out = buffer;
    }
    return buffer;
  }

  private ChannelHandlerContext open() {
    ChannelHandlerContext current = context;
    if (current == null) {
      throw new IllegalStateException("not connected");
    }
    return current;
  }

  protected final boolean connected() {
    return context != null;
  }

  protected final void flush() {
    ByteBuf buffer = out;
    if (buffer == null || context == null) {
      return;
    }
    out = null;
    context.writeAndFlush(buffer, context.voidPromise());
    long pending = context.channel().bytesBeforeWritable();
    if (pending > port.limits().maxOutboundBytes()) {
      end(PortStatistics.Event.CUT_OFF, "reads no answers");
    }
    account();
  }

  /** Tells the port what this connection holds now. */
  private void account() {
    long now = in == null ? 0 : in.capacity();
    ChannelOutboundBuffer unread =
        context == null ? null : context.channel().unsafe().outboundBuffer();
    now += unread == null ? 0 : unread.totalPendingWriteBytes();
    now += context == null ? 0 : waitingBytes();
    long more = now - held;
    held = now;
    port.holds(more);
  }

  final long held() {
    return held;
  }

  final void endForItsSize() {
    end(PortStatistics.Event.CUT_OFF, "holds " + held + " bytes, the most of all");
  }

  /** Says why, as far as the protocol can, and closes once that has left. */
  protected final void refuse(PortStatistics.Event event, RabiaException reason) {
    if (ending || context == null) {
      return;
    }
    port.warn(event, context.channel().remoteAddress() + ": " + reason.getMessage());
    writeRefusal(out(), reason);
    closeAfterFlush();
  }

  /** Takes nothing more and closes once everything written has left. */
  protected final void closeAfterFlush() {
    if (context == null) {
      return;
    }
    ending = true;
    ByteBuf last = out == null ? context.alloc().buffer(0) : out;
    out = null;
    ChannelHandlerContext current = context;
    current.channel().config().setAutoRead(true);
    // Closing with bytes unread would reset the connection and take the last words with it.
    current
        .writeAndFlush(last)
        .addListener(future -> ((DuplexChannel) current.channel()).shutdownOutput());
    current.executor().schedule(() -> current.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void end(PortStatistics.Event event, String reason) {
    if (context != null && context.channel().isOpen()) {
      port.warn(event, context.channel().remoteAddress() + ": " + reason);
      ending = true;
      context.close();
    }
  }

  @Override
  public final void channelActive(ChannelHandlerContext active) {
    context = active;
    lastRead = System.nanoTime();
    begun = helloMissing() ? lastRead : 0;
    admitted = port.admit(this);
    if (!admitted) {
      refuse(PortStatistics.Event.REFUSED, new RabiaException.Overload("too many connections"));
    }
  }

  @Override
  public final void channelInactive(ChannelHandlerContext inactive) {
    context = null;
    if (admitted) {
      port.gone(this);
      gone();
    }
    ReferenceCountUtil.release(in);
    ReferenceCountUtil.release(out);
    in = null;
    out = null;
    account();
  }

  @Override
  public final void channelRead(ChannelHandlerContext reading, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (ending) {
      bytes.release();
      return;
    }
    lastRead = System.nanoTime();
    receiving = true;
    in =
        in == null
            ? bytes
            : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(reading.alloc(), in, bytes);
    process();
  }

  /** Goes on with the bytes that are there, after a read or after {@link #busy} has ended. */
  protected final void process() {
    ByteBuf bytes = in;
    if (bytes == null || ending) {
      return;
    }
    int before = bytes.readableBytes();
    try {
      consume(bytes);
    } catch (RabiaException.Serialization e) {
      refuse(PortStatistics.Event.MALFORMED, e);
    }
    if (in == null) {
      return; // the connection ended meanwhile, and let go of them
    }
    int left = bytes.readableBytes();
    if (left < before || begun == 0) {
      begun = left == 0 ? 0 : System.nanoTime();
    }
    if (left == 0) {
      bytes.release();
      in = null;
    } else {
      bytes.discardSomeReadBytes();
    }
    pauseOrResume();
    account();
  }

  private void pauseOrResume() {
    if (context != null && !ending) {
      boolean full = in != null && busy() && in.readableBytes() > PAUSE_ABOVE;
      context.channel().config().setAutoRead(!full && context.channel().isWritable());
    }
  }

  @Override
  public final void channelReadComplete(ChannelHandlerContext reading) {
    flush();
  }

  @Override
  public final void channelWritabilityChanged(ChannelHandlerContext changed) {
    unwritableSince = changed.channel().isWritable() ? 0 : System.nanoTime();
    pauseOrResume();
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext failed, Throwable cause) {
    if (!(cause instanceof IOException)) {
      port.warn(PortStatistics.Event.MALFORMED, failed.channel().remoteAddress() + ": " + cause);
    }
    failed.close();
  }

  /** Ends the connection when the peer has taken too long with something. */
  final void sweep(long now) {
    PortLimits limits = port.limits();
    account();
    if (unwritableSince != 0 && now - unwritableSince > limits.slowReaderTimeout().toNanos()) {
      end(PortStatistics.Event.CUT_OFF, "reads no answers");
      return;
    }
    boolean owes = helloMissing() || (begun != 0 && !busy());
    if (owes && !ending && now - begun > limits.frameTimeout().toNanos()) {
      end(PortStatistics.Event.TIMED_OUT, "half a request");
    } else if (!answersOwed() && now - lastRead > limits.idleTimeout().toNanos()) {
      end(PortStatistics.Event.TIMED_OUT, "silent");
    } else {
      onSweep(receiving && begun != 0);
      receiving = false;
    }
  }
}
