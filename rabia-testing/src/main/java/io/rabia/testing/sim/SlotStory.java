package io.rabia.testing.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What happened to one slot: who said what about it and who heard it, what was decided, and the
 * lives, pauses and faults in between. It begins with the first word about the slot; of the faults
 * before that, it has those that still last. One thread.
 */
final class SlotStory {
  static final int NO_NODE = -1;
  static final int NO_ORIGIN = -1;
  private static final int MOST_AROUND = 8;

  /** What an event is, which decides how it is shown. */
  enum Kind {
    SAYS,
    HEARS,
    LOST,
    DECIDES,
    LOGS,
    STARTS,
    DIES,
    PAUSES,
    FAULT,
    BROKEN
  }

  /**
   * One event.
   *
   * @param node it happened to, or {@link #NO_NODE}
   * @param origin index of the event with which the message was sent that is heard or lost here, or
   *     {@link #NO_ORIGIN}
   * @param until when the pause or fault ends that begins here
   * @param again whether nothing is said or heard but what the node had said or heard of the same
   *     one before in the same life
   */
  record Event(long at, int node, Kind kind, String text, int origin, long until, boolean again) {
    private Event(long at, int node, Kind kind, String text, long until) {
      this(at, node, kind, text, NO_ORIGIN, until, false);
    }

    /** Who it happened to. */
    String who() {
      return kind == Kind.BROKEN ? "BROKEN" : node == NO_NODE ? "faults" : "node " + (node + 1);
    }
  }

  /** A word that a node says itself, or hears of another. */
  private record Known(int node, int of, String word) {}

  /** A message; {@code ended} once it was heard or lost, after which a duplicate may follow. */
  private static final class Sent {
    final int event;
    final String text;
    final int from;
    final int to;
    final Frame frame;
    boolean ended;

    Sent(int event, String text, int from, int to, Frame frame) {
      this.event = event;
      this.text = text;
      this.from = from;
      this.to = to;
      this.frame = frame;
    }
  }

  private final long slot;
  private final List<Event> events = new ArrayList<>();
  private final List<Event> before = new ArrayList<>();
  private final List<Sent> messages = new ArrayList<>();
  private final SlotFacts facts;
  private final Set<Known> known = new HashSet<>();
  private final long[] started;
  private final int[] lives;
  private final boolean[] alive;
  private final String[] decided;

  SlotStory(long slot, int n) {
    this.slot = slot;
    facts = new SlotFacts(slot);
    started = new long[n];
    lives = new int[n];
    alive = new boolean[n];
    decided = new String[n];
    Arrays.fill(decided, "");
  }

  long slot() {
    return slot;
  }

  /** Nodes up to the last one to which something happened. */
  int nodes() {
    return events.stream().mapToInt(Event::node).max().orElse(NO_NODE) + 1;
  }

  /** What stands out in it. */
  SlotFacts facts() {
    return facts;
  }

  /** In the order in which they happened. */
  List<Event> events() {
    return events;
  }

  // ---- messages

  void sent(long at, int from, int to, Frame frame, Promises sender) {
    Sent last = messages.isEmpty() ? null : messages.get(messages.size() - 1);
    if (last != null
        && last.frame == frame
        && last.from == from
        && events.get(last.event).at() == at) {
      messages.add(new Sent(last.event, last.text, from, to, frame));
      return;
    }
    String said = FrameText.of(frame.body(), slot, sender);
    String text = FrameText.of(frame.body(), slot);
    if (!text.isEmpty()) {
      begin(at);
      messages.add(new Sent(events.size(), text, from, to, frame));
      boolean again = isKnown(from, from, text);
      events.add(new Event(at, from, Kind.SAYS, "says " + said, NO_ORIGIN, at, again));
    }
  }

  /** Does a node know all these words of another, or of itself, by now? From now on it does. */
  private boolean isKnown(int node, int of, String words) {
    boolean all = true;
    for (String word : words.replace(" with body", "").split(", ")) {
      all &= !known.add(new Known(node, of, word));
    }
    return all;
  }

  void heard(long at, int from, int to, Frame frame) {
    ends(at, from, to, frame, Kind.HEARS, "hears node " + (from + 1));
  }

  void lost(long at, int from, int to, Frame frame, String why) {
    ends(at, from, to, frame, Kind.LOST, "does not hear node " + (from + 1) + " (" + why + ")");
  }

