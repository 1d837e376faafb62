package io.rabia.testing.sim;

import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.persistence.Disk;
import io.rabia.persistence.DiskFile;
import io.rabia.persistence.FilePersistence;
import io.rabia.persistence.FilePersistenceConfig;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A disk under the production log. What was written survives the death of the process; the loss of
 * power takes, of what was not forced, the end of a file, or any blocks of it, and any suffix of
 * the creates, renames and deletes. Who forces a file waits; everything else is instant. One
 * thread.
 */
final class SimDisk implements Storage {
  private static final int BLOCK = 512;

  /** Not those that were moved aside. */
  private static final Pattern SEGMENT = Pattern.compile("log-[0-9]+\\.rlog");

  private static final Pattern SNAPSHOT = Pattern.compile("snapshot-[0-9]+\\.rsnap");
  private static final double SNAPSHOTS = 0.25;

  /**
   * A file's bytes now, how many of them were written (behind them are zeros, or what was there
   * before it was written over from its beginning), how many of these would survive a loss of power
   * for sure, and of these how many were forced before something was written and forced behind
   * them: what the log then stated to be safe.
   */
  private static final class Content {
    byte[] bytes = {};
    int size;
    int written;
    int forced;
    int forcedAtWrite;
    int stated;

    /** What is there where nothing that was written over it survives. */
    byte[] before = {};

    /** So many bytes of it, which are safe. */
    Content copy(int end) {
      Content copy = new Content();
      copy.bytes = Arrays.copyOf(bytes, end);
      copy.size = end;
      copy.written = end;
      copy.forced = end;
      copy.stated = Math.min(stated, end);
      copy.forcedAtWrite = copy.stated;
      return copy;
    }
  }

  private static final class Machine {
    long boot;
  }

  private final SimRandom random;
  private final Durability durability;
  private final int segmentBytes;
  private final long forceNanos;
  private Map<String, Content> names = new TreeMap<>();
  private Map<String, Content> forcedNames = new TreeMap<>();

  /** Names in which the two may differ. */
  private final Set<String> unforcedNames = new TreeSet<>();

  private final Machine machine;
  private long slow;
  private Life life = new Life(Deaths.NONE);

  SimDisk(SimRandom random, Durability durability, int segmentBytes, long forceNanos) {
    this(random, durability, segmentBytes, forceNanos, new Machine());
    machine.boot = random.nextLong();
  }

  private SimDisk(
      SimRandom random, Durability durability, int segmentBytes, long forceNanos, Machine machine) {
    this.random = random;
    this.durability = durability;
    this.segmentBytes = segmentBytes;
    this.forceNanos = forceNanos;
    this.machine = machine;
  }

  @Override
  public Persistence open(Deaths deaths) {
    life = new Life(deaths);
    return new FilePersistence(
        life,
        FilePersistenceConfig.builder().durability(durability).segmentBytes(segmentBytes).build());
  }

  @Override
  public boolean slow(long nanos) {
    boolean forces = durability == Durability.FSYNC;
    slow = forces ? nanos : 0;
    return forces;
  }

  private long forceTime() {
    long usual = forceNanos + slow;
    return usual == 0 ? 0 : random.between(1, 2 * usual);
  }

  @Override
  public @Nullable Flip flipBit() {
    List<Map.Entry<String, Content>> snapshots = files(SNAPSHOT);
    boolean ofLog = snapshots.isEmpty() || !random.chance(SNAPSHOTS);
    List<Map.Entry<String, Content>> files = ofLog ? files(SEGMENT) : snapshots;
    if (files.isEmpty()) {
      return null;
    }
    Map.Entry<String, Content> file = files.get(random.below(files.size()));
    int at = random.below(file.getValue().stated);
    file.getValue().bytes[at] ^= (byte) (1 << random.below(8));
    return new Flip("byte " + at + " of " + file.getKey(), ofLog);
  }

