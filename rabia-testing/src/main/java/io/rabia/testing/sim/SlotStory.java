package io.rabia.testing.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What happened to one slot: who said what about it and who heard it, what was decided, and the
 * lives, pauses and faults in between. It begins with the first word about the slot; of the faults
 * before that, it has those that still last. One thread.
 */
final class SlotStory {
  static final int NO_NODE = -1;
  static final int NO_ORIGIN = -1;

  /** What an event is, which decides how it is shown. */
  enum Kind {
    SAYS,
    HEARS,
    LOST,
    DECIDES,
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
   */
  record Event(long at, int node, Kind kind, String text, int origin, long until) {
    /** Who it happened to. */
    String who() {
      return kind == Kind.BROKEN ? "BROKEN" : node == NO_NODE ? "faults" : "node " + (node + 1);
    }
  }

  /** A message; {@code ended} once it was heard or lost, after which a duplicate may follow. */
  private static final class Sent {
    final int event;
    final int from;
    final int to;
    final Frame frame;
    boolean ended;

    Sent(int event, int from, int to, Frame frame) {
      this.event = event;
      this.from = from;
      this.to = to;
      this.frame = frame;
    }
  }

  private final long slot;
  private final List<Event> events = new ArrayList<>();
  private final List<Event> before = new ArrayList<>();
  private final List<Sent> messages = new ArrayList<>();
  private final boolean[] ran;
  private final boolean[] alive;
  private final String[] decided;

  SlotStory(long slot, int n) {
    this.slot = slot;
    ran = new boolean[n];
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

  /** In the order in which they happened. */
  List<Event> events() {
    return events;
  }

  // ---- messages

  void sent(long at, int from, int to, Frame frame) {
    String text = FrameText.of(frame.body(), slot);
    if (text.isEmpty()) {
      return;
    }
    begin(at);
    Sent last = messages.isEmpty() ? null : messages.get(messages.size() - 1);
    boolean same =
        last != null
            && last.frame == frame
            && last.from == from
            && events.get(last.event).at() == at;
    int event = same ? last.event : add(at, from, Kind.SAYS, "says " + text);
    messages.add(new Sent(event, from, to, frame));
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
      String said = events.get(message.event).text().replaceFirst("says ", ": ");
      events.add(new Event(at, to, kind, text + said, message.event, at));
    }
  }

  // ---- what happens to nodes

  void decided(long at, int node, long inSlot, long id) {
    String outcome = FrameText.id(id);
    if (inSlot == slot && !outcome.equals(decided[node])) {
      begin(at);
      decided[node] = outcome;
      add(at, node, Kind.DECIDES, "decides " + outcome);
    }
  }

  void starts(long at, int node, String text) {
    ran[node] = true;
    alive[node] = true;
    decided[node] = "";
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
    (begun() ? events : before).add(new Event(at, node, kind, text, NO_ORIGIN, until));
  }

  void broken(long at, int node, String text) {
    add(at, node, Kind.BROKEN, text);
  }

  private boolean begun() {
    return !events.isEmpty();
  }

  private int add(long at, int node, Kind kind, String text) {
    events.add(new Event(at, node, kind, text, NO_ORIGIN, at));
    return events.size() - 1;
  }

  /** With who is down and what lasts. */
  private void begin(long at) {
    if (begun()) {
      return;
    }
    for (int node = 0; node < ran.length; node++) {
      if (ran[node] && !alive[node]) {
        add(at, node, Kind.DIES, "is down");
      }
    }
    for (Event fault : before) {
      if (fault.until() > at) {
        String text = fault.text() + ", since " + SimClock.text(fault.at()).strip() + " s";
        events.add(new Event(at, fault.node(), fault.kind(), text, NO_ORIGIN, fault.until()));
      }
    }
    before.clear();
  }

  /** The story as a trace tells it. */
  String text() {
    StringBuilder text = new StringBuilder("# slot " + slot + " from its first word on\n");
    for (Event event : events) {
      text.append(Trace.format(event.at(), event.who(), event.text())).append('\n');
    }
    return text.toString();
  }
}
