package io.rabia.persistence;

import io.rabia.core.persistence.Persistence;
import io.rabia.persistence.LogReport.Place;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a whole log and judges it (protocol.md section 6, "Damage"): what is wrong below a stated
 * safe offset is damage, what is wrong above all of them is a tail that is not of the log. Writes
 * nothing. One thread, used once.
 */
final class LogScan {
  private final Disk disk;
  private final @Nullable LogStatus status;
  private final SegmentReader reader;
  private final List<LogSegment> segments = new ArrayList<>();
  private final List<LogReport.Segment> reports = new ArrayList<>();

  private long first = 1;
  private long groups;
  private long lastNumber = Persistence.NONE;
  private long lastStart;
  private long end;
  private long groupsEnd;
  private long stated;
  private @Nullable Place unsafeTail;
  private @Nullable Place damage;

  private LogScan(Disk disk, @Nullable LogStatus status, SegmentReader reader) {
    this.disk = disk;
    this.reader = reader;
    this.status = status;
  }

  /**
   * {@code status} and the intact snapshots as they were found: they name segments and groups that
   * must be there.
   */
  static LogScan of(
      Disk disk, @Nullable LogStatus status, SegmentReader reader, SnapshotStore snapshots)
      throws IOException {
    LogScan scan = new LogScan(disk, status, reader);
    scan.readAll();
    if (scan.damage == null) {
      scan.requireGroupsOf(snapshots);
    }
    return scan;
  }

  /** All groups below a snapshot were safe when it was taken, and the log goes on from it. */
  private void requireGroupsOf(SnapshotStore snapshots) {
    if (!snapshots.isEmpty() && snapshots.newest() > lastNumber + 1) {
      damage =
          new Place(
              SnapshotFile.name(snapshots.newest()),
              0,
              "the log ends at group " + lastNumber + ", which was not its end");
    } else if (first > 1 && (snapshots.isEmpty() || snapshots.newest() < first)) {
      damage =
          new Place(
              LogSegment.name(first), 0, "no intact snapshot stands for the groups before it");
    }
  }

  /** The names of all segments in the order of their numbers. */
  static List<String> segmentNames(Disk disk) throws IOException {
    return disk.list().stream()
        .filter(name -> LogSegment.firstOf(name).isPresent())
        .sorted()
        .collect(Collectors.toList());
  }

  List<LogSegment> segments() {
    return segments;
  }

  long lastNumber() {
    return lastNumber;
  }

  /** The highest process start in a record, a segment or the status. */
  long lastStart() {
    return status == null ? lastStart : Math.max(lastStart, status.start());
  }

  /** Of the intact log, in the whole log. */
  long end() {
    return end;
  }

  /** Where its last group ends, in the whole log. */
  long groupsEnd() {
    return groupsEnd;
  }

  /** The highest position below which everything is stated to be safe. */
  long stated() {
    return stated;
  }

  @Nullable Place unsafeTail() {
    return unsafeTail;
  }

  @Nullable Place damage() {
    return damage;
  }

  List<LogReport.Segment> reports() {
    return reports;
  }

  long groups() {
    return groups;
  }

  private void readAll() throws IOException {
    List<String> names = segmentNames(disk);
    for (int i = 0; i < names.size() && damage == null; i++) {
      readSegment(names.get(i), i == names.size() - 1);
    }
    if (damage != null) {
      return;
    }
    long newest = segments.isEmpty() ? 0 : segments.get(segments.size() - 1).first();
    if (status != null && newest < status.segment()) {
      damage = new Place(LogSegment.name(status.segment()), 0, "the segment is missing");
    } else if (groups > 0 && status == null) {
      damage = new Place(LogStatus.NAME, 0, "the file is missing");
    } else if (status != null && status.state() == LogStatus.State.LOST) {
      damage = new Place(LogStatus.NAME, 0, "the member is DEGRADED: " + status.why());
    }
  }

