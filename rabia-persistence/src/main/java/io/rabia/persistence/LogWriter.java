package io.rabia.persistence;

import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The end of the log: writes records to the newest segment, begins segments, forces. One thread.
 *
 * <p>A write for which there is no room is taken back, so that the log is as it was before; nothing
 * was forced of it and nothing follows from it. Every other failure is for good.
 *
 * <p>Under FSYNC the newest segment is longer than its records, by zeros that the next ones
 * replace, or by what it held when it was another one ({@link SpareSegments}): a force that changes
 * no file's size waits for no journal of the file system, which all processes on it share. Neither
 * says more behind the last record than the end of the file would ({@link LogScan}).
 */
final class LogWriter {
  private static final int INITIAL_BUFFER_BYTES = 16 << 10;

  /** So many zeros are written when the last ones are used up. */
  private static final int ZEROS = 1 << 20;

  private final Disk disk;
  private final FilePersistenceConfig config;
  private final RecordCodec codec = new RecordCodec();
  private final List<LogSegment> segments = new ArrayList<>();
  private final GroupIndex groups;
  private final SpareSegments spares;
  private ByteBuffer out = ByteBuffer.allocateDirect(INITIAL_BUFFER_BYTES);
  private @Nullable DiskFile active;

  private long start;
  private long lastNumber = Persistence.NONE;

  /** Positions in the whole log. flushed: the end at the last flush that had groups to take. */
  private long written;

  private long groupsEnd;
  private long flushed;
  private long stated;

  /** In the newest segment: up to there something is written over, or zeros were asked for. */
  private long reserved;

  /**
   * Index of the first segment with bytes that no force of this run has covered; used under OS
   * only.
   */
  private int firstUnforced;

  LogWriter(Disk disk, FilePersistenceConfig config, GroupIndex groups, SpareSegments spares) {
    this.disk = disk;
    this.config = config;
    this.groups = groups;
    this.spares = spares;
  }

  /** Begins a log whose first group has the number {@code first}. */
  void begin(long first, long start) throws IOException {
    this.start = start;
    lastNumber = first - 1;
    LogSegment segment = new LogSegment(first, 0, start);
    DiskFile file = disk.openAppend(segment.name());
    file.write(segment.header());
    file.force();
    disk.forceDirectory();
    goOnIn(segment, file);
  }

  /** Goes on with a log that was found, and that is safe unless it goes on under OS. */
  void resume(LogScan scan) throws IOException {
    start = scan.lastStart() + 1;
    lastNumber = scan.lastNumber();
    if (scan.segments().isEmpty()) {
      begin(lastNumber + 1, start);
      return;
    }
    segments.addAll(scan.segments());
    written = scan.end();
    groupsEnd = scan.groupsEnd();
    stated = scan.stated();
    flushed = written;
    active = disk.openAppend(activeSegment().name());
    cutRest();
    firstUnforced = config.durability() == Durability.OS ? 0 : segments.size() - 1;
  }

  long lastNumber() {
    return lastNumber;
  }

  /** Where the log ends, in the whole log. */
  long end() {
    return written;
  }

  List<LogSegment> segments() {
    return segments;
  }

  LogSegment activeSegment() {
    return segments.get(segments.size() - 1);
  }

  /** Says in the status how this process writes, and that the newest segment must be there. */
  void writeStatus() throws IOException {
    status(activeSegment()).write(disk);
  }

  private LogStatus status(LogSegment newest) throws IOException {
    return config.durability() == Durability.OS
        ? LogStatus.running(start, newest.first(), disk.bootId())
        : LogStatus.forced(start, newest.first());
  }

  void writeCleanStatus() throws IOException {
    LogStatus.clean(start, activeSegment().first()).write(disk);
  }

  void writeLostStatus(String why) throws IOException {
    LogStatus.lost(start, why).write(disk);
  }

  // ---- records

  /** Writes a group behind the last one. */
  void append(ByteBuffer group) throws IOException {
    int length = group.remaining();
    long size = RecordCodec.size(length);
    if (written + size - activeSegment().base() > config.segmentBytes() && !activeIsEmpty()) {
      roll();
    }
    reserve((int) size).put(RecordCodec.HEADER_BYTES, group, group.position(), length);
    long at = written;
    write(length, lastNumber + 1);
    lastNumber++;
    groups.note(lastNumber, at);
    groupsEnd = written;
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
    try {
      reserveFor(size);
      activeFile().write(out);
    } catch (NoSpaceException e) {
      activeFile().truncate(written - activeSegment().base());
      throw e;
    }
    written += size;
    stated = Math.max(stated, safe);
  }

