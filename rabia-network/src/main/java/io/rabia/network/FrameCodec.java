package io.rabia.network;

import io.netty.buffer.ByteBuf;
import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Cuts a stream of bytes into frames and back: length of the body, CRC-32C of the body, CRC-32C of
 * these two, body; all big-endian. The header has its own checksum because a damaged length would
 * otherwise leave a connection that looks alive waiting for bytes that never come. Owned by one
 * thread.
 */
final class FrameCodec {
  static final int HEADER_BYTES = 12;

  private static final int KEEP_BYTES = 1024 * 1024;
  private static final int INITIAL_BYTES = 4 * 1024;

  /** Takes the frames. */
  interface Sink {
    /**
     * @param body from position to limit; valid only during the call
     * @return false to get nothing of what follows
     */
    boolean onFrame(ByteBuffer body);
  }

  private final CRC32C crc = new CRC32C();
  private final ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
  private final Sink sink;
  private int maxBody;
  private ByteBuffer partial = ByteBuffer.allocate(0);

  FrameCodec(Sink sink, int maxBody) {
    this.sink = sink;
    this.maxBody = maxBody;
  }

  /** For the frames whose header has not been looked at yet. */
  void maxBody(int bytes) {
    maxBody = bytes;
  }

  /** Bytes held for a frame that is not complete. */
  int allocated() {
    return partial.capacity();
  }

  /** Appends the frame to {@code out} and leaves {@code body} as it was. */
  void encode(ByteBuffer body, ByteBuf out) {
    int position = body.position();
    crc.reset();
    crc.update(body);
    body.position(position);
    header.clear();
    header.putInt(body.remaining()).putInt((int) crc.getValue());
    header.putInt(headerCheck(header, 0));
    out.writeBytes(header.array());
    out.writeBytes(body);
    body.position(position);
  }

  /**
   * Hands every frame that is complete to the sink and keeps the rest.
   *
   * @throws RabiaException.Serialization for a length out of bounds or a wrong checksum; the stream
   *     is unusable then
   */
  void decode(ByteBuffer in) {
    if (partial.position() > 0 && !completePartial(in)) {
      return;
    }
    while (in.remaining() >= HEADER_BYTES) {
      int start = in.position();
      int end = start + HEADER_BYTES + checkedLength(in, start);
      int limit = in.limit();
      if (end > limit) {
        break;
      }
      boolean more = deliver(in, start, end);
      in.order(ByteOrder.BIG_ENDIAN).limit(limit).position(end);
      if (!more) {
        return;
      }
    }
    if (in.hasRemaining()) {
      append(in, in.remaining());
    }
  }

  /** False when the frame is still not complete, or when the sink wants no more. */
  private boolean completePartial(ByteBuffer in) {
    if (partial.position() < HEADER_BYTES) {
      append(in, Math.min(in.remaining(), HEADER_BYTES - partial.position()));
      if (partial.position() < HEADER_BYTES) {
        return false;
      }
    }
    int total = HEADER_BYTES + checkedLength(partial, 0);
    append(in, Math.min(in.remaining(), total - partial.position()));
    if (partial.position() < total) {
      return false;
    }
    boolean more = deliver(partial, 0, total);
    partial.order(ByteOrder.BIG_ENDIAN).clear();
    if (partial.capacity() > KEEP_BYTES) {
      partial = ByteBuffer.allocate(INITIAL_BYTES);
    }
    return more;
  }

  private void append(ByteBuffer in, int bytes) {
    if (partial.remaining() < bytes) {
      grow(partial.position() + bytes);
    }
    int limit = in.limit();
    partial.put(in.limit(in.position() + bytes));
    in.limit(limit);
  }

  /** Never to the announced length at once: memory follows the bytes that have arrived. */
  private void grow(int needed) {
    int doubled = Math.min(2 * needed, Math.max(needed, maxBody + HEADER_BYTES));
    partial = ByteBuffer.allocate(Math.max(INITIAL_BYTES, doubled)).put(partial.flip());
  }

  private int checkedLength(ByteBuffer in, int at) {
    int length = in.getInt(at);
    if (in.getInt(at + 8) != headerCheck(in, at)) {
      throw new RabiaException.Serialization("frame header with a wrong checksum");
    }
    if (length < 1 || length > maxBody) {
      throw new RabiaException.Serialization(
          "frame of " + length + " bytes; 1 to " + maxBody + " are allowed");
    }
    return length;
  }

  private int headerCheck(ByteBuffer in, int at) {
    crc.reset();
    for (int i = at; i < at + 8; i++) {
      crc.update(in.get(i));
    }
    return (int) crc.getValue();
  }

  private boolean deliver(ByteBuffer in, int start, int end) {
    int body = start + HEADER_BYTES;
    in.limit(end).position(body);
    crc.reset();
    crc.update(in);
    if (in.getInt(start + 4) != (int) crc.getValue()) {
      throw new RabiaException.Serialization("frame body with a wrong checksum");
    }
    in.position(body);
    return sink.onFrame(in);
  }
}