  private void readSegment(String name, boolean last) throws IOException {
    long first = LogSegment.firstOf(name).orElseThrow();
    if (segments.isEmpty() && unsafeTail == null) {
      this.first = first;
      lastNumber = first - 1;
    }
    if (first != lastNumber + 1) {
      damage =
          new Place(name, 0, "the groups from number " + (lastNumber + 1) + " to it are missing");
      return;
    }
    try (DiskFile file = disk.openRead(name)) {
      long size = file.size();
      LogSegment segment = readHeader(disk, file, name);
      if (segment == null) {
        judgeHeader(name, first, size, last);
      } else if (segment.first() != first
          || (!segments.isEmpty() && segment.base() != end)
          || segment.start() < lastStart) {
        damage =
            new Place(
                name,
                0,
                "the header is of another segment, or the one before has changed: "
                    + segment
                    + " after position "
                    + end);
      } else {
        readRecords(file, segment, size, last);
      }
    }
  }

  /** Null if it is damaged. */
  static @Nullable LogSegment readHeader(Disk disk, DiskFile file, String name) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(LogSegment.HEADER_BYTES);
    file.read(header, 0);
    return LogSegment.parse(header.flip(), name + " in " + disk.location());
  }

  /**
   * A header is whole before anything follows it: alone at the end it may be half made, else it was
   * damaged.
   */
  private void judgeHeader(String name, long first, long size, boolean last) {
    boolean counts = status != null && first <= status.segment();
    if (last && !counts && size <= LogSegment.HEADER_BYTES) {
      unsafeTail = new Place(name, 0, "the header is incomplete, " + size + " bytes");
    } else {
      damage = new Place(name, 0, "the header is damaged");
    }
  }

  private void readRecords(DiskFile file, LogSegment segment, long size, boolean last)
      throws IOException {
    lastStart = segment.start();
    groupsEnd = segment.base();
    stated = segment.base();
    long before = groups;
    reader.start(file, segment.base(), size);
    long valid = reader.offset();
    while (reader.next() && takes()) {
      valid = reader.offset();
    }
    end = segment.base() + valid;
    segments.add(segment);
    reports.add(
        new LogReport.Segment(
            segment.name(), segment.first(), segment.base(), groups - before, valid));
    if (onlyZeros(file, valid, size)) {
      return;
    }
    String what = (size - valid) + " bytes are not the next record";
    if (!last) {
      damage = new Place(segment.name(), valid, what + ", and a later segment exists");
    } else if (statedSafe(file, segment.base(), valid, size)) {
      damage =
          new Place(segment.name(), valid, what + ", and a later record states that it was safe");
    } else {
      unsafeTail = new Place(segment.name(), valid, what);
    }
  }

  /**
   * Zeros are written ahead of the records. That they are there says nothing, as nothing says that
   * they are not: what lies behind the last record is judged as the end of the file would be, by
   * what later segments, the status and the snapshots state. So is what a segment held when it was
   * another one, whose records state other positions than where they lie: it is cut off as what was
   * torn is.
   */
  private static boolean onlyZeros(DiskFile file, long from, long size) throws IOException {
    ByteBuffer block = ByteBuffer.allocateDirect(64 << 10);
    for (long at = from; at < size; at += block.capacity()) {
      file.read(block.clear(), at);
      block.flip().limit((int) Math.min(block.limit(), size - at));
      while (block.hasRemaining()) {
        if (block.get() != 0) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean takes() {
    long expected = reader.mark() ? lastNumber : lastNumber + 1;
    if (reader.number() != expected
        || reader.start() < lastStart
        || reader.safe() > reader.position()) {
      return false;
    }
    lastStart = reader.start();
    stated = Math.max(stated, reader.safe());
    if (!reader.mark()) {
      groups++;
      lastNumber++;
      groupsEnd = reader.position() + reader.size();
    }
    return true;
  }

  /**
   * Looks at every byte behind the damage, since lengths mean nothing there, for a record that
   * states it was safe.
   */
  private boolean statedSafe(DiskFile file, long base, long valid, long size) throws IOException {
    ByteBuffer block = ByteBuffer.allocateDirect(64 << 10);
    int step = block.capacity() - Long.BYTES + 1;
    for (long at = valid + 1; at + RecordCodec.HEADER_BYTES <= size; at += step) {
      file.read(block.clear(), at + RecordCodec.POSITION);
      int positions = block.flip().limit() - Long.BYTES + 1;
      for (int i = 0; i < positions; i++) {
        if (block.getLong(i) == base + at + i && statesSafe(at + i, base + valid)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean statesSafe(long at, long damaged) throws IOException {
    reader.seek(at);
    return reader.next()
        && reader.start() >= lastStart
        && reader.safe() > damaged
        && reader.safe() <= reader.position();
  }
}
