package io.rabia.network;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOutboundBuffer;
import java.nio.ByteBuffer;

/**
 * What waits to leave on one connection: frames gather in one buffer while the other is being
 * written, then the two change places; so a flush is one system call and nothing is allocated per
 * frame. Owned by the transport's thread.
 */
final class Outbound implements ChannelFutureListener {
  private static final int INITIAL_BYTES = 16 * 1024;
  private static final int KEEP_BYTES = 1024 * 1024;

  private final Channel channel;
  private ByteBuf gathering;
  private ByteBuf spare;
  private boolean writing;
  private boolean closeWhenWritten;
  private boolean released;

  Outbound(Channel channel) {
    this.channel = channel;
    gathering = channel.alloc().directBuffer(INITIAL_BYTES);
    spare = channel.alloc().directBuffer(INITIAL_BYTES);
  }

  void append(FrameCodec codec, ByteBuffer body) {
    codec.encode(body, gathering);
  }

  void appendRaw(byte[] bytes) {
    gathering.writeBytes(bytes);
  }

  /** Bytes that the operating system has not taken. */
  long queued() {
    if (released) {
      return 0;
    }
    ChannelOutboundBuffer pending = writing ? channel.unsafe().outboundBuffer() : null;
    return gathering.readableBytes() + (pending == null ? 0 : pending.totalPendingWriteBytes());
  }

  /**
   * Starts to write what has gathered, unless a write is still under way; the end of that starts
   * the next.
   */
  void flush() {
    if (writing || released || !gathering.isReadable()) {
      return;
    }
    ByteBuf full = gathering;
    gathering = spare;
    spare = full;
    writing = true;
    channel.writeAndFlush(full.retain()).addListener(this);
  }

  /** Flushes, and closes the channel once everything is written. */
  void finish() {
    closeWhenWritten = true;
    flush();
  }

  @Override
  public void operationComplete(ChannelFuture future) {
    writing = false;
    if (released || !future.isSuccess()) {
      return;
    }
    recycleSpare();
    if (gathering.isReadable()) {
      flush();
    } else if (closeWhenWritten) {
      channel.close();
    }
  }

  private void recycleSpare() {
    if (spare.capacity() > KEEP_BYTES) {
      spare.release();
      spare = channel.alloc().directBuffer(INITIAL_BYTES);
    } else {
      spare.clear();
    }
  }

  void release() {
    if (!released) {
      released = true;
      gathering.release();
      spare.release();
    }
  }
}
