package io.rabia.persistence;

import static io.rabia.core.InvariantViolation.check;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.core.statemachine.StateView;
import io.rabia.persistence.LogReport.Place;
import io.rabia.persistence.LogStatus.State;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log in segment files of one directory (protocol.md section 6), with snapshots beside it. One
 * thread, but for {@link #snapshot}. {@link #append} is one write, {@link #flush} under FSYNC one
 * force by the calling thread, so {@link #durable} rises only during calls and {@code wakeup} is
 * never used. An engine with nothing to do calls {@link #flush} once more: then a mark is written
 * that states that the last groups are safe, so that damage to them can be told from a torn tail.
 *
 * <p>Errors: {@link RabiaException.Storage} when the disk fails or is full, or the directory cannot
 * be used or is in use; {@link RabiaException.Checksum} when groups that were safe are gone, so
 * that the member has lost its votes. After either, every call but {@link #durable} and {@link
 * #close} throws the same again and nothing more is written; a new instance starts from what is on
 * disk. {@link #open} leaves the directory as it found it when it finds damage.
 */
public final class FilePersistence implements Persistence {
  private static final Logger LOG = LoggerFactory.getLogger(FilePersistence.class);
  private static final int INITIAL_BUFFER_BYTES = 16 << 10;
  private static final String VOTES_LOST =
      ". This member has lost its votes and must not vote again under its token; recovery of such a"
          + " member is not available in this version";

  private final Disk disk;
  private final FilePersistenceConfig config;
  private final RecordCodec codec = new RecordCodec();
  private final SegmentReader reader = new SegmentReader();
  private final List<LogSegment> segments = new ArrayList<>();
  private final GroupIndex groups = new GroupIndex();
  private final SnapshotStore snapshots;

  /** The first group that a kept snapshot needs; 1 without one. */
  private volatile long needed = 1;

  /** Segments that are no longer of the log, to be deleted with the next snapshot. */
  private final Queue<String> dropped = new ConcurrentLinkedQueue<>();

  private ByteBuffer out = ByteBuffer.allocateDirect(INITIAL_BUFFER_BYTES);

  private boolean opened;
  private volatile boolean closed;
  private @Nullable RabiaException failure;
  private @Nullable Closeable lock;
  private @Nullable DiskFile active;

  private long start;
  private long lastNumber = NONE;
  private long durable = NONE;

  /** Positions in the whole log. flushed: the end at the last flush that had groups to take. */
  private long written;

  private long groupsEnd;
  private long flushed;
  private long stated;

  /**
   * Index of the first segment with bytes that no force of this run has covered; used under OS
   * only.
   */
  private int firstUnforced;

  public FilePersistence(Path directory, FilePersistenceConfig config) {
    this(new NioDisk(directory), config);
  }

  public FilePersistence(Disk disk, FilePersistenceConfig config) {
    this.disk = disk;
    this.config = config;
    snapshots = new SnapshotStore(disk);
  }

  @Override
  public Durability durability() {
    return config.durability();
  }

  @Override
  public long open(GroupHandler replay, Runnable wakeup) {
    check(!opened && !closed, "a log is opened once");
    opened = true;
    try {
      lock = disk.lock();
      recover();
      replay(replay);
      writeStatus(); // not earlier: who cannot use the log must leave a clean mark as it is
      return lastNumber;
    } catch (IOException e) {
      RabiaException storage = fail("cannot open the log", e);
      abandon(storage);
      throw storage;
    } catch (RabiaException e) {
      failure = e;
      abandon(e);
      throw e;
    } catch (RuntimeException | Error e) {
      closed = true;
      abandon(e);
      throw e;
    }
  }

  private void replay(GroupHandler replay) throws IOException {
    long from = 1;
    if (!snapshots.isEmpty()) {
      needed = snapshots.oldest();
      from = snapshots.newest();
      try (InputStream content = snapshots.readNewest()) {
        replay.onSnapshot(from, content);
      }
    }
    read(from, replay);
  }

  private void abandon(Throwable cause) {
    try {
      release();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /** Makes what is on disk safe, judges it, cuts an unsafe tail and readies the log to go on. */
  private void recover() throws IOException {
    LogStatus status = LogStatus.read(disk);
    requireSameBoot(status);
    for (String name : LogScan.segmentNames(disk)) {
      force(name);
    }
    for (String name : SnapshotStore.names(disk)) {
      force(name);
    }
    disk.forceDirectory();
    snapshots.open();
    LogScan scan = LogScan.of(disk, status, reader, snapshots);
    if (scan.damage() != null) {
      throw new RabiaException.Checksum(
          "the log in " + disk.location() + " is damaged: " + scan.damage() + VOTES_LOST);
    }
    if (scan.unsafeTail() != null) {
      cut(scan.unsafeTail());
    }
    segments.addAll(scan.segments());
    start = scan.lastStart() + 1;
    lastNumber = scan.lastNumber();
    written = scan.end();
    groupsEnd = scan.groupsEnd();
    stated = scan.stated();
    flushed = written;
    durable = lastNumber;
    if (segments.isEmpty()) {
      startSegment();
    } else {
      active = disk.openAppend(segments.get(segments.size() - 1).name());
    }
    firstUnforced = segments.size() - 1;
  }

  private void requireSameBoot(@Nullable LogStatus status) throws IOException {
    if (status == null || status.state() != State.RUNNING) {
      return;
    }
    String boot = disk.bootId();
    if (!boot.equals(status.boot())) {
      throw new RabiaException.Checksum(
          "the log in "
              + disk.location()
              + " was written with durability OS on boot "
              + status.boot()
              + " and not closed in order; this is boot "
              + boot
              + VOTES_LOST);
    }
  }

  private void writeStatus() throws IOException {
    long segment = activeSegment().first();
    LogStatus status =
        config.durability() == Durability.OS
            ? new LogStatus(start, segment, State.RUNNING, disk.bootId())
            : new LogStatus(start, segment, State.FORCED, "-");
    status.write(disk);
  }

  private void cut(Place tail) throws IOException {
    LOG.warn("cutting the unsafe tail of the log in {}: {}", disk.location(), tail);
    if (tail.offset() == 0) {
      disk.delete(tail.file());
      disk.forceDirectory();
      return;
    }
    try (DiskFile file = disk.openAppend(tail.file())) {
      file.truncate(tail.offset());
      file.force();
    }
  }

  private void force(String name) throws IOException {
    try (DiskFile file = disk.openAppend(name)) {
      file.force();
    }
  }

  @Override
  public long append(ByteBuffer group) {
    requireUsable();
    int length = group.remaining();
    if (length > config.maxGroupBytes()) {
      throw new RabiaException.Validation(
          "a group of " + length + " bytes, allowed are " + config.maxGroupBytes());
    }
    long size = RecordCodec.size(length);
    try {
      if (written + size - activeSegment().base() > config.segmentBytes() && !activeIsEmpty()) {
        roll();
      }
      reserve((int) size).put(RecordCodec.HEADER_BYTES, group, group.position(), length);
      groups.note(lastNumber + 1, written);
      write(length, lastNumber + 1);
    } catch (IOException | RuntimeException e) {
      throw fail("cannot write " + activeSegment().name(), e);
    }
    lastNumber++;
    groupsEnd = written;
    if (config.durability() == Durability.OS) {
      durable = lastNumber;
    }
    return lastNumber;
  }

  private LogSegment activeSegment() {
    return segments.get(segments.size() - 1);
  }

  private boolean activeIsEmpty() {
    return activeSegment().first() == lastNumber + 1;
  }

  private ByteBuffer reserve(int size) {
    if (size > out.capacity()) {
      out = ByteBuffer.allocateDirect(Math.max(size, Integer.highestOneBit(size - 1) * 2));
    }
    return out.clear().limit(size);
  }

  private void write(int length, long number) throws IOException {
    long safe = config.durability() == Durability.OS ? written : flushed;
    codec.seal(out, length, written, number, start, safe);
    int size = out.limit();
    activeFile().write(out);
    written += size;
    stated = Math.max(stated, safe);
  }

  private DiskFile activeFile() {
    return Objects.requireNonNull(active, "not open");
  }

  private void roll() throws IOException {
    if (config.durability() == Durability.FSYNC) {
      forceActive();
    }
    activeFile().close();
    startSegment();
    writeStatus();
  }

  /** The new file counts only when its header and its name in the directory are safe. */
  private void startSegment() throws IOException {
    LogSegment segment = new LogSegment(lastNumber + 1, written, start);
    active = disk.openAppend(segment.name());
    active.write(segment.header());
    active.force();
    disk.forceDirectory();
    segments.add(segment);
    written += LogSegment.HEADER_BYTES;
    stated = written;
    flushed = written;
    groupsEnd = written;
  }

  @Override
  public void flush() {
    requireUsable();
    try {
      if (groupsEnd > flushed) {
        flushGroups();
      } else if (groupsEnd > stated) {
        writeMark();
      }
    } catch (IOException | RuntimeException e) {
      throw fail("cannot flush " + activeSegment().name(), e);
    }
  }

  private void flushGroups() throws IOException {
    if (config.durability() == Durability.FSYNC) {
      forceActive();
    } else {
      flushed = written;
    }
  }

  private void forceActive() throws IOException {
    activeFile().force();
    flushed = written;
    durable = lastNumber;
  }

  private void writeMark() throws IOException {
    reserve(RecordCodec.HEADER_BYTES);
    write(RecordCodec.MARK, lastNumber);
  }

  @Override
  public long durable() {
    return durable;
  }

  @Override
  public void read(long from, GroupHandler handler) {
    requireUsable();
    long last = lastNumber;
    int index = segments.size() - 1;
    while (index > 0 && segments.get(index).first() > from) {
      index--;
    }
    boolean more = true;
    for (; more && index < segments.size() && segments.get(index).first() <= last; index++) {
      more = readSegment(index, from, last, handler);
    }
  }

  /** Returns false when the handler wants no more. */
  private boolean readSegment(int index, long from, long last, GroupHandler handler) {
    LogSegment segment = segments.get(index);
    boolean active = index == segments.size() - 1;
    long end = active ? written : segments.get(index + 1).base();
    long expected = segment.first();
    long lastHere = active ? last : segments.get(index + 1).first() - 1;
    try (DiskFile file = disk.openRead(segment.name())) {
      reader.start(file, segment.base(), end - segment.base());
      int place = groups.floor(from);
      if (place >= 0 && groups.position(place) > segment.base()) {
        reader.seek(groups.position(place) - segment.base());
        expected = groups.number(place);
      }
      while (expected <= lastHere) {
        if (!reader.next() || reader.number() != (reader.mark() ? expected - 1 : expected)) {
          throw damaged(segment, reader.offset());
        }
        if (reader.mark()) {
          continue;
        }
        groups.note(expected, reader.position());
        if (expected >= from && !handler.onGroup(expected, reader.body())) {
          return false;
        }
        expected++;
      }
      return true;
    } catch (IOException e) {
      throw fail("cannot read " + segment.name(), e);
    }
  }

  private RabiaException damaged(LogSegment segment, long offset) {
    failure =
        new RabiaException.Checksum(
            segment.name()
                + " in "
                + disk.location()
                + " is damaged near offset "
                + offset
                + VOTES_LOST);
    return failure;
  }

  /** A failure leaves the log usable and the snapshots before as they were. */
  @Override
  public long snapshot(long first, StateView content) {
    synchronized (snapshots) {
      if (closed) {
        throw new RabiaException.Closed("the log is closed");
      }
      try {
        snapshots.write(first, content);
      } catch (IOException e) {
        throw storage("cannot write a snapshot in " + disk.location(), e);
      }
      return snapshotKept();
    }
  }

  private long snapshotKept() {
    try {
      deleteDropped();
    } catch (IOException e) {
      throw storage("cannot write a snapshot in " + disk.location(), e);
    }
    needed = snapshots.oldest();
    return needed;
  }

  @Override
  public SnapshotWriter beginSnapshot(long first) {
    synchronized (snapshots) {
      if (closed) {
        throw new RabiaException.Closed("the log is closed");
      }
      try {
        return new IncomingSnapshot(snapshots, first, disk.location(), this::snapshotKept);
      } catch (IOException e) {
        throw storage("cannot write a snapshot in " + disk.location(), e);
      }
    }
  }

  @Override
  public @Nullable SnapshotReader openSnapshot() {
    requireUsable();
    try {
      return snapshots.reader();
    } catch (IOException e) {
      throw storage("cannot read a snapshot in " + disk.location(), e);
    }
  }

  /** Safe one by one, so that what is left after a loss of power has no gap. */
  private void deleteDropped() throws IOException {
    for (String name = dropped.poll(); name != null; name = dropped.poll()) {
      disk.delete(name);
      disk.forceDirectory();
    }
  }

  @Override
  public void compact(long first) {
    requireUsable();
    long end = Math.min(first, needed);
    int gone = 0;
    while (gone < segments.size() - 1 && segments.get(gone + 1).first() <= end) {
      dropped.add(segments.get(gone).name());
      gone++;
    }
    segments.subList(0, gone).clear();
    firstUnforced = Math.max(0, firstUnforced - gone);
    groups.dropBelow(segments.get(0).first());
  }

  @Override
  public long sizeBytes() {
    return segments.isEmpty() ? 0 : written - segments.get(0).base();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    snapshots.abandon();
    try {
      if (opened && failure == null) {
        finish();
      }
    } catch (IOException e) {
      RabiaException storage = fail("cannot close the log", e);
      abandon(storage);
      throw storage;
    }
    // Whoever takes the directory next must not meet a snapshot that is being written.
    synchronized (snapshots) {
      try {
        release();
      } catch (IOException e) {
        throw fail("cannot close the log", e);
      }
    }
  }

  /**
   * The mark says that everything before it is safe, so under FSYNC it comes after the force, and
   * is forced itself.
   */
  private void finish() throws IOException {
    if (groupsEnd > flushed) {
      flushGroups();
    }
    if (groupsEnd > stated) {
      writeMark();
    }
    if (config.durability() == Durability.FSYNC) {
      forceActive();
      return;
    }
    for (int i = firstUnforced; i < segments.size(); i++) {
      force(segments.get(i).name());
    }
    new LogStatus(start, activeSegment().first(), State.CLEAN, "-").write(disk);
  }

  private void release() throws IOException {
    DiskFile openFile = active;
    Closeable heldLock = lock;
    active = null;
    lock = null;
    try {
      if (openFile != null) {
        openFile.close();
      }
    } finally {
      if (heldLock != null) {
        heldLock.close();
      }
    }
  }

  private void requireUsable() {
    if (failure != null) {
      throw failure;
    }
    if (closed) {
      throw new RabiaException.Closed("the log is closed");
    }
    check(opened, "the log is not open");
  }

  private RabiaException fail(String what, Exception e) {
    failure = storage(what + " in " + disk.location(), e);
    return failure;
  }

  /** File system exceptions say what is wrong by their class, others by their message. */
  static RabiaException.Storage storage(String what, Exception e) {
    String why = e.getClass() == IOException.class ? e.getMessage() : e.toString();
    return new RabiaException.Storage(what + ": " + why, e);
  }
}
