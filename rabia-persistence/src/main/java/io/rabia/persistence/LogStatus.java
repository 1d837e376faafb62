package io.rabia.persistence;

import io.rabia.core.RabiaException;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How the log is held at the moment, in a small file beside it: one line of text, replaced in one
 * step and, but for a new segment under OS, forced before anything follows from it. Immutable.
 *
 * @param start number of the last process start
 * @param segment number of the first group of the newest segment that counts
 * @param boot for {@link State#RUNNING} the boot id under which the process writes, else "-"
 * @param why for {@link State#LOST} what was found, else empty
 */
record LogStatus(long start, long segment, State state, String boot, String why) {
  static final String NAME = "log.status";
  static final String TEMPORARY = "log.status.tmp";
  private static final int VERSION = 1;
  private static final int MAX_BYTES = 4096;
  private static final int MAX_WHY = 400;
  private static final Pattern LINE =
      Pattern.compile("rabia-log ([0-9]{1,9}) ((?:[^\\n]*) )crc=([0-9a-f]{8})\\n");
  private static final Pattern CONTENT =
      Pattern.compile(
          "start=([0-9]{1,18}) segment=([0-9]{1,19}) state=(FORCED|RUNNING|CLEAN|LOST) boot=(\\S+)"
              + " (?:why=(\\S+) )?");

  enum State {
    /** Everything is forced before it counts. */
    FORCED,
    /** A process writes, or wrote and died, without forcing. */
    RUNNING,
    /** A process that did not force as it went has forced everything at its end. */
    CLEAN,
    /**
     * The member is DEGRADED: its votes are lost. Segments that are there are to be moved aside,
     * unless a first group of the next log is safe, which ends this state.
     */
    LOST
  }

  static LogStatus forced(long start, long segment) {
    return new LogStatus(start, segment, State.FORCED, "-", "");
  }

  static LogStatus running(long start, long segment, String boot) {
    return new LogStatus(start, segment, State.RUNNING, boot, "");
  }

  static LogStatus clean(long start, long segment) {
    return new LogStatus(start, segment, State.CLEAN, "-", "");
  }

  static LogStatus lost(long start, String why) {
    return new LogStatus(
        start, 0, State.LOST, "-", why.substring(0, Math.min(MAX_WHY, why.length())));
  }

  /**
   * Reads the status of the log.
   *
   * @return null if there is none
   * @throws RabiaException.Checksum if it is damaged
   * @throws RabiaException.Storage if it is of a later format
   */
  static @Nullable LogStatus read(Disk disk) throws IOException {
    if (!disk.list().contains(NAME)) {
      return null;
    }
    ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES);
    try (DiskFile file = disk.openRead(NAME)) {
      file.read(bytes, 0);
    }
    return parse(
        new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1),
        disk.location());
  }

  private static LogStatus parse(String text, String directory) {
    Matcher line = LINE.matcher(text);
    if (!line.matches() || !line.group(3).equals(checksum(line.group(1), line.group(2)))) {
      throw new RabiaException.Checksum(
          NAME
              + " in "
              + directory
              + " is damaged at offset 0, or the machine stopped under durability OS");
    }
    Matcher content = CONTENT.matcher(line.group(2));
    if (!line.group(1).equals(Integer.toString(VERSION)) || !content.matches()) {
      throw new RabiaException.Storage(
          NAME
              + " in "
              + directory
              + " has format version "
              + line.group(1)
              + ", known is "
              + VERSION,
          null);
    }
    return new LogStatus(
        Long.parseLong(content.group(1)),
        Long.parseLong(content.group(2)),
        State.valueOf(content.group(3)),
        content.group(4),
        content.group(5) == null
            ? ""
            : URLDecoder.decode(content.group(5), StandardCharsets.UTF_8));
  }

  /** For people. */
  String text() {
    return state + " (" + (state == State.LOST ? why : boot) + ")";
  }

  private static String checksum(String version, String content) {
    CRC32C crc = new CRC32C();
    crc.update((version + " " + content).getBytes(StandardCharsets.ISO_8859_1));
    return String.format(Locale.ROOT, "%08x", crc.getValue());
  }

  /** Durable when it returns. */
  void write(Disk disk) throws IOException {
    replace(disk, true);
    disk.forceDirectory();
  }

  /**
   * Survives the death of the process; a loss of power may leave this one, one before it or a torn
   * one. A half-made one that an earlier process left, forced, must not come back in its place.
   */
  void replace(Disk disk) throws IOException {
    disk.delete(TEMPORARY);
    replace(disk, false);
  }

  private void replace(Disk disk, boolean forced) throws IOException {
    String version = Integer.toString(VERSION);
    String content =
        "start="
            + start
            + " segment="
            + segment
            + " state="
            + state
            + " boot="
            + boot
            + " "
            + (why.isEmpty() ? "" : "why=" + URLEncoder.encode(why, StandardCharsets.UTF_8) + " ");
    String line =
        "rabia-log " + version + " " + content + "crc=" + checksum(version, content) + "\n";
    try (DiskFile file = disk.openAppend(TEMPORARY)) {
      file.truncate(0);
      file.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.ISO_8859_1)));
      if (forced) {
        file.force();
      }
    } catch (NoSpaceException e) {
      disk.delete(TEMPORARY);
      throw e;
    }
    disk.rename(TEMPORARY, NAME);
  }
}
