package io.rabia.persistence;

import io.rabia.core.RabiaException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One file of the log, as its name and header say. A segment is made only when everything before it
 * is safe, under OS only when it is written, so its existence states that. Immutable.
 *
 * <pre>
 *  0 magic "RLOG"   4 format version u16   6 group id u16   8 number of the first group i64
 * 16 position of this header in the whole log i64   24 number of the process start i64   32 crc32c i32
 * </pre>
 *
 * @param first number of its first group
 * @param base position in the whole log of the file's first byte
 * @param start number of the process start that made it
 */
record LogSegment(long first, long base, long start) {
  static final int HEADER_BYTES = 36;
  static final int FORMAT_VERSION = 1;
  private static final int MAGIC = 0x524C4F47;
  private static final int GROUP_ID = 0;
  private static final Pattern NAME = Pattern.compile("log-([0-9]{19})\\.rlog");

  static String name(long first) {
    return String.format(Locale.ROOT, "log-%019d.rlog", first);
  }

  String name() {
    return name(first);
  }

  /** The number of the first group that a file name states; empty if it is no segment's name. */
  static OptionalLong firstOf(String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(matcher.group(1)));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  ByteBuffer header() {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    header.putInt(MAGIC).putShort((short) FORMAT_VERSION).putShort((short) GROUP_ID);
    header.putLong(first).putLong(base).putLong(start);
    return header.putInt(checksum(header)).flip();
  }

  /**
   * Reads a header.
   *
   * @return null if it is incomplete or damaged
   * @throws RabiaException.Storage if it is intact and of a format or group that this version does
   *     not know
   */
  static @Nullable LogSegment parse(ByteBuffer header, String where) {
    if (header.limit() < HEADER_BYTES
        || header.getInt(0) != MAGIC
        || header.getInt(HEADER_BYTES - Integer.BYTES) != checksum(header)) {
      return null;
    }
    int version = Short.toUnsignedInt(header.getShort(4));
    int group = Short.toUnsignedInt(header.getShort(6));
    if (version != FORMAT_VERSION || group != GROUP_ID) {
      throw new RabiaException.Storage(
          where
              + " has format version "
              + version
              + " and group "
              + group
              + ", known are version "
              + FORMAT_VERSION
              + " and group "
              + GROUP_ID,
          null);
    }
    return new LogSegment(header.getLong(8), header.getLong(16), header.getLong(24));
  }

  private static int checksum(ByteBuffer header) {
    CRC32C crc = new CRC32C();
    crc.update(header.array(), 0, HEADER_BYTES - Integer.BYTES);
    return (int) crc.getValue();
  }
}
