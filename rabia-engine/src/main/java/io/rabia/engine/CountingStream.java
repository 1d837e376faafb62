package io.rabia.engine;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Counts what goes through it. */
final class CountingStream extends FilterOutputStream {
  private final long[] bytes;

  CountingStream(OutputStream out, long[] bytes) {
    super(out);
    this.bytes = bytes;
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
    bytes[0]++;
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    out.write(source, offset, length);
    bytes[0] += length;
  }
}
