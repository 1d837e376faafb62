package io.rabia.persistence;

import static io.rabia.core.InvariantViolation.check;

import io.rabia.core.RabiaException;
import io.rabia.core.statemachine.StateView;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots beside a log: the newest intact ones, {@link #KEPT} of them. A snapshot is written
 * under another name and forced, then renamed, so that one with its name is whole unless it was
 * damaged. One thread at a time.
 */
final class SnapshotStore {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);
  private static final int KEPT = 2;

  private final Disk disk;

  private volatile boolean abandoned;

  /** The first groups after the intact ones, ascending. */
  private final Deque<Long> intact = new ArrayDeque<>();

  SnapshotStore(Disk disk) {
    this.disk = disk;
  }

  /** What is being written fails; from any thread. */
  void abandon() {
    abandoned = true;
  }

  /** The names of all snapshots, oldest first. */
  static List<String> names(Disk disk) throws IOException {
    return disk.list().stream()
        .filter(name -> SnapshotFile.firstOf(name).isPresent())
        .sorted()
        .collect(Collectors.toList());
  }

  /** Reads every byte of what is there; a damaged one is passed over. */
  void open() throws IOException {
    for (String name : names(disk)) {
      long first = SnapshotFile.firstOf(name).orElseThrow();
      try {
        verify(disk, name);
        intact.addLast(first);
      } catch (RabiaException.Checksum e) {
        LOG.warn("a snapshot in {} is passed over: {}", disk.location(), e.getMessage());
      }
    }
  }

  /**
   * Returns how many bytes of content a snapshot has.
   *
   * @throws RabiaException.Checksum if it is damaged
   */
  static long verify(Disk disk, String name) throws IOException {
    try (SnapshotFile.Content content = content(disk, name)) {
      return content.verify();
    }
  }

  static SnapshotFile.Content content(Disk disk, String name) throws IOException {
    DiskFile file = disk.openRead(name);
    try {
      SnapshotFile.requireHeader(file, name, SnapshotFile.firstOf(name).orElseThrow());
      return new SnapshotFile.Content(file, name);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** What is half written takes room that others need. */
  private void discard(Exception cause) {
    try {
      disk.delete(SnapshotFile.TEMPORARY);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /** None is left, after a loss of power either. */
  void clear() throws IOException {
    for (String name : names(disk)) {
      disk.delete(name);
    }
    disk.forceDirectory();
    intact.clear();
  }

  boolean isEmpty() {
    return intact.isEmpty();
  }

  /** The first group after the newest one. */
  long newest() {
    return intact.getLast();
  }

  /** The first group that is needed by any of them. */
  long oldest() {
    return intact.getFirst();
  }

  InputStream readNewest() throws IOException {
    return content(disk, SnapshotFile.name(newest()));
  }

  /** Durable when it returns; then older ones go, and damaged ones. */
  void write(long first, StateView content) throws IOException {
    check(isEmpty() || first >= newest(), "a snapshot of an earlier state than the last one");
    try (DiskFile file = disk.openAppend(SnapshotFile.TEMPORARY)) {
      file.truncate(0);
      SnapshotFile.write(file, first, content, () -> abandoned);
      file.force();
    } catch (IOException | RuntimeException e) {
      discard(e);
      throw e;
    }
    String name = SnapshotFile.name(first);
    disk.rename(SnapshotFile.TEMPORARY, name);
    disk.forceDirectory();
    intact.remove(first);
    intact.addLast(first);
    while (intact.size() > KEPT) {
      intact.removeFirst();
    }
    for (String old : names(disk)) {
      if (!intact.contains(SnapshotFile.firstOf(old).orElseThrow())) {
        disk.delete(old);
      }
    }
  }
}
