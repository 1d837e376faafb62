package io.rabia.persistence;

import io.rabia.core.persistence.Persistence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a check of a whole log found. Immutable.
 *
 * @param directory where it is
 * @param status how it is held: FORCED, RUNNING (boot id) or CLEAN; empty for a log that was never
 *     opened
 * @param segments its intact files, in order
 * @param groups number of intact groups
 * @param firstNumber of these, {@link Persistence#NONE} if there is none
 * @param lastNumber of these, {@link Persistence#NONE} if there is none
 * @param lastStart the highest number of a process start that wrote to it
 * @param bytes of the intact part
 * @param unsafeTail what the next start cuts off: was never promised to be there
 * @param damage what is gone although it was safe: the member has lost its votes
 */
public record LogReport(
    String directory,
    Optional<String> status,
    List<Segment> segments,
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
   * @param groups intact groups in it
   * @param bytes of the intact part
   */
  public record Segment(String file, long firstNumber, long groups, long bytes) {}

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
  }

  /** True if the log opens with everything that it ever promised. */
  public boolean intact() {
    return damage.isEmpty();
  }

  /** The report in lines for people; the last one is the verdict. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Segment segment : segments) {
      lines.add(
          "segment file="
              + segment.file()
              + " first="
              + segment.firstNumber()
              + " groups="
              + segment.groups()
              + " bytes="
              + segment.bytes());
    }
    unsafeTail.ifPresent(place -> lines.add("unsafe tail, cut at the next start: " + place));
    damage.ifPresent(place -> lines.add("damage: " + place));
    lines.add(
        "log directory="
            + directory
            + " status="
            + status.orElse("none")
            + " segments="
            + segments.size()
            + " groups="
            + groups
            + " first="
            + firstNumber
            + " last="
            + lastNumber
            + " starts="
            + lastStart
            + " bytes="
            + bytes
            + " intact="
            + intact());
    return lines;
  }
}
