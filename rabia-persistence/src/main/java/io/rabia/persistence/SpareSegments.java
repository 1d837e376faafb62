package io.rabia.persistence;

import io.rabia.core.persistence.Durability;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Segments that the log has let go of, for it to write over. Their blocks are on the disk: no force
 * of what is written there waits for the file system's journal, and no block is given back and
 * asked for again.
 *
 * <p>What is left in one is never taken for the log, since every record states its position in the
 * whole log, and what is in a spare was written at positions before those of the segment that it
 * becomes. That holds within a process: a later one may begin a log anew, with position 0, so it
 * uses no spare that it finds.
 *
 * <p>Any thread.
 */
final class SpareSegments {
  /** A snapshot lets go of a few at once, and the next one comes when as many are used. */
  private static final int MOST = 4;

  private static final String SUFFIX = ".spare";

  private final Disk disk;
  private final FilePersistenceConfig config;

  /** Whoever has taken a name out of here has the file. */
  private final Queue<String> names = new ConcurrentLinkedQueue<>();

  SpareSegments(Disk disk, FilePersistenceConfig config) {
    this.disk = disk;
    this.config = config;
  }

  /** Keeps a segment, or deletes it, as always under OS; either is safe when this returns. */
  synchronized void put(String segment) throws IOException {
    boolean keeps = config.durability() == Durability.FSYNC && names.size() < MOST;
    if (!keeps || !isOfUse(segment)) {
      disk.delete(segment);
      disk.forceDirectory();
      return;
    }
    String name = segment + SUFFIX;
    disk.rename(segment, name);
    disk.forceDirectory(); // before it gets its next name: a loss of power must not leave it two
    names.add(name);
  }

  private boolean isOfUse(String segment) throws IOException {
    try (DiskFile file = disk.openRead(segment)) {
      int whole = config.segmentBytes();
      return file.size() <= whole && file.size() >= whole / 2;
    }
  }

  /** The name of one that is the caller's now; null when there is none. */
  @Nullable String take() {
    return names.poll();
  }

  /** Gives their room back. */
  void clear() throws IOException {
    for (String name = take(); name != null; name = take()) {
      disk.delete(name);
    }
  }

  /** Those that an earlier process left. */
  static void deleteLeft(Disk disk) throws IOException {
    for (String name : disk.list()) {
      int end = name.length() - SUFFIX.length();
      if (name.endsWith(SUFFIX) && LogSegment.firstOf(name.substring(0, end)).isPresent()) {
        disk.delete(name);
      }
    }
  }
}
