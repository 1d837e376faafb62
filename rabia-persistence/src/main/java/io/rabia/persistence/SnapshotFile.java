package io.rabia.persistence;

import io.rabia.core.RabiaException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The form of a snapshot on disk: a header, chunks, and an empty chunk at the end. The checksum of
 * a chunk covers its position, so that one is not taken for another.
 *
 * <pre>
 * header: 0 magic "RSNP"   4 format version u16   6 group id u16   8 first group after it i64   16 crc32c i32
 * chunk:  0 length i32   4 crc32c of length, position in the file, bytes i32   8 bytes
 * </pre>
 */
final class SnapshotFile {
  static final String TEMPORARY = "snapshot.tmp";
  static final int FORMAT_VERSION = 1;
  private static final int MAGIC = 0x52534E50;
  private static final int GROUP_ID = 0;
  private static final int HEADER_BYTES = 20;
  private static final int CHUNK_HEADER = 8;
  private static final int CHUNK_BYTES = 64 << 10;

  /**
   * What the disk has yet to write of a snapshot is what a force of the log may have to wait for.
   */
  private static final int FORCED_BYTES = 1 << 20;

  private static final long NOT_LOADED = -1;
  private static final Pattern NAME = Pattern.compile("snapshot-([0-9]{19})\\.rsnap");

  private SnapshotFile() {}

  static String name(long first) {
    return String.format(Locale.ROOT, "snapshot-%019d.rsnap", first);
  }

  /** The group after it that a file name states; empty if it is no snapshot's name. */
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