  /** Where there is no room for zeros there may still be room for records. */
  private void reserveFor(int size) throws IOException {
    long end = written - activeSegment().base() + size;
    if (config.durability() == Durability.OS || end <= reserved) {
      return;
    }
    reserved = Math.min(config.segmentBytes(), end + ZEROS);
    try {
      activeFile().reserve(reserved);
    } catch (NoSpaceException e) {
      cutRest();
    }
  }

  private void cutRest() throws IOException {
    long end = written - activeSegment().base();
    if (activeFile().size() > end) {
      activeFile().truncate(end);
    }
  }

  private DiskFile activeFile() {
    return Objects.requireNonNull(active, "not open");
  }

  /** For a mark there need not be room: it only tells damage that comes later from a torn tail. */
  private void writeMark() throws IOException {
    reserve(RecordCodec.HEADER_BYTES);
    try {
      write(RecordCodec.MARK, lastNumber);
    } catch (NoSpaceException e) {
      stated = groupsEnd;
    }
  }

  // ---- segments

  private void roll() throws IOException {
    if (config.durability() == Durability.FSYNC) {
      cutRest();
      force();
    }
    LogSegment next = new LogSegment(lastNumber + 1, written, start);
    DiskFile file = create(next);
    activeFile().close();
    goOnIn(next, file);
  }

  /**
   * The segment after the active one, and the status that says it must be there. Under FSYNC the
   * file counts only when its header and its name in the directory are safe; one that is written
   * over gets its name only then, so none is ever there with the header of another. Under OS
   * nothing is forced, which might wait for all that others write: a loss of power that takes any
   * of it finds the state RUNNING or LOST, or a torn status, and with each the votes are lost.
   */
  private DiskFile create(LogSegment segment) throws IOException {
    String spare = spares.take();
    DiskFile file = disk.openAppend(spare == null ? segment.name() : spare);
    try {
      if (spare != null) {
        file.rewind();
      }
      file.write(segment.header());
      if (config.durability() == Durability.FSYNC) {
        file.force();
        if (spare != null) {
          disk.rename(spare, segment.name());
        }
        disk.forceDirectory();
        status(segment).write(disk);
      } else {
        status(segment).replace(disk);
      }
      return file;
    } catch (NoSpaceException e) {
      remove(segment, file);
      if (spare != null) {
        disk.delete(spare);
      }
      throw e;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /** For good: one that came back after a crash would not fit what was written without it. */
  private void remove(LogSegment segment, DiskFile file) throws IOException {
    file.close();
    disk.delete(segment.name());
    disk.forceDirectory();
  }

  private void goOnIn(LogSegment segment, DiskFile file) throws IOException {
    active = file;
    reserved = file.size();
    segments.add(segment);
    if (config.durability() == Durability.FSYNC) {
      firstUnforced = segments.size() - 1;
    }
    written = segment.base() + LogSegment.HEADER_BYTES;
    stated = written;
    flushed = written;
    groupsEnd = written;
  }

  /** Forgets the segments that hold groups below {@code first} only; returns their names. */
  List<String> dropBelow(long first) {
    List<String> gone = new ArrayList<>();
    while (gone.size() < segments.size() - 1 && segments.get(gone.size() + 1).first() <= first) {
      gone.add(segments.get(gone.size()).name());
    }
    segments.subList(0, gone.size()).clear();
    firstUnforced = Math.max(0, firstUnforced - gone.size());
    groups.dropBelow(segments.get(0).first());
    return gone;
  }

  // ---- safety

  /** Everything written is safe from loss of power when this returns. */
  void force() throws IOException {
    try {
      activeFile().force();
    } catch (NoSpaceException e) {
      throw new IOException("there was no room for what is in the log: " + e.getMessage(), e);
    }
    flushed = written;
  }

  /**
   * Makes the groups safe under the policy; called once more with nothing new, writes the mark that
   * says so.
   */
  void flush() throws IOException {
    if (groupsEnd > flushed) {
      if (config.durability() == Durability.FSYNC) {
        force();
      }
      flushed = written;
    } else if (groupsEnd > stated) {
      writeMark();
    }
  }

  /**
   * Makes everything safe from loss of power. The mark says that everything before it is safe, so
   * under FSYNC it comes after the force, and is forced itself.
   */
  void finish() throws IOException {
    flush();
    if (groupsEnd > stated) {
      writeMark();
    }
    cutRest();
    forceAll();
  }

  /** Forces what was written since the last force, in whatever segments, and their names. */
  private void forceAll() throws IOException {
    disk.forceDirectory();
    for (; firstUnforced < segments.size() - 1; firstUnforced++) {
      try (DiskFile file = disk.openAppend(segments.get(firstUnforced).name())) {
        file.force();
      }
    }
    force();
  }

  void close() throws IOException {
    DiskFile file = active;
    active = null;
    if (file != null) {
      file.close();
    }
  }
}
