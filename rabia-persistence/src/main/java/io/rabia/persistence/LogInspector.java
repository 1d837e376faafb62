package io.rabia.persistence;

import io.rabia.core.RabiaException;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageCollector;
import io.rabia.persistence.LogReport.Place;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the log of a member that does not run, and changes nothing. Any thread. All methods
 * throw {@link RabiaException.Storage} for a directory that cannot be read or holds a later format;
 * damage is reported.
 */
public final class LogInspector {

  private LogInspector() {}

  /** Reads every byte of the log and the snapshots in {@code directory}. */
  public static LogReport verify(Path directory) {
    return verify(new NioDisk(directory));
  }

  public static LogReport verify(Disk disk) {
    return inspect(disk, row -> {});
  }

  /**
   * Tells a row for each group of the intact part, with its messages; the rows of the report are
   * the caller's.
   */
  public static LogReport inspect(Path directory, Consumer<Map<String, Object>> groups) {
    return inspect(new NioDisk(directory), groups);
  }

  public static LogReport inspect(Disk disk, Consumer<Map<String, Object>> groups) {
    try {
      SnapshotStore snapshots = new SnapshotStore(disk);
      snapshots.open();
      LogStatus status = null;
      Place damage = null;
      try {
        status = LogStatus.read(disk);
      } catch (RabiaException.Checksum e) {
        damage = new Place(LogStatus.NAME, 0, "the file is damaged");
      }
      LogScan scan = LogScan.of(disk, status, new SegmentReader(), snapshots);
      LogReport report = report(disk, status, scan, damage == null ? scan.damage() : damage);
      forEachGroup(disk, report, (segment, group) -> groups.accept(row(group)));
      return report;
    } catch (IOException e) {
      throw FilePersistence.storage("cannot read the log in " + disk.location(), e);
    }
  }

  /** Takes a group; its body is valid only during the call. */
  @FunctionalInterface
  public interface Groups {
    /**
     * @param offset in the file, of its record
     */
    void group(String file, long offset, long number, ByteBuffer body);
  }

  /** Reads the groups of the intact part of a log that was verified. */
  public static void read(Path directory, LogReport report, Groups groups) {
    try {
      forEachGroup(
          new NioDisk(directory),
          report,
          (segment, group) ->
              groups.group(
                  segment.file(),
                  group.position() - segment.position(),
                  group.number(),
                  group.body()));
    } catch (IOException e) {
      throw FilePersistence.storage("cannot read the log in " + directory, e);
    }
  }

  /** The content of an intact snapshot, by the name of its file. */
  public static InputStream snapshot(Path directory, String file) throws IOException {
    return SnapshotStore.content(new NioDisk(directory), file);
  }

  private static LogReport report(
      Disk disk, @Nullable LogStatus status, LogScan scan, @Nullable Place damage)
      throws IOException {
    List<LogReport.Snapshot> snapshots = new ArrayList<>();
    for (String name : SnapshotStore.names(disk)) {
      snapshots.add(snapshot(disk, name));
    }
    return new LogReport(
        disk.location(),
        Optional.ofNullable(status).map(LogStatus::text),
        scan.reports(),
        snapshots,
        disk.list().stream().filter(LogRecovery::isAside).toList(),
        scan.groups(),
        scan.groups() == 0 ? 0 : scan.segments().get(0).first(),
        scan.lastNumber(),
        scan.lastStart(),
        scan.end(),
        Optional.ofNullable(scan.unsafeTail()),
        Optional.ofNullable(damage));
  }

  private static LogReport.Snapshot snapshot(Disk disk, String name) throws IOException {
    long first = SnapshotFile.firstOf(name).orElseThrow();
    try {
      long bytes = SnapshotStore.verify(disk, name);
      return new LogReport.Snapshot(name, first, bytes, Optional.empty());
    } catch (RabiaException.Checksum e) {
      return new LogReport.Snapshot(name, first, 0, Optional.ofNullable(e.getMessage()));
    }
  }

  private static void forEachGroup(
      Disk disk, LogReport report, BiConsumer<LogReport.Segment, SegmentReader> groups)
      throws IOException {
    SegmentReader reader = new SegmentReader();
    for (LogReport.Segment segment : report.segments()) {
      try (DiskFile file = disk.openRead(segment.file())) {
        reader.start(file, segment.position(), segment.bytes());
        while (reader.next()) {
          if (!reader.mark()) {
            groups.accept(segment, reader);
          }
        }
      }
    }
  }

  private static Map<String, Object> row(SegmentReader group) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("row", "group");
    row.put("number", group.number());
    row.put("start", group.start());
    row.put("position", group.position());
    row.put("safe", group.safe());
    row.put("bytes", group.body().remaining());
    row.put("messages", messages(group.body()));
    return row;
  }

  private static String messages(ByteBuffer body) {
    MessageCollector collector = new MessageCollector();
    try {
      MessageCodec.read(body, collector);
      return collector.messages().toString();
    } catch (RabiaException.Serialization e) {
      return collector.messages() + " then not a message: " + e.getMessage();
    }
  }
}
