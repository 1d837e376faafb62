package io.rabia.persistence;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.persistence.LogReport.Place;
import io.rabia.persistence.LogStatus.State;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done with a directory before its log is used (protocol.md section 6): under FSYNC
 * everything in it is made safe; it is judged; an unsafe tail is cut; and when votes are lost, the
 * log is moved aside.
 *
 * <p>The segments of a log that goes on under OS are judged as they are read, safe or not: nothing
 * follows from them before the status says RUNNING on this boot. A loss of power finds either that,
 * and then the votes are lost, or a log from which nothing followed that it does not hold.
 *
 * <p>A log is moved aside so that a loss of power between any two steps leaves either the log as it
 * was found or a mark that makes the next start go on with it: the mark is forced before the first
 * file gets another name, and it goes only once the first group of the new log is safe.
 *
 * <p>One thread, used once.
 */
final class LogRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);
  private static final String ASIDE = ".lost-";

  private final Disk disk;
  private final SnapshotStore snapshots;
  private final SegmentReader reader;
  private @Nullable LogStatus status;
  private long lastStart;

  LogRecovery(Disk disk, SnapshotStore snapshots, SegmentReader reader) {
    this.disk = disk;
    this.snapshots = snapshots;
    this.reader = reader;
  }

  /** Is this the name of a file that was moved aside? */
  static boolean isAside(String name) {
    return name.contains(ASIDE);
  }

  /** The highest number of a process start before this one. */
  long lastStart() {
    return lastStart;
  }

  /**
   * Returns the log as it goes on, or null when its votes are lost and it was moved aside.
   *
   * @param durability under which it goes on
   * @param replay is asked first whether it goes on without the votes
   */
  @Nullable LogScan recover(Durability durability, Persistence.GroupHandler replay)
      throws IOException {
    String why = statedLoss();
    if (durability == Durability.FSYNC) {
      force(LogScan.segmentNames(disk));
    }
    force(SnapshotStore.names(disk));
    disk.forceDirectory();
    snapshots.open();
    LogScan scan = LogScan.of(disk, status, reader, snapshots);
    lastStart = scan.lastStart();
    why = why == null ? foundLoss(scan) : why;
    if (why != null) {
      replay.onVotesLost(why);
    }
    SpareSegments.deleteLeft(disk);
    if (why != null) {
      LOG.warn("The votes of this member are lost, its log is moved aside: {}", why);
      moveAside(why);
      return null;
    }
    if (scan.unsafeTail() != null) {
      cut(scan.unsafeTail());
    }
    return scan;
  }

  /** {@link Persistence#look}. */
  boolean look(Persistence.GroupHandler handler) throws IOException {
    String stated = statedLoss();
    snapshots.open();
    LogScan scan = LogScan.of(disk, status, reader, snapshots);
    String why = stated == null ? foundLoss(scan) : stated;
    if (why != null) {
      handler.onVotesLost(why);
    }
    long from = 1;
    if (!snapshots.isEmpty()) {
      from = snapshots.newest();
      try (InputStream content = snapshots.readNewest()) {
        handler.onSnapshot(from, content);
      }
    }
    show(from, handler);
    boolean aside = status != null && status.state() == State.LOST;
    return !aside && !LogScan.segmentNames(disk).isEmpty();
  }

  /** The groups from this one on, none if it is not there: damage before it does not matter. */
  private void show(long from, Persistence.GroupHandler handler) throws IOException {
    long expected = from;
    long start = 0;
    for (String name : LogScan.segmentNames(disk)) {
      try (DiskFile file = disk.openRead(name)) {
        LogSegment segment = LogScan.readHeader(disk, file, name);
        if (segment == null) {
          continue;
        }
        reader.start(file, segment.base(), file.size());
        while (reader.next() && reader.start() >= start) {
          start = reader.start();
          if (!reader.mark() && reader.number() == expected) {
            if (!handler.onGroup(expected, reader.body())) {
              return;
            }
            expected++;
          }
        }
      }
    }
  }

  private @Nullable String foundLoss(LogScan scan) {
    return scan.damage() == null
        ? null
        : "the log in " + disk.location() + " is damaged: " + scan.damage();
  }

  /** Why the votes are lost, as far as the status says it. */
  private @Nullable String statedLoss() throws IOException {
    LogStatus found;
    try {
      found = LogStatus.read(disk);
    } catch (RabiaException.Checksum e) {
      return e.getMessage();
    }
    status = found;
    if (found == null || found.state() != State.RUNNING) {
      return found != null && found.state() == State.LOST ? found.why() : null;
    }
    String boot = disk.bootId();
    return boot.equals(found.boot())
        ? null
        : "the log in "
            + disk.location()
            + " was written with durability OS on boot "
            + found.boot()
            + " and not closed in order; this is boot "
            + boot;
  }

  private void force(List<String> names) throws IOException {
    for (String name : names) {
      try (DiskFile file = disk.openAppend(name)) {
        file.force();
      }
    }
  }

  private void moveAside(String why) throws IOException {
    LogStatus marked = status;
    if (marked == null || marked.state() != State.LOST) {
      marked = LogStatus.lost(lastStart, why);
      marked.write(disk);
    }
    List<String> taken = disk.list();
    for (String name : LogScan.segmentNames(disk)) {
      long suffix = marked.start();
      while (taken.contains(name + ASIDE + suffix)) {
        suffix++;
      }
      disk.rename(name, name + ASIDE + suffix);
    }
    disk.forceDirectory();
  }

  private void cut(Place tail) throws IOException {
    LOG.info("cutting what lies behind the log in {}: {}", disk.location(), tail);
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
}
