package io.rabia.kvstore;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A stream that is read through a buffer in which what is required next lies in one piece, to be
 * used where it is. The buffer grows as the stream goes on: after a damaged length it is no larger
 * than twice what the stream had. One thread.
 */
final class SnapshotSource {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final InputStream in;
  private byte[] bytes = new byte[1 << 16];
  private int at;
  private int end;

  SnapshotSource(InputStream in) {
    this.in = in;
  }

  /** Throws where what was read cannot have been written. */
  static void expect(boolean holds, String damage) throws IOException {
    if (!holds) {
      throw new IOException(damage);
    }
  }

  /** What was required, from {@link #at} on, until the next call that requires or takes. */
  byte[] bytes() {
    return bytes;
  }

  int at() {
    return at;
  }

  /**
   * @throws IOException when the stream has fewer
   */
  void require(int count) throws IOException {
    while (end - at < count) {
      fill();
    }
  }

  private void fill() throws IOException {
    if (at > 0) {
      System.arraycopy(bytes, at, bytes, 0, end - at);
      end -= at;
      at = 0;
    }
    if (end == bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * end);
    }
    int read = in.read(bytes, end, bytes.length - end);
    expect(read >= 0, "the snapshot ends early");
    end += read;
  }

  /** Of what was required. */
  void skip(int count) {
    at += count;
  }

  /** The number that follows after so many bytes; nothing is taken. */
  int intAfter(int count) throws IOException {
    require(count + Integer.BYTES);
    return (int) INT.get(bytes, at + count);
  }

  int takeByte() throws IOException {
    require(1);
    return bytes[at++] & 0xFF;
  }

  int takeShort() throws IOException {
    return takeByte() << 8 | takeByte();
  }

  int takeInt() throws IOException {
    int value = intAfter(0);
    at += Integer.BYTES;
    return value;
  }

  long takeLong() throws IOException {
    require(Long.BYTES);
    long value = (long) LONG.get(bytes, at);
    at += Long.BYTES;
    return value;
  }

  byte[] take(int count) throws IOException {
    require(count);
    at += count;
    return Arrays.copyOfRange(bytes, at - count, at);
  }
}
