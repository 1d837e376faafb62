package io.rabia.engine;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.CRC32C;

/** Counts and sums up what goes through it. */
final class ChecksumStream extends FilterOutputStream {
  private final CRC32C crc = new CRC32C();
  private long bytes;

  ChecksumStream(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
    crc.update(b);
    bytes++;
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    out.write(source, offset, length);
    crc.update(source, offset, length);
    bytes += length;
  }

  long bytes() {
    return bytes;
  }

  int checksum() {
    return (int) crc.getValue();
  }
}
