package io.rabia.core.persistence;

import java.io.InputStream;
import java.nio.ByteBuffer;

/** The rest of a snapshot, as a stream. One thread. */
final class SnapshotStream extends InputStream {
  private static final int BUFFER = 1 << 16;

  private final SnapshotReader reader;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).limit(0);
  private long position;

  SnapshotStream(SnapshotReader reader, long position) {
    this.reader = reader;
    this.position = position;
  }

  private boolean more() {
    if (!buffer.hasRemaining()) {
      buffer.clear();
      reader.read(position, buffer);
      position += buffer.flip().remaining();
    }
    return buffer.hasRemaining();
  }

  @Override
  public int read() {
    return more() ? Byte.toUnsignedInt(buffer.get()) : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    if (!more()) {
      return -1;
    }
    int part = Math.min(length, buffer.remaining());
    buffer.get(target, offset, part);
    return part;
  }
}
