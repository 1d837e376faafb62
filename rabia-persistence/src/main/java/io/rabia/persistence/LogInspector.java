package io.rabia.persistence;

import io.rabia.core.RabiaException;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageCollector;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Looks at the log of a member that does not run, and changes nothing. Any thread. All methods
 * throw {@link RabiaException.Storage} for a directory that cannot be read or holds a later format,
 * and {@link RabiaException.Checksum} for a damaged status file; other damage is reported.
 */
public final class LogInspector {

  private LogInspector() {}

  /** Reads every byte of the log in {@code directory}. */
  public static LogReport verify(Path directory) {
    return verify(new NioDisk(directory));
  }

  public static LogReport verify(Disk disk) {
    try {
      return scan(disk).report();
    } catch (IOException e) {
      throw unreadable(disk, e);
    }
  }

  /**
   * Prints a line for each group of the intact part, with its messages, then the lines of the
   * report.
   */
  public static void inspect(Path directory, PrintStream out) {
    inspect(new NioDisk(directory), out);
  }

  public static void inspect(Disk disk, PrintStream out) {
    try {
      LogScan scan = scan(disk);
      LogReport report = scan.report();
      SegmentReader reader = new SegmentReader();
      for (int i = 0; i < scan.segments().size(); i++) {
        print(disk, scan.segments().get(i), report.segments().get(i).bytes(), reader, out);
      }
      report.lines().forEach(out::println);
    } catch (IOException e) {
      throw unreadable(disk, e);
    }
  }

  private static LogScan scan(Disk disk) throws IOException {
    SnapshotStore snapshots = new SnapshotStore(disk);
    snapshots.open();
    return LogScan.of(disk, LogStatus.read(disk), new SegmentReader(), snapshots);
  }

  private static RabiaException unreadable(Disk disk, IOException e) {
    return FilePersistence.storage("cannot read the log in " + disk.location(), e);
  }

  private static void print(
      Disk disk, LogSegment segment, long bytes, SegmentReader reader, PrintStream out)
      throws IOException {
    try (DiskFile file = disk.openRead(segment.name())) {
      reader.start(file, segment.base(), bytes);
      while (reader.next()) {
        if (!reader.mark()) {
          out.println(
              "group number="
                  + reader.number()
                  + " start="
                  + reader.start()
                  + " position="
                  + reader.position()
                  + " safe="
                  + reader.safe()
                  + " bytes="
                  + reader.body().remaining()
                  + " "
                  + messages(reader.body()));
        }
      }
    }
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
