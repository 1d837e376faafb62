package io.rabia.engine;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * A stream within a stream, of unknown length: chunks with their lengths, and one of none at the
 * end. One thread.
 */
final class Chunks {
  private static final int SIZE = 8192;

  private Chunks() {}

  /** Closing it writes the end and leaves the outer stream open. */
  static final class Writer extends OutputStream {
    private final DataOutputStream target;
    private final byte[] chunk = new byte[SIZE];
    private int used;

    Writer(DataOutputStream target) {
      this.target = target;
    }

    @Override
    public void write(int value) throws IOException {
      if (used == SIZE) {
        emit();
      }
      chunk[used++] = (byte) value;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int from = offset;
      while (from < offset + length) {
        if (used == SIZE) {
          emit();
        }
        int count = Math.min(SIZE - used, offset + length - from);
        System.arraycopy(bytes, from, chunk, used, count);
        used += count;
        from += count;
      }
    }

    private void emit() throws IOException {
      target.writeInt(used);
      target.write(chunk, 0, used);
      used = 0;
    }

    @Override
    public void close() throws IOException {
      if (used > 0) {
        emit();
      }
      target.writeInt(0);
    }
  }

  /** Ends with the inner stream. */
  static final class Reader extends InputStream {
    private static final int ENDED = -1;

    private final DataInputStream source;
    private int left;

    Reader(DataInputStream source) {
      this.source = source;
    }

    private boolean more() throws IOException {
      if (left == 0) {
        int length = source.readInt();
        if (length < 0 || length > SIZE) {
          throw new IOException("chunk of " + length + " bytes");
        }
        left = length == 0 ? ENDED : length;
      }
      return left != ENDED;
    }

    @Override
    public int read() throws IOException {
      if (!more()) {
        return -1;
      }
      left--;
      return source.readUnsignedByte();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!more()) {
        return -1;
      }
      int count = source.read(bytes, offset, Math.min(length, left));
      if (count < 0) {
        throw new EOFException("snapshot ends in a part");
      }
      left -= count;
      return count;
    }

    /** A part that did not read to its end does not disturb the next. */
    void skipRest() throws IOException {
      byte[] rest = new byte[SIZE];
      int count = read(rest, 0, SIZE);
      while (count >= 0) {
        count = read(rest, 0, SIZE);
      }
    }
  }
}
