package io.rabia.persistence;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The bytes of one record of the log: a group, or a mark that only states what is safe. One thread.
 * All numbers are big-endian.
 *
 * <pre>
 *  0 crc32c of everything behind it   i32
 *  4 bytes of the body, -1: a mark    i32
 *  8 position in the whole log        i64
 * 16 number of the group; of a mark: of the group before it   i64
 * 24 number of the process start      i64
 * 32 safe offset: the position in the whole log below which everything was safe when this was written   i64
 * 40 body
 * </pre>
 *
 * <p>The own position is part of the record so that no copy of one, be it a misplaced block or the
 * content of a command, can pass for one.
 */
final class RecordCodec {
  static final int HEADER_BYTES = 40;
  static final int MARK = -1;

  static final int LENGTH = 4;
  static final int POSITION = 8;
  static final int NUMBER = 16;
  static final int START = 24;
  static final int SAFE = 32;

  private final CRC32C crc = new CRC32C();

  /** Bytes of a record whose length field says {@code length}. */
  static long size(int length) {
    return HEADER_BYTES + Math.max(0L, length);
  }

  /** Makes {@code out}, which holds the body and has the record's exact size, a record. */
  void seal(ByteBuffer out, int length, long position, long number, long start, long safe) {
    out.putInt(LENGTH, length)
        .putLong(POSITION, position)
        .putLong(NUMBER, number)
        .putLong(START, start)
        .putLong(SAFE, safe);
    out.putInt(0, checksum(out, 0, out.limit()));
  }

  /** True if the bytes from {@code at}, {@code size} of them, carry their own checksum. */
  boolean intact(ByteBuffer in, int at, int size) {
    return in.getInt(at) == checksum(in, at, size);
  }

  private int checksum(ByteBuffer buffer, int at, int size) {
    int limit = buffer.limit();
    int position = buffer.position();
    buffer.limit(at + size).position(at + LENGTH);
    crc.reset();
    crc.update(buffer);
    buffer.limit(limit).position(position);
    return (int) crc.getValue();
  }
}
