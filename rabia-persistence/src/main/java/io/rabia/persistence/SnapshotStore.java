package io.rabia.persistence;

import static io.rabia.core.InvariantViolation.check;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.core.statemachine.StateView;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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

  /** Opens the newest one to be read by parts; null if there is none. */
  @Nullable SnapshotReader reader() throws IOException {
    return isEmpty()
        ? null
        : new StoredSnapshot(content(disk, SnapshotFile.name(newest())), disk.location());
  }

  /** Durable when it returns; then older ones go, and damaged ones. */
  void write(long first, StateView content) throws IOException {
    Pending pending = begin(first);
    try {
      content.writeTo(pending.target());
      pending.commit();
    } catch (IOException | RuntimeException e) {
      pending.discard(e);
      throw e;
    }
  }

  Pending begin(long first) throws IOException {
    check(isEmpty() || first >= newest(), "a snapshot of an earlier state than the last one");
    return new Pending(first);
  }

  /** One that is being written, under another name. */
  final class Pending {
    private final long first;
    private final DiskFile file;
    private final SnapshotFile.Chunks chunks;

    private Pending(long first) throws IOException {
      this.first = first;
      file = disk.openAppend(SnapshotFile.TEMPORARY);
      try {
        file.truncate(0);
        chunks = SnapshotFile.start(file, first, () -> abandoned);
      } catch (IOException | RuntimeException e) {
        discard(e);
        throw e;
      }
    }

    OutputStream target() {
      return chunks;
    }

    void commit() throws IOException {
      chunks.end();
      file.force();
      file.close();
      keep(first);
    }

    /** What is half written takes room that others need. */
    void discard(Exception cause) {
      try {
        file.close();
        disk.delete(SnapshotFile.TEMPORARY);
      } catch (IOException e) {
        cause.addSuppressed(e);
      }
    }

    /** As {@link #discard}, unless the disk is somebody else's by now. */
    void discard() throws IOException {
      file.close();
      if (!abandoned) {
        disk.delete(SnapshotFile.TEMPORARY);
      }
    }
  }

  private void keep(long first) throws IOException {
    disk.rename(SnapshotFile.TEMPORARY, SnapshotFile.name(first));
    disk.forceDirectory();
    intact.remove(first);
    intact.addLast(first);
    while (intact.size() > KEPT) {
      intact.removeFirst();
    }
    try {
      deleteOthers();
    } catch (IOException e) {
      LOG.warn("Older snapshots in {} stay for now: {}", disk.location(), e.toString());
    }
  }

  private void deleteOthers() throws IOException {
    for (String old : names(disk)) {
      if (!intact.contains(SnapshotFile.firstOf(old).orElseThrow())) {
        disk.delete(old);
      }
    }
  }
}
