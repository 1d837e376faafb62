package io.rabia.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of one segment after the other, through one buffer that it keeps. The accessors
 * describe the record that {@link #next} found. One thread.
 */
final class SegmentReader {
  private static final int INITIAL_BYTES = 16 << 10;
  private static final int MAX_BYTES = Integer.MAX_VALUE - 8;

  private final RecordCodec codec = new RecordCodec();
  private ByteBuffer buffer = ByteBuffer.allocateDirect(INITIAL_BYTES).limit(0);
  private long bufferStart;

  private @Nullable DiskFile file;
  private long base;
  private long end;
  private long offset;

  private int bodyAt;
  private int length;
  private long number;
  private long start;
  private long safe;
  private long position;

  /**
   * Starts at the first record of a file whose first byte is at {@code base} and of which {@code
   * end} bytes count.
   */
  void start(DiskFile file, long base, long end) {
    this.file = file;
    this.base = base;
    this.end = end;
    this.offset = LogSegment.HEADER_BYTES;
    buffer.limit(0);
    bufferStart = 0;
  }

  /**
   * Moves over the record at {@link #offset}.
   *
   * @return false if there is no whole record with a valid checksum; the offset stays
   */
  boolean next() throws IOException {
    if (!load(RecordCodec.HEADER_BYTES)) {
      return false;
    }
    int at = (int) (offset - bufferStart);
    int stated = buffer.getInt(at + RecordCodec.LENGTH);
    long size = RecordCodec.size(stated);
    if (stated < RecordCodec.MARK
        || buffer.getLong(at + RecordCodec.POSITION) != base + offset
        || !load(size)) {
      return false;
    }
    at = (int) (offset - bufferStart);
    if (!codec.intact(buffer, at, (int) size)) {
      return false;
    }
    bodyAt = at + RecordCodec.HEADER_BYTES;
    length = stated;
    number = buffer.getLong(at + RecordCodec.NUMBER);
    start = buffer.getLong(at + RecordCodec.START);
    safe = buffer.getLong(at + RecordCodec.SAFE);
    position = base + offset;
    offset += size;
    return true;
  }

  /** Goes on reading at another place of the same file. */
  void seek(long offset) {
    this.offset = offset;
  }

  /** In the file: where the next record starts, or the damage. */
  long offset() {
    return offset;
  }

  boolean mark() {
    return length == RecordCodec.MARK;
  }

  long number() {
    return number;
  }

  long start() {
    return start;
  }

  long safe() {
    return safe;
  }

  /** In the whole log. */
  long position() {
    return position;
  }

  /** Bytes of the whole record. */
  long size() {
    return RecordCodec.size(length);
  }

  /** Valid until the next call of {@link #next}. */
  ByteBuffer body() {
    return buffer.slice(bodyAt, length);
  }

  /** Makes the buffer hold {@code bytes} from the offset; false if the file does not. */
  private boolean load(long bytes) throws IOException {
    if (bytes > end - offset || bytes > MAX_BYTES) {
      return false;
    }
    if (offset >= bufferStart && offset + bytes <= bufferStart + buffer.limit()) {
      return true;
    }
    if (bytes > buffer.capacity()) {
      buffer = ByteBuffer.allocateDirect((int) Math.min(MAX_BYTES, Long.highestOneBit(bytes) * 2));
    }
    buffer.clear().limit((int) Math.min(buffer.capacity(), end - offset));
    bufferStart = offset;
    Objects.requireNonNull(file, "not started").read(buffer, bufferStart);
    buffer.flip();
    return buffer.limit() >= bytes;
  }
}
