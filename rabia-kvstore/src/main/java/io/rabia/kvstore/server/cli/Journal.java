package io.rabia.kvstore.server.cli;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a load generator wrote, as lines: {@code run} at the start of each run, {@code > key value}
 * before a write is sent, {@code + key value} once it is acknowledged. Of a key, one write at a
 * time is outstanding. One thread.
 */
final class Journal implements Closeable {
  private static final int INITIAL = 1 << 16;

  private final FileChannel file;
  private final String keyPrefix;
  private ByteBuffer buffer = ByteBuffer.allocate(INITIAL);

  private Journal(FileChannel file, String keyPrefix) {
    this.file = file;
    this.keyPrefix = keyPrefix;
  }

  /** Appends a run to the file. */
  static Journal append(Path path) throws IOException {
    FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    String name = Integer.toHexString(path.toAbsolutePath().normalize().hashCode());
    Journal journal = new Journal(file, "key:" + name + ":");
    // The line before may have been cut off when its writer was killed.
    journal.put("\nrun\n".getBytes(StandardCharsets.US_ASCII));
    journal.flush();
    return journal;
  }

  /** What the keys begin with: two journals of one store share none. */
  String keyPrefix() {
    return keyPrefix;
  }

  void sending(byte[] key, byte[] value) {
    line('>', key, value);
  }

  void acknowledged(byte[] key, byte[] value) {
    line('+', key, value);
  }

  private void line(char kind, byte[] key, byte[] value) {
    put(new byte[] {(byte) kind, ' '});
    put(key);
    put(new byte[] {' '});
    put(value);
    put(new byte[] {'\n'});
  }

  private void put(byte[] bytes) {
    if (buffer.remaining() < bytes.length) {
      ByteBuffer larger =
          ByteBuffer.allocate(Math.max(buffer.capacity() * 2, buffer.position() + bytes.length));
      buffer = larger.put(buffer.flip());
    }
    buffer.put(bytes);
  }

  /** Hands everything to the operating system: it survives this process. */
  void flush() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      file.write(buffer);
    }
    buffer.clear();
  }

  @Override
  public void close() throws IOException {
    flush();
    file.close();
  }

  /** What a key may hold by the journal. */
  static final class Expected {
    private @Nullable String acknowledged;
    private final Set<String> unanswered = new HashSet<>();
    private final Set<String> unansweredInEarlierRuns = new HashSet<>();

    /** True when some write of the key was acknowledged: then it has to be there. */
    boolean required() {
      return acknowledged != null;
    }

    boolean allows(String value) {
      return value.equals(acknowledged)
          || unanswered.contains(value)
          || unansweredInEarlierRuns.contains(value);
    }
  }

  /**
   * A journal read back.
   *
   * @param acknowledged how many writes
   */
  record Content(long acknowledged, Map<String, Expected> keys) {}

  /** Reads a journal; a last line that is cut off is left out. */
  static Content read(Path path) throws IOException {
    Map<String, Expected> keys = new HashMap<>();
    long acknowledged = 0;
    try (BufferedReader lines = Files.newBufferedReader(path, StandardCharsets.ISO_8859_1)) {
      LineReader reader = new LineReader(lines);
      for (String line = reader.next(); line != null; line = reader.next()) {
        String[] words = line.split(" ", 3);
        if (words.length == 1 && line.equals("run")) {
          keys.values().forEach(Journal::startRun);
        } else if (words.length == 3 && words[0].equals(">")) {
          keys.computeIfAbsent(words[1], k -> new Expected()).unanswered.add(words[2]);
        } else if (words.length == 3 && words[0].equals("+")) {
          Expected expected = keys.computeIfAbsent(words[1], k -> new Expected());
          expected.acknowledged = words[2];
          // What was given up before in this run came before it or is refused for its number.
          expected.unanswered.clear();
          acknowledged++;
        }
      }
    }
    return new Content(acknowledged, keys);
  }

  private static void startRun(Expected expected) {
    expected.unansweredInEarlierRuns.addAll(expected.unanswered);
    expected.unanswered.clear();
  }

  /** Lines that end with a line feed. */
  private static final class LineReader {
    private final BufferedReader in;
    private final StringBuilder line = new StringBuilder();

    LineReader(BufferedReader in) {
      this.in = in;
    }

    @Nullable String next() throws IOException {
      line.setLength(0);
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (c == '\n') {
          return line.toString();
        }
        line.append((char) c);
      }
      return null;
    }
  }
}