  private static int checksum(ByteBuffer bytes, int from, int to, long position) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(12).putInt(to - from).putLong(position).flip());
    crc.update(bytes.duplicate().limit(to).position(from));
    return (int) crc.getValue();
  }

  // ---- writing

  /** Begins one at the end of the file; what is written fails once it is abandoned. */
  static Chunks start(DiskFile file, long first, BooleanSupplier abandoned) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    header.putInt(MAGIC).putShort((short) FORMAT_VERSION).putShort((short) GROUP_ID);
    header.putLong(first);
    header.putInt(checksum(header, 0, header.position(), 0)).flip();
    file.write(header);
    return new Chunks(file, abandoned);
  }

  /**
   * Takes the content; the last of it is not forced. What failed fails again: a system tells once
   * that it had no room for what was written, perhaps to a writer of content that passes over it.
   */
  static final class Chunks extends OutputStream {
    private final DiskFile file;
    private final BooleanSupplier abandoned;
    private final ByteBuffer chunk =
        ByteBuffer.allocate(CHUNK_HEADER + CHUNK_BYTES).position(CHUNK_HEADER);
    private long position = HEADER_BYTES;
    private long forced;
    private @Nullable IOException failure;

    Chunks(DiskFile file, BooleanSupplier abandoned) {
      this.file = file;
      this.abandoned = abandoned;
    }

    @Override
    public void write(int b) throws IOException {
      chunk.put((byte) b);
      if (!chunk.hasRemaining()) {
        flushChunk();
      }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      for (int done = 0; done < length; ) {
        int part = Math.min(length - done, chunk.remaining());
        chunk.put(bytes, offset + done, part);
        done += part;
        if (!chunk.hasRemaining()) {
          flushChunk();
        }
      }
    }

    private void flushChunk() throws IOException {
      IOException before = failure;
      if (before != null) {
        throw new IOException("it failed before: " + before.getMessage(), before);
      }
      try {
        writeChunk();
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    @SuppressWarnings("ThreadPriorityCheck") // it changes the pace only
    private void writeChunk() throws IOException {
      if (abandoned.getAsBoolean()) {
        throw new IOException("abandoned");
      }
      int end = chunk.position();
      chunk.putInt(0, end - CHUNK_HEADER);
      chunk.putInt(4, checksum(chunk, CHUNK_HEADER, end, position));
      position += end;
      file.write(chunk.flip());
      chunk.clear().position(CHUNK_HEADER);
      Thread.yield(); // else who waits for this processor waits for as long as several commits take
      if (position - forced >= FORCED_BYTES) {
        file.force();
        forced = position;
      }
    }

    /** The content is complete. */
    void end() throws IOException {
      if (chunk.position() > CHUNK_HEADER) {
        flushChunk();
      }
      flushChunk();
    }
  }

  // ---- reading

  /**
   * Reads the header.
   *
   * @throws RabiaException.Storage if it is intact and of a later format
   * @throws RabiaException.Checksum if it is damaged, or of another snapshot than its name says
   */
  static void requireHeader(DiskFile file, String name, long first) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    file.read(header, 0);
    if (header.hasRemaining()
        || header.getInt(0) != MAGIC
        || header.getInt(16) != checksum(header, 0, 16, 0)
        || header.getLong(8) != first) {
      throw damaged(name, 0);
    }
    int version = Short.toUnsignedInt(header.getShort(4));
    if (version != FORMAT_VERSION || header.getShort(6) != GROUP_ID) {
      throw new RabiaException.Storage(
          name + " has format version " + version + ", known is " + FORMAT_VERSION, null);
    }
  }

  private static RabiaException.Checksum damaged(String name, long offset) {
    return new RabiaException.Checksum(name + " is damaged near offset " + offset);
  }

  /** The content; throws {@link RabiaException.Checksum} where it is damaged or ends early. */
  static final class Content extends InputStream {
    private final DiskFile file;
    private final String name;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_HEADER + CHUNK_BYTES).limit(0);
    private long position = HEADER_BYTES;
    private boolean ended;

    /** Where the chunk that was read last begins. */
    private long loaded = NOT_LOADED;

    Content(DiskFile file, String name) {
      this.file = file;
      this.name = name;
    }

    /** Reads to the end; returns how many bytes of content there are. */
    long verify() throws IOException {
      long bytes = 0;
      while (more()) {
        bytes += chunk.remaining();
        chunk.position(chunk.limit());
      }
      return bytes;
    }

    /** How many bytes of content an intact one has. */
    long length() throws IOException {
      long bytes = file.size() - HEADER_BYTES;
      long full = bytes / (CHUNK_HEADER + CHUNK_BYTES);
      long rest = bytes - full * (CHUNK_HEADER + CHUNK_BYTES);
      return full * CHUNK_BYTES + Math.max(0, rest - 2 * CHUNK_HEADER);
    }

    /** Goes on with this byte of the content, which must be within it. */
    void seek(long offset) throws IOException {
      long start = HEADER_BYTES + offset / CHUNK_BYTES * (CHUNK_HEADER + CHUNK_BYTES);
      int into = (int) (offset % CHUNK_BYTES);
      if (start != loaded) {
        position = start;
        ended = false;
        readChunk();
      }
      if (CHUNK_HEADER + into > chunk.limit()) {
        throw damaged(name, start);
      }
      chunk.position(CHUNK_HEADER + into);
    }

    private boolean more() throws IOException {
      if (!chunk.hasRemaining() && !ended) {
        readChunk();
      }
      return !ended;
    }

    private void readChunk() throws IOException {
      loaded = NOT_LOADED;
      chunk.clear().limit(CHUNK_HEADER);
      file.read(chunk, position);
      int length = chunk.hasRemaining() ? -1 : chunk.getInt(0);
      if (length < 0 || length > CHUNK_BYTES) {
        throw damaged(name, position);
      }
      int end = CHUNK_HEADER + length;
      chunk.limit(end);
      file.read(chunk, position + CHUNK_HEADER);
      if (chunk.hasRemaining() || chunk.getInt(4) != checksum(chunk, CHUNK_HEADER, end, position)) {
        throw damaged(name, position);
      }
      chunk.position(CHUNK_HEADER);
      loaded = position;
      position += end;
      ended = length == 0;
    }

    @Override
    public int read() throws IOException {
      return more() ? Byte.toUnsignedInt(chunk.get()) : -1;
    }

    /** Moves so many bytes at most. */
    void read(ByteBuffer target, int most) throws IOException {
      if (!more()) {
        throw damaged(name, position);
      }
      int part = Math.min(most, chunk.remaining());
      target.put(chunk.duplicate().limit(chunk.position() + part));
      chunk.position(chunk.position() + part);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!more()) {
        return -1;
      }
      int part = Math.min(length, chunk.remaining());
      chunk.get(target, offset, part);
      return part;
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
