package io.rabia.core.persistence;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A snapshot in memory: written first, then read. One thread. */
public final class MemorySnapshot extends OutputStream implements SnapshotReader {
  private static final int PAGE = 1 << 16;

  private final List<byte[]> pages = new ArrayList<>();
  private long length;

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) {
    write(ByteBuffer.wrap(bytes, offset, count));
  }

  /** Appends the bytes from position to limit. */
  public void write(ByteBuffer bytes) {
    ByteBuffer source = bytes.duplicate();
    while (source.hasRemaining()) {
      int used = (int) (length % PAGE);
      if (used == 0) {
        pages.add(new byte[PAGE]);
      }
      int part = Math.min(PAGE - used, source.remaining());
      source.get(pages.get(pages.size() - 1), used, part);
      length += part;
    }
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public void read(long position, ByteBuffer target) {
    long at = position;
    while (target.hasRemaining() && at < length) {
      int from = (int) (at % PAGE);
      int part = (int) Math.min(Math.min(PAGE - from, target.remaining()), length - at);
      target.put(pages.get((int) (at / PAGE)), from, part);
      at += part;
    }
  }

  /** Leaves it as it is. */
  @Override
  public void close() {}
}
