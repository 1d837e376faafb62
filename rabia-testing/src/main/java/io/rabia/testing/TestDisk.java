package io.rabia.testing;

import io.rabia.persistence.Disk;
import io.rabia.persistence.DiskFile;
import io.rabia.persistence.NoSpaceException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A node's disk in memory: knows what was forced, survives the node, and fails on demand.
 * Thread-safe.
 */
final class TestDisk implements Disk {
  private static final int INITIAL_BYTES = 1 << 12;

  private static final class Content {
    byte[] bytes = new byte[INITIAL_BYTES];
    int size;
    int forced;

    /** What would be there if nothing had been written over it. */
    byte[] before = {};

    void losePower() {
      byte[] left = Arrays.copyOf(bytes, Math.max(INITIAL_BYTES, Math.max(forced, before.length)));
      if (before.length > forced) {
        System.arraycopy(before, forced, left, forced, before.length - forced);
      }
      bytes = left;
      size = Math.max(forced, before.length);
      forced = size;
      before = new byte[0];
    }
  }

  private Map<String, Content> names = new TreeMap<>();
  private Map<String, Content> forcedNames = new TreeMap<>();
  private int boot = 1;
  private boolean locked;

  private boolean full;
  private boolean tearNextWrite;
  private boolean failNextForce;
  private boolean powerFailed;
  private long failures;

  // ---- lives

  /** The process died: everything written is there. */
  synchronized void processDied() {
    locked = false;
    powerFailed = false;
    tearNextWrite = false;
    failNextForce = false;
  }

  /** The machine lost power: what was forced is there, and nothing else. */
  synchronized void powerLost() {
    powerBack();
    names = new TreeMap<>(forcedNames);
    names.values().forEach(Content::losePower);
  }

  /** The machine lost power, and everything written happened to be on its disk. */
  synchronized void powerBack() {
    processDied();
    boot++;
  }

  /** Another disk is put in. */
  synchronized void wipe() {
    names.clear();
    forcedNames.clear();
  }

  /** Flips a bit of the older half of the oldest segment; false when there is none. */
  synchronized boolean flipBit(Random random) {
    for (Map.Entry<String, Content> file : names.entrySet()) {
      int half = file.getValue().size / 2;
      if (file.getKey().endsWith(".rlog") && half > 0) {
        file.getValue().bytes[random.nextInt(half)] ^= (byte) (1 << random.nextInt(8));
        failures++;
        return true;
      }
    }
    return false;
  }

  // ---- faults

  synchronized void full(boolean now) {
    full = now;
  }

  synchronized void tearNextWrite(boolean now) {
    tearNextWrite = now;
  }

  synchronized void failNextForce(boolean now) {
    failNextForce = now;
  }

  /** How often a fault struck. */
  synchronized long failures() {
    return failures;
  }

  private IOException failed(String why) {
    failures++;
    return new IOException(why);
  }

  private void requirePower() throws IOException {
    if (powerFailed) {
      throw new IOException("the power is off");
    }
  }

  // ---- Disk

  @Override
  public String location() {
    return "memory";
  }

  @Override
  public synchronized Closeable lock() throws IOException {
    if (locked) {
      throw new IOException("the directory is in use");
    }
    locked = true;
    return () -> {
      synchronized (this) {
        locked = false;
      }
    };
  }

  @Override
  public synchronized List<String> list() {
    return List.copyOf(names.keySet());
  }

  private Content existing(@Nullable Content content, String name) throws IOException {
    if (content == null) {
      throw new IOException("no file " + name);
    }
    return content;
  }

  @Override
  public synchronized DiskFile openRead(String name) throws IOException {
    return new File(existing(names.get(name), name));
  }

  @Override
  public synchronized DiskFile openAppend(String name) throws IOException {
    requirePower();
    if (!names.containsKey(name)) {
      requireSpace();
    }
    return new File(names.computeIfAbsent(name, fresh -> new Content()));
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    requirePower();
    names.put(to, existing(names.remove(from), from));
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    requirePower();
    names.remove(name);
  }

  @Override
  public synchronized void forceDirectory() throws IOException {
    requirePower();
    forcedNames = new TreeMap<>(names);
  }

  @Override
  public synchronized String bootId() {
    return "boot-" + boot;
  }

  private void requireSpace() throws IOException {
    if (full) {
      failures++;
      throw new NoSpaceException("No space left on device");
    }
  }

  private final class File implements DiskFile {
    private final Content content;
    private int end;

    File(Content content) {
      this.content = content;
      end = content.size;
    }

    @Override
    public long size() {
      synchronized (TestDisk.this) {
        return content.size;
      }
    }

    @Override
    public void read(ByteBuffer target, long position) {
      synchronized (TestDisk.this) {
        int from = (int) Math.min(position, content.size);
        target.put(content.bytes, from, Math.min(content.size - from, target.remaining()));
      }
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      synchronized (TestDisk.this) {
        requirePower();
        requireSpace();
        if (tearNextWrite && source.remaining() > 1) {
          powerFailed = true;
          store(source.slice(source.position(), source.remaining() / 2));
          throw failed("the power failed in the middle of a write");
        }
        store(source);
      }
    }

    private void store(ByteBuffer source) {
      int from = end;
      end += source.remaining();
      if (end > content.bytes.length) {
        content.bytes = Arrays.copyOf(content.bytes, 2 * end);
      }
      source.get(content.bytes, from, source.remaining());
      content.size = Math.max(content.size, end);
    }

    @Override
    public void rewind() {
      synchronized (TestDisk.this) {
        content.before = Arrays.copyOf(content.bytes, content.forced);
        content.forced = 0;
        end = 0;
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      synchronized (TestDisk.this) {
        requirePower();
        content.size = (int) Math.min(size, content.size);
        content.forced = Math.min(content.forced, content.size);
        content.before =
            Arrays.copyOf(content.before, Math.min(content.before.length, content.size));
        end = content.size;
      }
    }

    @Override
    public void force() throws IOException {
      synchronized (TestDisk.this) {
        requirePower();
        if (failNextForce) {
          failNextForce = false;
          throw failed("Input/output error");
        }
        content.forced = end;
      }
    }

    @Override
    public void close() {}
  }
}
