package io.rabia.persistence;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A disk that remembers what was forced, can stop before any operation, and can lose any part of
 * the rest. One thread.
 */
final class MemoryDisk implements Disk {

  enum Operation {
    OPEN,
    READ,
    WRITE,
    FORCE,
    TRUNCATE,
    RENAME,
    DELETE,
    LIST,
    FORCE_DIRECTORY
  }

  private static final int SECTOR = 64;

  private final Map<String, Inode> names = new TreeMap<>();
  private final Map<String, Inode> safeNames = new HashMap<>();
  private final List<Rename> unsafeNames = new ArrayList<>();
  private final List<Operation> history = new ArrayList<>();
  private String bootId;
  private boolean locked;
  private int stopBefore = Integer.MAX_VALUE;
  private int failAt = Integer.MAX_VALUE;
  private @Nullable Operation failNext;
  private int noRoomAtForce;
  private long bytesRead;
  private int writtenOver;
  private long room = Long.MAX_VALUE;
  private int files = Integer.MAX_VALUE;

  MemoryDisk(String bootId) {
    this.bootId = bootId;
  }

  /** By all readers so far. */
  long bytesRead() {
    return bytesRead;
  }

  /** Every operation from this one on (0: the first of all) does nothing and fails. */
  MemoryDisk stopBefore(int operation) {
    stopBefore = operation;
    return this;
  }

  /** This operation fails, a write after half of its bytes; the others work. */
  MemoryDisk failAt(int operation) {
    failAt = operation;
    return this;
  }

  /** The next operation of this kind fails, a write after half of its bytes. */
  MemoryDisk failNext(Operation operation) {
    failNext = operation;
    return this;
  }

  /** Only at the next force of a file it is found that there is no room for it. */
  MemoryDisk noRoomAtNextForce() {
    return noRoomAtForce(1);
  }

  /** The same at the force after so many less one. */
  MemoryDisk noRoomAtForce(int force) {
    noRoomAtForce = force;
    return this;
  }

  /** So many bytes may all files have together. */
  MemoryDisk room(long bytes) {
    room = bytes;
    return this;
  }

  /** So many files there may be. */
  MemoryDisk files(int count) {
    files = count;
    return this;
  }

  long used() {
    return names.values().stream().mapToLong(inode -> inode.size).sum();
  }

  /** So many segments were begun in files that had been others. */
  int writtenOver() {
    return writtenOver;
  }

  List<Operation> history() {
    return history;
  }

  boolean stopped() {
    return history.size() > stopBefore;
  }

  /**
   * The same disk for the next process of the same machine: what was written is there, what was
   * forced is safe.
   */
  MemoryDisk afterProcessDeath() {
    locked = false;
    stopBefore = Integer.MAX_VALUE;
    failAt = Integer.MAX_VALUE;
    history.clear();
    return this;
  }

  /** What the next boot finds: of everything not forced any part may be there. */
  MemoryDisk afterPowerLoss(Random random) {
    random.nextInt(); // which is much the same of all small seeds
    MemoryDisk next = new MemoryDisk(bootId + "'");
    Map<String, Inode> survivors = new TreeMap<>(safeNames);
    for (Rename rename : unsafeNames) {
      if (random.nextBoolean()) {
        rename.apply(survivors);
      }
    }
    Map<Inode, Inode> copies = new HashMap<>();
    survivors.forEach(
        (name, inode) ->
            next.put(name, copies.computeIfAbsent(inode, i -> i.afterPowerLoss(random))));
    return next;
  }

  /** An independent disk with the same bytes, all of them safe, on the same boot. */
  MemoryDisk copy() {
    MemoryDisk copy = new MemoryDisk(bootId);
    names.forEach((name, inode) -> copy.put(name, new Inode(inode.content())));
    return copy;
  }

  MemoryDisk rebooted() {
    bootId += "'";
    return this;
  }

  byte[] content(String name) {
    return names.get(name).content();
  }

  void content(String name, byte[] bytes) {
    put(name, new Inode(bytes));
  }

  void remove(String name) {
    names.remove(name);
    safeNames.remove(name);
  }

  Map<String, ByteBuffer> contents() {
    Map<String, ByteBuffer> contents = new TreeMap<>();
    names.forEach((name, inode) -> contents.put(name, ByteBuffer.wrap(inode.content())));
    return contents;
  }

  List<String> segments() {
    return names.keySet().stream().filter(name -> name.endsWith(".rlog")).toList();
  }

  List<String> spares() {
    return names.keySet().stream().filter(name -> name.endsWith(".spare")).toList();
  }

  private void put(String name, Inode inode) {
    names.put(name, inode);
    safeNames.put(name, inode);
  }

  /** Returns true if the operation has to fail after a part of its work. */
  private boolean begin(Operation operation) throws IOException {
    int index = history.size();
    history.add(operation);
    if (index >= stopBefore) {
      throw new IOException("the power is off");
    }
    boolean fails = index == failAt || operation == failNext;
    failNext = fails ? null : failNext;
    if (fails && operation != Operation.WRITE) {
      throw new IOException("planted failure of " + operation);
    }
    return fails;
  }

  @Override
  public String location() {
    return "memory";
  }

  @Override
  public Closeable lock() throws IOException {
    if (locked) {
      throw new IOException("the directory is in use");
    }
    locked = true;
    return () -> locked = false;
  }

  @Override
  public List<String> list() throws IOException {
    begin(Operation.LIST);
    return List.copyOf(names.keySet());
  }