  /** With something in them that is stated to be safe: as a snapshot is by its name. */
  private List<Map.Entry<String, Content>> files(Pattern kind) {
    return names.entrySet().stream()
        .filter(file -> kind.matcher(file.getKey()).matches() && file.getValue().stated > 0)
        .toList();
  }

  @Override
  public Storage copy() {
    SimDisk copy = new SimDisk(random.fork(), durability, segmentBytes, forceNanos, machine);
    boolean forces = durability == Durability.FSYNC;
    (forces ? forcedNames : names)
        .forEach(
            (name, content) ->
                copy.names.put(name, content.copy(forces ? content.forced : content.size)));
    copy.forcedNames = new TreeMap<>(copy.names);
    return copy;
  }

  @Override
  public long unforcedBytes() {
    return names.entrySet().stream()
        .filter(file -> SEGMENT.matcher(file.getKey()).matches())
        .mapToLong(file -> Math.max(0, file.getValue().written - file.getValue().forced))
        .sum();
  }

  @Override
  public Durability durability() {
    return durability;
  }

  @Override
  public boolean hasPageCache() {
    return durability == Durability.FSYNC;
  }

  @Override
  public String crash(boolean power) {
    life.dead = true;
    return power && durability == Durability.FSYNC ? reboot() : "";
  }

  @Override
  public String reboot() {
    life.dead = true;
    machine.boot = random.nextLong();
    names = random.chance(0.5) ? names : new TreeMap<>(forcedNames);
    boolean inOrder = random.chance(0.5);
    long torn = 0;
    for (Content content : names.values()) {
      torn += tear(content, inOrder ? 0 : 0.3);
    }
    forcedNames = new TreeMap<>(names);
    unforcedNames.clear();
    return torn == 0 ? "" : "has lost " + torn + " bytes: not forced";
  }

  /** After a force that failed, what was to be forced may be gone. */
  private void lose(Content content) {
    if (random.chance(0.5)) {
      int size = content.size;
      int written = content.written;
      int forced = content.forced;
      byte[] before = content.before;
      tear(content, 0.3);
      content.bytes = Arrays.copyOf(content.bytes, size);
      content.size = size;
      content.written = written;
      content.forced = forced;
      content.before = before;
    }
  }

  /** What was reserved may end up as zeros that are there. Returns how many bytes are lost. */
  private int tear(Content content, double holes) {
    int size = (int) random.between(Math.min(content.forced, content.size), content.size + 1L);
    byte[] survivor = Arrays.copyOf(content.bytes, Math.max(size, content.before.length));
    bringBack(content, survivor, size, survivor.length);
    int lost = Math.max(0, content.written - size);
    for (int at = 0; at < size; at += BLOCK) {
      if (random.chance(holes)) {
        int from = Math.max(at, content.forced);
        int end = Math.min(Math.min(size, content.written), at + BLOCK);
        if (from < end) {
          bringBack(content, survivor, from, end);
          lost += end - from;
        }
      }
    }
    content.bytes = random.chance(0.5) ? survivor : Arrays.copyOf(survivor, content.size);
    content.size = content.bytes.length;
    content.before = new byte[0];
    content.written = content.size;
    content.forced = content.size;
    // The records that would have stated more may be torn.
    content.forcedAtWrite = lost == 0 ? content.forcedAtWrite : content.stated;
    return lost;
  }

  private static void bringBack(Content content, byte[] into, int from, int end) {
    int middle = Math.max(from, Math.min(end, content.before.length));
    System.arraycopy(
        content.before, Math.min(from, content.before.length), into, from, middle - from);
    Arrays.fill(into, middle, end, (byte) 0);
  }

  @Override
  public String toString() {
    return names.size()
        + " files under "
        + durability
        + ", forced within "
        + 2 * (forceNanos + slow) / SimClock.MICRO
        + " us";
  }

  /** The disk as one process sees it. */
  private final class Life implements Disk {
    private final Deaths deaths;
    private boolean dead;

