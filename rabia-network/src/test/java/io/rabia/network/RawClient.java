package io.rabia.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.rabia.core.NodeId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A plain socket that says to a transport whatever a test likes. */
final class RawClient implements AutoCloseable {
  private final SocketChannel channel;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private boolean ended;

  RawClient(InetSocketAddress address) {
    try {
      channel = SocketChannel.open(address);
      channel.configureBlocking(false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] frame(ByteBuffer body) {
    ByteBuf out = Unpooled.buffer();
    new FrameCodec(ignored -> true, Integer.MAX_VALUE / 4).encode(body, out);
    byte[] bytes = new byte[out.readableBytes()];
    out.readBytes(bytes);
    out.release();
    return bytes;
  }

  static byte[] hello(int id) {
    return frame(HandshakeCodec.hello(RecordingListener.handshake(NodeId.of(id), 0), null));
  }

  /**
   * Writes as much as the socket takes. @return how much that was; 0 as well when the socket is
   * closed
   */
  int send(byte[]... parts) {
    int written = 0;
    try {
      for (byte[] part : parts) {
        written += channel.write(ByteBuffer.wrap(part));
      }
    } catch (IOException e) {
      ended = true;
    }
    return written;
  }

  /** Whether the other side has closed. */
  boolean closed() {
    ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    try {
      while (!ended) {
        int n = channel.read(buffer.clear());
        if (n == 0) {
          return false;
        }
        ended = n < 0;
        if (n > 0) {
          received.write(buffer.array(), 0, n);
        }
      }
    } catch (IOException e) {
      ended = true;
    }
    return true;
  }

  byte[] received() {
    closed();
    return received.toByteArray();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