  @Override
  public DiskFile openRead(String name) throws IOException {
    begin(Operation.OPEN);
    Inode inode = names.get(name);
    if (inode == null) {
      throw new FileNotFoundException(name);
    }
    return new MemoryFile(inode);
  }

  @Override
  public DiskFile openAppend(String name) throws IOException {
    begin(Operation.OPEN);
    if (!names.containsKey(name)) {
      if (used() >= room || names.size() >= files) {
        throw new NoSpaceException("No space left on device");
      }
      change(new Rename(null, name, new Inode(new byte[0])));
    }
    return new MemoryFile(names.get(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    begin(Operation.RENAME);
    Inode inode = names.get(from);
    if (inode == null) {
      throw new FileNotFoundException(from);
    }
    change(new Rename(from, to, inode));
    writtenOver += to.endsWith(".rlog") ? 1 : 0;
  }

  @Override
  public void delete(String name) throws IOException {
    begin(Operation.DELETE);
    Inode inode = names.get(name);
    if (inode != null) {
      change(new Rename(name, null, inode));
    }
  }

  private void change(Rename rename) {
    rename.apply(names);
    unsafeNames.add(rename);
  }

  @Override
  public void forceDirectory() throws IOException {
    begin(Operation.FORCE_DIRECTORY);
    safeNames.clear();
    safeNames.putAll(names);
    unsafeNames.clear();
  }

  @Override
  public String bootId() {
    return bootId;
  }

  /** A change of the directory: create (no source), delete (no target) or rename. */
  private record Rename(@Nullable String from, @Nullable String to, Inode inode) {
    void apply(Map<String, Inode> names) {
      if (from != null) {
        names.remove(from);
      }
      if (to != null) {
        names.put(to, inode);
      }
    }
  }

  /** Bytes written at a place, or a new size (no bytes). */
  private record Change(long at, byte @Nullable [] bytes) {}

  private static final class Inode {
    private byte[] safe;
    private byte[] bytes;
    private int size;
    private final List<Change> unsafe = new ArrayList<>();

    Inode(byte[] content) {
      safe = content.clone();
      bytes = content.clone();
      size = content.length;
    }

    byte[] content() {
      return Arrays.copyOf(bytes, size);
    }

    void write(int at, byte[] written, int length) {
      unsafe.add(new Change(at, Arrays.copyOf(written, length)));
      if (at + length > bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * (at + length));
      }
      System.arraycopy(written, 0, bytes, at, length);
      size = Math.max(size, at + length);
    }

    void truncate(int to) {
      unsafe.add(new Change(to, null));
      Arrays.fill(bytes, Math.min(to, size), size, (byte) 0);
      size = Math.min(to, size);
    }

    void force() {
      safe = content();
      unsafe.clear();
    }

    Inode afterPowerLoss(Random random) {
      byte[] left = safe.clone();
      for (Change change : unsafe) {
        byte[] written = change.bytes();
        if (written == null) {
          left = random.nextBoolean() ? Arrays.copyOf(left, (int) change.at()) : left;
        } else {
          left = keep(left, (int) change.at(), written, random);
        }
      }
      return new Inode(left);
    }

    /** All, nothing, a beginning, zeros in its place, or any sectors of it. */
    private static byte[] keep(byte[] into, int at, byte[] written, Random random) {
      int kind = random.nextInt(5);
      if (kind == 0) {
        return into;
      }
      int length = kind == 1 ? random.nextInt(written.length) : written.length;
      byte[] result = Arrays.copyOf(into, Math.max(into.length, at + length));
      for (int i = 0; kind != 2 && i < length; i += SECTOR) {
        if (kind != 3 || random.nextBoolean()) {
          System.arraycopy(written, i, result, at + i, Math.min(SECTOR, length - i));
        }
      }
      return result;
    }
  }

  private final class MemoryFile implements DiskFile {
    private final Inode inode;
    private int end;

    MemoryFile(Inode inode) {
      this.inode = inode;
      end = inode.size;
    }

    @Override
    public long size() {
      return inode.size;
    }

    @Override
    public void read(ByteBuffer target, long position) throws IOException {
      begin(Operation.READ);
      int length = (int) Math.min(target.remaining(), Math.max(0, inode.size - position));
      bytesRead += length;
      if (length > 0) {
        target.put(inode.bytes, (int) position, length);
      }
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      boolean fails = begin(Operation.WRITE);
      byte[] written = new byte[source.remaining()];
      source.get(written);
      end = write(end, written, fails);
    }

    @Override
    public void reserve(long size) throws IOException {
      if (inode.size < size) {
        boolean fails = begin(Operation.WRITE);
        write(inode.size, new byte[(int) (size - inode.size)], fails);
      }
    }

    private int write(int at, byte[] written, boolean fails) throws IOException {
      long left = Math.max(0, room - used()) + inode.size - at;
      if (left < written.length) {
        if (left > 0) {
          inode.write(at, written, (int) left);
        }
        throw new NoSpaceException("No space left on device");
      }
      int length = fails ? written.length / 2 : written.length;
      inode.write(at, written, length);
      if (fails) {
        throw new IOException("No space left on device");
      }
      return at + length;
    }

    @Override
    public void rewind() {
      end = 0;
    }

    @Override
    public void truncate(long size) throws IOException {
      begin(Operation.TRUNCATE);
      inode.truncate((int) size);
      end = inode.size;
    }

    @Override
    public void force() throws IOException {
      begin(Operation.FORCE);
      noRoomAtForce--;
      if (noRoomAtForce == 0) {
        throw new NoSpaceException("No space left on device");
      }
      inode.force();
    }

    @Override
    public void close() {}
  }
}
