package io.rabia.persistence;

import static io.rabia.core.InvariantViolation.check;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.core.statemachine.StateView;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
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
 * <p>Under FSYNC the newest segment is longer than its records until the log is closed, by zeros or
 * by what it held before: up to four segments that are not needed any more are kept, to be written
 * over.
 *
 * <p>When {@link #open} finds that groups are gone that were safe, or that may have been lost with
 * the machine's memory, it asks the handler ({@link GroupHandler#onVotesLost}), and leaves the
 * directory as it found it when that refuses. Else it forces the mark {@code state=LOST} and gives
 * every segment another name, with {@code .lost-} at its end; nothing reads those again.
 *
 * <p>A disk without room is waited for ({@link #full}): what was written of a group is taken back,
 * and the group and those after it are kept in memory until {@link #flush} finds room.
 *
 * <p>Errors: {@link RabiaException.Storage} when the disk fails, or the directory cannot be used or
 * is in use; {@link RabiaException.Checksum} when damage is met while it runs. After either, every
 * call but {@link #durable} and {@link #close} throws the same again and nothing more is written; a
 * new instance starts from what is on disk. A snapshot of which a force failed ends the log, too;
 * one that cannot be written or read for another reason leaves the log as it is.
 */
public final class FilePersistence implements Persistence {
  private static final Logger LOG = LoggerFactory.getLogger(FilePersistence.class);

  private final FailStopDisk disk;
  private final FilePersistenceConfig config;
  private final SegmentReader reader = new SegmentReader();
  private final GroupIndex groups = new GroupIndex();
  private final SnapshotStore snapshots;
  private final SpareSegments spares;
  private final LogWriter writer;

  /** The first group that a kept snapshot needs; 1 without one. */
  private volatile long needed = 1;

  /**
   * Segments that are no longer of the log, to be let go of with the next snapshot, or for want of
   * room.
   */
  private final Queue<String> dropped = new ConcurrentLinkedQueue<>();

  /** Groups for which there was no room. */
  private final Queue<ByteBuffer> waiting = new ArrayDeque<>();

  private boolean opened;
  private volatile boolean closed;
  private @Nullable RabiaException failure;
  private @Nullable Closeable lock;

  private long appended = NONE;
  private long durable = NONE;
  private boolean full;

  /** The log before this one was moved aside, and no group of this one is safe yet. */
  private boolean afterLoss;

  public FilePersistence(Path directory, FilePersistenceConfig config) {
    this(new NioDisk(directory), config);
  }

  public FilePersistence(Disk disk, FilePersistenceConfig config) {
    this.disk = new FailStopDisk(disk);
    this.config = config;
    snapshots = new SnapshotStore(this.disk);
    spares = new SpareSegments(this.disk, config);
    writer = new LogWriter(this.disk, config, groups, spares);
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
      recover(replay);
      replay(replay);
      if (!afterLoss) {
        writer.writeStatus(); // not earlier: who cannot use it must leave a clean mark as it is
      }
      durable = appended;
      return appended;
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

  @Override
  public boolean look(GroupHandler handler) {
    check(!closed, "the log is closed");
    try {
      Closeable held = lock == null ? disk.lock() : () -> {};
      try {
        return new LogRecovery(disk, new SnapshotStore(disk), new SegmentReader()).look(handler);
      } finally {
        held.close();
      }
    } catch (IOException e) {
      throw storage("cannot read the log in " + disk.location(), e);
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

  private void recover(GroupHandler replay) throws IOException {
    LogRecovery recovery = new LogRecovery(disk, snapshots, reader);
    LogScan found = recovery.recover(config.durability(), replay);
    if (found == null) {
      afterLoss = true;
      writer.begin(snapshots.isEmpty() ? 1 : snapshots.newest(), recovery.lastStart() + 1);
    } else {
      writer.resume(found);
    }
    appended = writer.lastNumber();
  }

  @Override
  public long append(ByteBuffer group) {
    requireUsable();
    int length = group.remaining();
    if (length > config.maxGroupBytes()) {
      throw new RabiaException.Validation(
          "a group of " + length + " bytes, allowed are " + config.maxGroupBytes());
    }
    if (!full) {
      write(group);
    }
    if (full) {
      waiting.add(ByteBuffer.allocate(length).put(group.duplicate()).flip());
    }
    return ++appended;
  }

  private void write(ByteBuffer group) {
    try {
      writer.append(group);
      if (config.durability() == Durability.OS && !afterLoss) {
        durable = writer.lastNumber();
      }
    } catch (NoSpaceException e) {
      LOG.warn("No room in {}: {}; what is appended waits", disk.location(), e.getMessage());
      full = true;
    } catch (IOException | RuntimeException e) {
      throw fail("cannot write " + writer.activeSegment().name(), e);
    }
  }

  @Override
  public void flush() {
    requireUsable();
    try {
      writeWaiting();
      settleLoss();
      writer.flush();
      durable = writer.lastNumber();
    } catch (IOException | RuntimeException e) {
      throw fail("cannot flush " + writer.activeSegment().name(), e);
    }
  }

  /** The new identity is safe, and stated to be: from now on this is a log as any other. */
  private void settleLoss() throws IOException {
    if (afterLoss && writer.lastNumber() > durable) {
      writer.finish();
      writer.writeStatus();
      afterLoss = false;
    }
  }

  private void writeWaiting() throws IOException {
    if (!full) {
      return;
    }
    if (!hasRoom()) {
      giveRoom();
      if (!hasRoom()) {
        return;
      }
    }
    full = false;
    LOG.info("There is room again in {}", disk.location());
  }

  private boolean hasRoom() throws IOException {
    try {
      for (ByteBuffer group = waiting.peek(); group != null; group = waiting.peek()) {
        writer.append(group);
        waiting.remove();
      }
      return true;
    } catch (NoSpaceException e) {
      return false;
    }
  }

  @Override
  public boolean full() {
    requireWorking();
    return full;
  }

  @Override
  public long durable() {
    return durable;
  }

  @Override
  public void read(long from, GroupHandler handler) {
    requireUsable();
    List<LogSegment> segments = writer.segments();
    long last = writer.lastNumber();
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
    List<LogSegment> segments = writer.segments();
    LogSegment segment = segments.get(index);
    boolean active = index == segments.size() - 1;
    long end = active ? writer.end() : segments.get(index + 1).base();
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
                + "; this member has lost its votes");
    return failure;
  }

  /** A failure leaves the snapshots before as they were, and the log unless a force failed. */
  @Override
  public long snapshot(long first, StateView content) {
    synchronized (snapshots) {
      if (closed) {
        throw new RabiaException.Closed("the log is closed");
      }
      try {
        snapshots.write(first, content);
      } catch (IOException e) {
        throw noSnapshot(e);
      }
      return snapshotKept();
    }
  }

  private RabiaException noSnapshot(IOException e) {
    RabiaException failed = storage("cannot write a snapshot in " + disk.location(), e);
    if (e instanceof NoSpaceException || e.getCause() instanceof NoSpaceException) {
      try {
        giveRoom();
      } catch (IOException another) {
        failed.addSuppressed(another);
      }
    }
    return failed;
  }

  private long snapshotKept() {
    needed = snapshots.oldest();
    try {
      letGoOfDropped(true);
    } catch (IOException e) {
      LOG.warn("What the log in {} has let go of stays for now: {}", disk.location(), e.toString());
    }
    return needed;
  }

  @Override
  public SnapshotWriter beginSnapshot(long first) {
    synchronized (snapshots) {
      if (closed) {
        throw new RabiaException.Closed("the log is closed");
      }
      try {
        return new IncomingSnapshot(snapshots, first, this::noSnapshot, this::snapshotKept);
      } catch (IOException e) {
        throw noSnapshot(e);
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

  /**
   * Safe one by one, so that what is left after a loss of power has no gap; so one that cannot be
   * deleted is tried again before any later one.
   */
  private void letGoOfDropped(boolean keep) throws IOException {
    synchronized (dropped) {
      for (String name = dropped.peek(); name != null; name = dropped.peek()) {
        if (keep) {
          spares.put(name);
        } else {
          disk.delete(name);
          disk.forceDirectory();
        }
        dropped.remove();
      }
    }
  }

  private void giveRoom() throws IOException {
    spares.clear();
    letGoOfDropped(false);
  }

  @Override
  public void compact(long first) {
    requireUsable();
    dropped.addAll(writer.dropBelow(Math.min(first, needed)));
  }

  @Override
  public long sizeBytes() {
    List<LogSegment> segments = writer.segments();
    return segments.isEmpty() ? 0 : writer.end() - segments.get(0).base();
  }

  @Override
  public void disown(String why, boolean stateIsRight) {
    requireUsable();
    try {
      if (!stateIsRight) {
        forgetState();
      }
      writer.writeLostStatus(why);
    } catch (IOException e) {
      throw fail("cannot mark the log", e);
    }
    failure = new RabiaException.NotAMember("the votes in this log were given up: " + why);
  }

  /** Before the log is given up: in between it is a log whose front is missing, or all of it. */
  private void forgetState() throws IOException {
    snapshots.abandon();
    synchronized (snapshots) {
      snapshots.clear();
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    snapshots.abandon();
    try {
      if (opened && failure == null && disk.failure() == null) {
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

  private void finish() throws IOException {
    writeWaiting();
    if (full) {
      LOG.warn("{} groups are lost that were not durable, for want of room", waiting.size());
    }
    settleLoss();
    giveRoom(); // else a loss of power would leave them without what was not forced
    writer.finish();
    durable = writer.lastNumber();
    if (config.durability() == Durability.OS && !afterLoss) {
      writer.writeCleanStatus();
    }
  }

  private void release() throws IOException {
    Closeable heldLock = lock;
    lock = null;
    try {
      writer.close();
    } finally {
      if (heldLock != null) {
        heldLock.close();
      }
    }
  }

  private void requireWorking() {
    IOException failedForce = disk.failure();
    if (failure == null && failedForce != null) {
      fail("cannot force a file", failedForce);
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void requireUsable() {
    requireWorking();
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
    boolean plain = e.getClass() == IOException.class || e instanceof NoSpaceException;
    String why = plain ? e.getMessage() : e.toString();
    return new RabiaException.Storage(what + ": " + why, e);
  }
}