  private void ends(long at, int from, int to, Frame frame, Kind kind, String text) {
    Sent message = null;
    for (Sent sent : messages) {
      if (sent.frame == frame && sent.from == from && sent.to == to) {
        message = sent;
        if (!sent.ended) {
          break;
        }
      }
    }
    if (message != null) {
      message.ended = true;
      boolean again =
          kind == Kind.HEARS ? isKnown(to, from, message.text) : events.get(message.event).again();
      String said = text + ": " + message.text;
      events.add(new Event(at, to, kind, said, message.event, at, again));
    }
  }

  // ---- what happens to nodes

  void decided(long at, int node, long inSlot, long id, Ledger.@Nullable Decision how) {
    String outcome = FrameText.id(id);
    if (inSlot == slot && !outcome.equals(decided[node])) {
      begin(at);
      decided[node] = outcome;
      add(at, node, Kind.DECIDES, "decides " + outcome + (how == null ? "" : " " + how));
      if (how != null) {
        facts.decided(at, node, outcome, how);
      }
    }
  }

  /** Those that are about this slot. */
  List<Promises.Logged> only(List<Promises.Logged> words) {
    return words.stream().filter(word -> word.word.slot() == slot).toList();
  }

  /** What a process finds in its log. */
  void logs(long at, int node, String text) {
    if (begun()) {
      add(at, node, Kind.LOGS, text);
    }
  }

  void starts(long at, int node, String text) {
    started[node] = at;
    lives[node]++;
    alive[node] = true;
    decided[node] = "";
    known.removeIf(word -> word.node() == node);
    if (begun()) {
      add(at, node, Kind.STARTS, text);
    }
  }

  void dies(long at, int node, String text) {
    alive[node] = false;
    if (begun()) {
      add(at, node, Kind.DIES, text);
    }
  }

  /** A pause of a node, or a fault of the network, that lasts until then. */
  void lasts(long at, int node, String text, long until) {
    Kind kind = node == NO_NODE ? Kind.FAULT : Kind.PAUSES;
    (begun() ? events : before).add(new Event(at, node, kind, text, until));
  }

  void broken(long at, int node, String text) {
    add(at, node, Kind.BROKEN, text);
  }

  private boolean begun() {
    return !events.isEmpty();
  }

  private void add(long at, int node, Kind kind, String text) {
    events.add(new Event(at, node, kind, text, at));
  }

  /** With who is down, who has restarted, and what lasts. */
  private void begin(long at) {
    if (begun()) {
      return;
    }
    for (int node = 0; node < lives.length; node++) {
      if (lives[node] > 0 && !alive[node]) {
        add(at, node, Kind.DIES, "is down");
      } else if (lives[node] > 1) {
        add(at, node, Kind.STARTS, "is up again since" + since(started[node]));
      }
    }
    for (Event fault : before) {
      if (fault.until() > at) {
        String text = fault.text() + ", since" + since(fault.at());
        events.add(new Event(at, fault.node(), fault.kind(), text, fault.until()));
      }
    }
    before.clear();
  }

  private static String since(long time) {
    return " " + SimClock.text(time).strip() + " s";
  }

  /** The story as a trace tells it, without repetitions, and then what stands out. */
  String text() {
    List<Event> news = events.stream().filter(event -> !event.again()).toList();
    int again = events.size() - news.size();
    StringBuilder text = new StringBuilder("# slot " + slot + " from its first word on");
    text.append(again == 0 ? "\n" : ", without " + again + " repetitions\n");
    int from = 0;
    while (from < news.size()) {
      int end = from + 1;
      while (end < news.size() && isAround(news.get(end)) && isAround(news.get(from))) {
        end++;
      }
      tell(news.subList(from, end), text);
      from = end;
    }
    return text + facts.text();
  }

  /** Does it happen to nodes or links, and not to the slot? */
  private static boolean isAround(Event event) {
    return switch (event.kind()) {
      case STARTS, LOGS, DIES, PAUSES, FAULT -> true;
      case SAYS, HEARS, LOST, DECIDES, BROKEN -> false;
    };
  }

  /** Of many, the first and the last. */
  private static void tell(List<Event> run, StringBuilder text) {
    for (int i = 0; i < run.size(); i++) {
      if (i < MOST_AROUND || run.size() - i <= MOST_AROUND) {
        Event event = run.get(i);
        text.append(Trace.format(event.at(), event.who(), event.text())).append('\n');
      } else if (i == MOST_AROUND) {
        int left = run.size() - 2 * MOST_AROUND;
        text.append("# " + left + " lives, pauses and faults are left out here\n");
      }
    }
  }
}
