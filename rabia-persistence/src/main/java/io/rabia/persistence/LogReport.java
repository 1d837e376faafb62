package io.rabia.persistence;

import io.rabia.core.persistence.Persistence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a check of a whole log found. Immutable.
 *
 * @param directory where it is
 * @param status how it is held: FORCED, RUNNING (boot id), CLEAN or LOST (why: the member is
 *     DEGRADED); empty for a log that was never opened
 * @param segments its intact files, in order
 * @param snapshots all that are there, oldest first
 * @param aside files of logs whose votes were lost, which nothing reads
 * @param groups number of intact groups
 * @param firstNumber of these, {@link Persistence#NONE} if there is none
 * @param lastNumber of these, {@link Persistence#NONE} if there is none
 * @param lastStart the highest number of a process start that wrote to it
 * @param bytes of the intact part
 * @param unsafeTail what the next start cuts off: nothing of it was promised to be in the log
 * @param damage what is gone although it was safe: the member has lost its votes
 */
public record LogReport(
    String directory,
    Optional<String> status,
    List<Segment> segments,
    List<Snapshot> snapshots,
    List<String> aside,
    long groups,
    long firstNumber,
    long lastNumber,
    long lastStart,
    long bytes,
    Optional<Place> unsafeTail,
    Optional<Place> damage) {

  /**
   * One file of the log.
   *
   * @param position in the whole log of its first byte
   * @param groups intact groups in it
   * @param bytes of the intact part
   */
  public record Segment(String file, long firstNumber, long position, long groups, long bytes) {}

  /**
   * A snapshot beside the log.
   *
   * @param firstNumber of the group with which the log goes on after it
   * @param bytes of its content
   * @param damage what is wrong with it; a damaged one is passed over
   */
  public record Snapshot(String file, long firstNumber, long bytes, Optional<String> damage) {}

  /**
   * A place in a file, and what is wrong there.
   *
   * @param offset in bytes from the start of the file
   */
  public record Place(String file, long offset, String what) {
    @Override
    public String toString() {
      return file + " at offset " + offset + ": " + what;
    }
  }

  public LogReport {
    segments = List.copyOf(segments);
    snapshots = List.copyOf(snapshots);
    aside = List.copyOf(aside);
  }

  /** The same with this damage, for who knows more of what the groups mean. */
  public LogReport damagedAt(Place place) {
    return new LogReport(
        directory,
        status,
        segments,
        snapshots,
        aside,
        groups,
        firstNumber,
        lastNumber,
        lastStart,
        bytes,
        unsafeTail,
        Optional.of(place));
  }

  /** True if the log opens with everything that it ever promised. */
  public boolean intact() {
    return damage.isEmpty();
  }

  /**
   * The report for people and scripts: rows of names and values, the first of which, {@code row},
   * says what it is about. The last one is the verdict.
   */
  public List<Map<String, Object>> rows() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Segment segment : segments) {
      Map<String, Object> row = row(rows, "segment");
      row.put("file", segment.file());
      row.put("first", segment.firstNumber());
      row.put("groups", segment.groups());
      row.put("position", segment.position());
      row.put("bytes", segment.bytes());
    }
    for (Snapshot snapshot : snapshots) {
      Map<String, Object> row = row(rows, "snapshot");
      row.put("file", snapshot.file());
      row.put("first", snapshot.firstNumber());
      row.put("bytes", snapshot.bytes());
      row.put("intact", snapshot.damage().isEmpty());
      snapshot.damage().ifPresent(what -> row.put("damage", what));
    }
    aside.forEach(file -> row(rows, "aside").put("file", file));
    unsafeTail.ifPresent(place -> put(row(rows, "unsafe-tail"), place));
    damage.ifPresent(place -> put(row(rows, "damage"), place));
    Map<String, Object> verdict = row(rows, "log");
    verdict.put("directory", directory);
    verdict.put("status", status.orElse("none"));
    verdict.put("segments", segments.size());
    verdict.put("groups", groups);
    verdict.put("first", firstNumber);
    verdict.put("last", lastNumber);
    verdict.put("starts", lastStart);
    verdict.put("bytes", bytes);
    verdict.put("intact", intact());
    return rows;
  }

  private static Map<String, Object> row(List<Map<String, Object>> rows, String about) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("row", about);
    rows.add(row);
    return row;
  }

  private static void put(Map<String, Object> row, Place place) {
    row.put("file", place.file());
    row.put("offset", place.offset());
    row.put("what", place.what());
  }
}
