package io.rabia.testing.sim;

import io.rabia.core.persistence.Persistence;
import java.io.PrintStream;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What happened: for people, a line per event and who it happened to, when there is somewhere to
 * print it; and always as a hash, to compare runs. One thread.
 */
final class Trace {
  private static final String LEGEND =
      """
      # seconds, who, what. Batch 2.7 is number 7 of node 2. Frames: [slots that the sender applied],
      # its messages; "propose 5=2.7": slot 5; "vote2 5/0=V1(2.7)": slot 5, phase 0. V1 is for a batch, V0
      # for none, V? for neither; in parentheses which batch V1 is, as far as known. Heartbeats are not shown.
      # "offer 5=2.7": what its sender is about to propose in slot 5; that counts for nothing.
      # After a vote or decision [vote2/0 from 1,2: V1 V?]: what the node had counted when it first said
      # so, of which nodes, itself among them. {group 9, forced 9}: the last group of its log with any
      # of this, and the last one that is safe: forced to the disk, or under os written to it. No word
      # may leave, or count for the node itself, before its group is safe.
      # Rules: a member says a word once and never another in its place. A vote rests on what more than
      # half of the members said. Decided is what all members propose, or vote1 in a phase, or what f + 1
      # of them vote2 in a phase (2 of 3 or 4, 3 of 5 or 6): V1 for the batch, or noop; V0 for nothing.
      # Before a read a barrier asks how far others are: the highest slot applied, or spoken in.
      """;

  private static final String OURS = "io.rabia.";
  private static final int WHO = 8;
  private static final int MOST_GONE = 12;

  private final SimClock clock;
  private final @Nullable PrintStream out;
  private final @Nullable SlotStory story;
  private final @Nullable Ledger ledger;
  private long hash = 0xCBF29CE484222325L;

  private @Nullable Frame leaving;
  private int leavingFrom;
  private String leavingText = "";
  private String leavingTo = "";
  private boolean ended;

  /** With nobody to tell, it costs nothing but the hash. */
  Trace(SimClock clock, int nodes, @Nullable PrintStream out, @Nullable SlotStory story) {
    this.clock = clock;
    this.out = out;
    this.story = story;
    ledger =
        out == null && story == null
            ? null
            : new Ledger(this, clock, nodes, story == null ? null : story.facts());
  }

  /** Says what is simulated. */
  void begins(String what) {
    if (out != null) {
      out.println("# " + what);
      out.print(LEGEND);
    }
  }

  /** The log of a process that starts. */
  Persistence kept(SimNode node, Persistence log) {
    return ledger == null ? log : ledger.kept(node, log);
  }

  /** Somebody else runs on this machine from now on. */
  void forget(int node) {
    if (ledger != null) {
      ledger.of(node).forget();
    }
  }

  /** Why a member acts on an outcome; null when nobody is told. */
  Ledger.@Nullable Decision decision(int node, long slot) {
    return ledger == null ? null : ledger.decision(node, slot);
  }

  /** Takes a number into the hash. */
  void mix(long value) {
    hash = (hash ^ value) * 0x100000001B3L;
    hash ^= hash >>> 29;
  }

  void node(int index, Supplier<String> text) {
    if (out != null) {
      line("node " + (index + 1), text.get());
    }
  }

  void line(String who, Supplier<String> text) {
    if (out != null) {
      line(who, text.get());
    }
  }

  private void line(String who, String text) {
    left();
    print(who, text);
  }

  private void print(String who, String text) {
    if (out != null && !ended) {
      out.println(format(clock.now(), who, text));
    }
  }

  static String format(long at, String who, String text) {
    return SimClock.text(at)
        + "  "
        + who
        + " ".repeat(Math.max(0, WHO - who.length()))
        + "  "
        + text;
  }

  /** What happens from now on is not part of the run. */
  void end() {
    left();
    ended = true;
  }

  /** A node sends a frame; the same one to several others becomes one line. */
  void sent(int from, int to, Frame frame) {
    if (ledger == null || frame.isHeartbeat()) {
      return;
    }
    if (story != null) {
      story.sent(clock.now(), from, to, frame, ledger.of(from));
    }
    if (out == null) {
      return;
    }
    if (leaving != frame || leavingFrom != from) {
      left();
      leaving = frame;
      leavingFrom = from;
      leavingText = FrameText.of(frame.body(), ledger.of(from));
    }
    leavingTo += " " + (to + 1);
  }

  private void left() {
    Frame frame = leaving;
    if (frame != null) {
      leaving = null;
      print("node " + (leavingFrom + 1), "to" + leavingTo + ": " + leavingText);
      leavingTo = "";
    }
  }

  void arrived(int from, int to, Frame frame) {
    if (ledger != null) {
      frame.decisions(slot -> ledger.of(to).told(slot, Integer.toString(from + 1)));
    }
    if (story != null) {
      story.heard(clock.now(), from, to, frame);
    }
    if (out != null && !frame.isHeartbeat()) {
      line("node " + (to + 1), "from " + (from + 1) + ": " + frame);
    }
  }

  void lost(int from, int to, Frame frame, String why) {
    if (story != null && !ended) {
      story.lost(clock.now(), from, to, frame, why);
    }
    if (out != null && !frame.isHeartbeat()) {
      line("network", why + ", from " + (from + 1) + " to " + (to + 1) + ": " + frame);
    }
  }

  void starts(int node, String text) {
    node(node, () -> text);
    if (story != null) {
      story.starts(clock.now(), node, text);
    }
  }

  void dies(int node, String text) {
    node(node, () -> text);
    if (story != null && !ended) {
      story.dies(clock.now(), node, text);
    }
  }

  /** A pause of a node, or a fault of the network, which is no node. */
  void lasts(int node, long nanos, Supplier<String> text) {
    line("faults", text);
    if (story != null) {
      story.lasts(clock.now(), node, text.get(), clock.now() + nanos);
    }
  }

  /** What a process finds in its log, and which of its former words not. */
  void logs(int node, String text, List<Promises.Logged> gone) {
    node(node, () -> text + gone(gone));
    if (story != null) {
      story.logs(clock.now(), node, text + gone(story.only(gone)));
    }
  }

  private static String gone(List<Promises.Logged> words) {
    if (words.isEmpty()) {
      return "";
    }
    String more = words.size() > MOST_GONE ? " and " + (words.size() - MOST_GONE) + " more" : "";
    return words.stream()
            .limit(MOST_GONE)
            .map(Promises.Logged::toString)
            .collect(Collectors.joining(", ", "; gone: ", ""))
        + more;
  }

  void decided(int node, long slot, long id, Ledger.@Nullable Decision how) {
    if (story != null) {
      story.decided(clock.now(), node, slot, id, how);
    }
  }

  void broken(long slot, int node, String text) {
    line("BROKEN", () -> text);
    if (story != null && (slot == story.slot() || slot == Violations.NO_SLOT)) {
      story.broken(clock.now(), node, text);
    }
  }

  /**
   * Where in the code of this project a failure came from; that of the JDK is not always the same.
   */
  void failure(Throwable failure) {
    if (out != null) {
      left();
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        out.println(cause);
        for (StackTraceElement frame : cause.getStackTrace()) {
          if (frame.getClassName().startsWith(OURS)) {
            out.println("    at " + frame.getMethodName() + ", " + where(frame));
          }
        }
      }
    }
  }

  private static String where(StackTraceElement frame) {
    return frame.getFileName() + ":" + frame.getLineNumber();
  }

  long hash() {
    return hash;
  }
}
