package io.rabia.engine;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32C;

/** Counts and sums up what is read through it. */
final class ChecksumInput extends FilterInputStream {
  private final CRC32C crc = new CRC32C();
  private long bytes;

  ChecksumInput(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws IOException {
    int b = in.read();
    if (b >= 0) {
      crc.update(b);
      bytes++;
    }
    return b;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int read = in.read(target, offset, length);
    if (read > 0) {
      crc.update(target, offset, read);
      bytes += read;
    }
    return read;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  long bytes() {
    return bytes;
  }

  int checksum() {
    return (int) crc.getValue();
  }
}
