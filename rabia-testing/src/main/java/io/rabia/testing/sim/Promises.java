package io.rabia.testing.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * For people: in which group of its log each word of one node is, what the node had counted when it
 * first said so, and who told it what was decided. Over all lives of the node. One thread.
 */
final class Promises {

  /** What the process counts in a slot. */
  @FunctionalInterface
  interface Views {
    /** Null when it is no member. */
    Tally.@Nullable View of(long slot);
  }

  /** One word in the log. */
  static final class Logged {
    final Word word;
    final String value;
    final long group;
    private final @Nullable Tally why;
    private long saidAt = NEVER;

    private Logged(Word word, String value, long group, @Nullable Tally why) {
      this.word = word;
      this.value = value;
      this.group = group;
      this.why = why;
    }

    /** {@code vote2 5/0=V1(2.7) of group 9}. */
    @Override
    public String toString() {
      return word + "=" + value + " of group " + group;
    }

    /** When it first left, or {@link #NEVER}. */
    long saidAt() {
      return saidAt;
    }
  }

  static final long NEVER = -1;
  private static final long NONE = -1;

  private final SimClock clock;
  private final int node;
  private final @Nullable SlotFacts facts;
  private final Map<Word, Logged> words = new HashMap<>();
  private final Map<Long, String> told = new HashMap<>();
  private final Set<Long> toldOthers = new HashSet<>();
  private final Views views;
  private LongSupplier safe = () -> 0;
  private String policy = "";
  private long lacking;
  private long highestSaid = NONE;

  Promises(SimClock clock, int node, Views views, @Nullable SlotFacts facts) {
    this.views = views;
    this.clock = clock;
    this.node = node;
    this.facts = facts;
  }

  // ---- what happens

  /**
   * A process begins.
   *
   * @param policy what the last safe group is: forced, written
   * @param safe the number of that group
   */
  void begins(String policy, LongSupplier safe) {
    this.policy = policy;
    this.safe = safe;
    lacking = 0;
    told.clear();
    toldOthers.clear();
  }

  /** So many bytes of what its log calls safe would not survive a loss of power. */
  void lacks(long bytes) {
    lacking = bytes;
  }

  /** {@code forced up to group 9}. */
  String safe() {
    return policy + " up to group " + safe.getAsLong() + lacking();
  }

  private String lacking() {
    return lacking == 0 ? "" : ", of which " + lacking + " bytes are not on the disk";
  }

  /** Somebody else runs on this machine from now on. */
  void forget() {
    words.clear();
    highestSaid = NONE;
  }

  /** It has read its log to this group; returns what it had promised behind it. */
  List<Logged> ends(long lastGroup) {
    List<Logged> gone = new ArrayList<>();
    for (Logged logged : words.values()) {
      if (logged.group > lastGroup) {
        gone.add(logged);
      }
    }
    gone.sort(
        (a, b) ->
            a.group != b.group
                ? Long.compare(a.group, b.group)
                : a.word.toString().compareTo(b.word.toString()));
    for (Logged logged : gone) {
      words.remove(logged.word);
      if (facts != null) {
        facts.gone(clock.now(), node, logged, lastGroup);
      }
    }
    return gone;
  }

  /** It writes a word to its log. */
  void logged(Word word, String value, long group, @Nullable Tally why) {
    words.put(word, new Logged(word, value, group, why));
    if (facts != null && why != null) {
      facts.counted(clock.now(), node, word, value, why);
    }
  }

  /** Somebody, or its log, tells it an outcome. */
  void told(long slot, String by) {
    told.putIfAbsent(slot, by);
  }

  // ---- in words

  /** The value of this word, or an empty text. */
  String value(Word word) {
    Logged logged = words.get(word);
    return logged == null ? "" : logged.value;
  }

  /** The word leaves: returns why it is what it is, the first time, in brackets. */
  String leaves(Word word, String value) {
    highestSaid = Math.max(highestSaid, word.slot());
    Logged logged = words.get(word);
    boolean first = logged == null || logged.saidAt == NEVER;
    if (logged != null && first) {
      logged.saidAt = clock.now();
    }
    if (facts != null) {
      facts.said(clock.now(), node, word, value, isSafe(word) ? "" : unsafe(word));
    }
    return first && logged != null && logged.why != null ? " [" + logged.why.text() + "]" : "";
  }

  /** It tells others an outcome: returns why that is one, the first time, in brackets. */
  String tells(long slot, String outcome) {
    Tally.View view = toldOthers.add(slot) ? views.of(slot) : null;
    if (view == null || !view.slot().decided()) {
      return "";
    }
    Tally why = Tally.ofDecision(view, toldBy(slot));
    if (facts != null) {
      facts.tells(clock.now(), node, slot, outcome, why);
    }
    return " [" + why.text() + "]";
  }

  /** It answers a barrier: returns what it conceals, in brackets. */
  String answers(long highestSlot) {
    if (facts != null) {
      facts.answers(clock.now(), node, highestSlot);
    }
    return highestSlot < highestSaid ? " [it has spoken in slot " + highestSaid + "]" : "";
  }

  /** What it counts in this slot now; null when it is no member. */
  Tally.@Nullable View view(long slot) {
    return views.of(slot);
  }

  /** The group that holds this word, or 0. */
  long group(Word word) {
    Logged logged = words.get(word);
    return logged == null ? 0 : logged.group;
  }

  boolean isSafe(Word word) {
    return lacking == 0 && group(word) <= safe.getAsLong();
  }

  /** {@code of group 9 when its log was forced up to group 8}. */
  String unsafe(Word word) {
    return " of group " + group(word) + " when its log was " + safe();
  }

  /** {@code {group 9, forced 9}}. */
  String safety(long group) {
    return group == 0
        ? ""
        : " {group " + group + ", " + policy + " " + safe.getAsLong() + lacking() + "}";
  }

  /** Who told the outcome of this slot, or an empty text. */
  String toldBy(long slot) {
    return told.getOrDefault(slot, "");
  }
}