    Life(Deaths deaths) {
      this.deaths = deaths;
    }

    private void use() throws IOException {
      if (dead) {
        throw new IOException("the process is dead");
      }
      deaths.beforeAction();
    }

    private Content existing(String name) throws IOException {
      Content content = names.get(name);
      if (content == null) {
        throw new IOException("no file " + name);
      }
      return content;
    }

    @Override
    public String location() {
      return "simulated";
    }

    @Override
    public Closeable lock() {
      return () -> {};
    }

    @Override
    public List<String> list() {
      return List.copyOf(names.keySet());
    }

    @Override
    public DiskFile openRead(String name) throws IOException {
      return new File(existing(name));
    }

    @Override
    public DiskFile openAppend(String name) throws IOException {
      use();
      unforcedNames.add(name);
      Content content = names.computeIfAbsent(name, fresh -> new Content());
      content.written = content.size;
      return new File(content);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      use();
      Content content = existing(from);
      content.stated = SNAPSHOT.matcher(to).matches() ? content.forced : content.stated;
      names.put(to, content);
      names.remove(from);
      unforcedNames.addAll(List.of(from, to));
    }

    @Override
    public void delete(String name) throws IOException {
      use();
      names.remove(name);
      unforcedNames.add(name);
    }

    @Override
    public void forceDirectory() throws IOException {
      use();
      for (String name : unforcedNames) {
        forcedNames.compute(name, (same, before) -> names.get(name));
      }
      unforcedNames.clear();
    }

    @Override
    public String bootId() {
      return Long.toHexString(machine.boot);
    }

    private final class File implements DiskFile {
      private final Content content;

      File(Content content) {
        this.content = content;
      }

      @Override
      public long size() {
        return content.size;
      }

      @Override
      public void read(ByteBuffer target, long position) {
        int left = (int) Math.max(0, content.size - position);
        target.put(
            content.bytes,
            (int) Math.min(position, content.size),
            Math.min(left, target.remaining()));
      }

      @Override
      public void write(ByteBuffer source) throws IOException {
        use();
        int length = source.remaining();
        int taken = deaths.taken(length);
        content.forcedAtWrite = taken < length ? content.forcedAtWrite : content.forced;
        append(source.limit(source.position() + taken));
        if (taken < length) {
          deaths.cutShort();
        }
      }

      private void append(ByteBuffer source) {
        int length = source.remaining();
        grow(content.written + length);
        source.get(content.bytes, content.written, length);
        content.written += length;
      }

      private void grow(int size) {
        if (size > content.bytes.length) {
          content.bytes = Arrays.copyOf(content.bytes, Math.max(1 << 12, 2 * size));
        }
        content.size = Math.max(content.size, size);
      }

      @Override
      public void reserve(long size) throws IOException {
        use();
        int from = content.size;
        grow((int) size);
        Arrays.fill(content.bytes, from, content.size, (byte) 0);
      }

      @Override
      public void rewind() throws IOException {
        use();
        content.before = Arrays.copyOf(content.bytes, content.size);
        content.written = 0;
        content.forced = 0;
        content.forcedAtWrite = 0;
        content.stated = 0;
      }

      @Override
      public void truncate(long size) throws IOException {
        use();
        content.size = (int) Math.min(size, content.size);
        content.before =
            Arrays.copyOf(content.before, Math.min(content.before.length, content.size));
        content.written = content.size;
        content.forced = Math.min(content.forced, content.size);
        content.stated = Math.min(content.stated, content.size);
        content.forcedAtWrite = content.stated;
      }

      @Override
      public void force() throws IOException {
        if (content.forced < content.written) {
          try {
            deaths.beforeForce();
          } catch (IOException e) {
            lose(content);
            throw e;
          }
          deaths.waits(forceTime());
        }
        use();
        content.forced = content.written;
        content.stated = content.forcedAtWrite;
      }

      @Override
      public void close() {}
    }
  }
}
