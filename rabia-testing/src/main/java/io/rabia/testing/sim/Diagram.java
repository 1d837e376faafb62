package io.rabia.testing.sim;

import io.rabia.testing.sim.SlotStory.Event;
import io.rabia.testing.sim.SlotStory.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Draws the story of a slot as SVG: a line per node, time runs downwards, messages are arrows from
 * one line to another. Every event has a row of its own, so that no text covers another one. One
 * thread.
 */
final class Diagram {
  private static final int LEFT = 110;
  private static final int COLUMN = 320;
  private static final int COLUMN_CHARS = 46;
  private static final int LINE = 13;
  private static final int TOP = 200;
  private static final int VERDICT_LINES = 3;
  private static final int MOST_EVENTS = 300;
  private static final long LONG_GAP = 5 * SimClock.MILLI;

  private static final String STYLE =
      """
      <style>
      text{font:11px sans-serif;paint-order:stroke;stroke:#fff;stroke-width:3px;fill:#222}
      .title{font-size:16px;font-weight:bold}
      .verdict,.broken{fill:#b00020;font-weight:bold}
      .name{font-size:14px;font-weight:bold}
      .time{fill:#555} .note{fill:#888;font-style:italic} .lost{fill:#c62828}
      .decides{fill:#1b5e20;font-weight:bold} .fault,.pauses,.dies,.starts{fill:#8a4b00}
      path{fill:none}
      .life{stroke:#333;stroke-width:2} .down{stroke:#bbb;stroke-width:2;stroke-dasharray:3 5}
      .pause{stroke:#f9a825;stroke-width:9;stroke-opacity:.6}
      .message{stroke:#1565c0} .lost-way{stroke:#c62828;stroke-dasharray:5 4}
      .lost-end,.death{stroke:#c62828;stroke-width:2}
      .decision{fill:#2e7d32} .event{fill:#333}
      .fault-line{stroke:#e0a050;stroke-dasharray:2 3} .broken-line{stroke:#b00020;stroke-width:2}
      </style>
      <defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"\
       orient="auto"><path d="M0 0L8 4L0 8z" style="fill:#1565c0"/></marker></defs>
      """;

  private static final List<String> LEGEND =
      List.of(
          "Time runs downwards, not to scale; at the left, virtual seconds.",
          "propose=2.7: proposes batch number 7 of node 2; noop is an empty proposal.",
          "vote1/p, vote2/p: votes in the two rounds of phase p: V1(2.7) for that batch, V0 against"
              + " any, V? for neither.",
          "decides 2.7, noop, or nothing (the slot is given up).",
          "[vote2/0 from 1,2: V1 V?]: what it rests on. {group 9, forced 9}: the last group of its log"
              + " with any of it, and the last one that is safe.");

  private final SlotStory story;
  private final List<Event> events;
  private final int[] y;
  private final StringBuilder back = new StringBuilder();
  private final StringBuilder front = new StringBuilder();
  private int bottom = TOP;

  private Diagram(SlotStory story) {
    this.story = story;
    events = story.events();
    y = new int[events.size()];
  }

  /** A whole SVG document. */
  static String of(SlotStory story, String title, String verdict) {
    return new Diagram(story).draw(title, verdict);
  }

  private int x(int node) {
    return LEFT + 20 + node * COLUMN;
  }

  private int width() {
    return LEFT + 20 + story.nodes() * COLUMN;
  }

  private String draw(String title, String verdict) {
    rows();
    for (int node = 0; node < story.nodes(); node++) {
      life(node);
    }
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i).origin() != SlotStory.NO_ORIGIN) {
        arrow(events.get(i), y[events.get(i).origin()], y[i]);
      }
    }
    return header(title, verdict) + back + front + "</svg>\n";
  }

  private String header(String title, String verdict) {
    StringBuilder head = new StringBuilder();
    head.append(
        shape(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%1$d\" height=\"%2$d\""
                + " viewBox=\"0 0 %1$d %2$d\">\n",
            width(), bottom));
    head.append(STYLE);
    head.append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    int at = 24;
    text(head, 10, at, "title", "Slot " + story.slot() + " of " + title);
    List<String> said = lines(verdict, story.nodes() * COLUMN_CHARS);
    for (int i = 0; i < Math.min(said.size(), VERDICT_LINES); i++) {
      at += LINE + 2;
      boolean goesOn = i == VERDICT_LINES - 1 && said.size() > VERDICT_LINES;
      text(head, 10, at, "verdict", said.get(i) + (goesOn ? " ..." : ""));
    }
    for (String line : LEGEND) {
      at += LINE + 2;
      text(head, 10, at, "note", line);
    }
    samples(head, at + LINE + 6);
    for (int node = 0; node < story.nodes(); node++) {
      text(head, x(node) - 20, TOP - 10, "name", "node " + (node + 1));
    }
    return head.toString();
  }

  /** What the lines and signs mean, side by side. */
  private static void samples(StringBuilder to, int y) {
    int x = 10;
    for (String style : List.of("message", "lost-way", "life", "down", "pause")) {
      String marker = style.equals("message") ? " marker-end=\"url(#head)\"" : "";
      to.append(shape("<path class=\"%s\"%s d=\"M%d %dh40\"/>\n", style, marker, x, y));
      if (style.equals("lost-way")) {
        to.append(cross(x + 40, y, "lost-end"));
      }
      text(to, x + 50, y + 4, "note", meaning(style));
      x += 155;
    }
    to.append(cross(x, y, "death"));
    text(to, x + 10, y + 4, "note", "dies");
    to.append(diamond(x + 60, y));
    text(to, x + 70, y + 4, "note", "decides");
  }

  private static String meaning(String style) {
    return switch (style) {
      case "message" -> "is heard";
      case "lost-way" -> "is lost";
      case "life" -> "node lives";
      case "down" -> "node is down";
      default -> "node is paused";
    };
  }

  // ---- rows

  private void rows() {
    long before = events.isEmpty() ? 0 : events.get(0).at();
    int firstLeftOut = events.size() > MOST_EVENTS ? MOST_EVENTS / 2 : events.size();
    int endOfLeftOut = Math.max(firstLeftOut, events.size() - MOST_EVENTS / 2);
    String timeAbove = "";
    for (int i = 0; i < events.size(); i++) {
      if (i >= firstLeftOut && i < endOfLeftOut) {
        y[i] = bottom;
        continue;
      }
      if (i == endOfLeftOut) {
        bottom += 2 * LINE;
        text(front, LEFT + 30, bottom, "note", (i - firstLeftOut) + " events are left out here");
      }
      Event event = events.get(i);
      gap(event.at() - before);
      before = event.at();
      row(i, event);
      String time = SimClock.text(event.at()).strip();
      if (!time.equals(timeAbove)) {
        text(front, 10, y[i] + 4, "time", time);
        timeAbove = time;
      }
    }
    bottom += 2 * LINE;
  }

  private void gap(long nanos) {
    if (nanos >= LONG_GAP) {
      bottom += 2 * LINE;
      text(front, 10, bottom, "note", "+" + nanos / SimClock.MILLI + " ms");
      bottom += LINE / 2;
    }
  }

  private void row(int i, Event event) {
    bottom += event.kind() == Kind.BROKEN ? 2 * LINE : LINE + 2;
    y[i] = bottom;
    if (event.kind() == Kind.HEARS) {
      return;
    }
    boolean wide = event.node() == SlotStory.NO_NODE || event.kind() == Kind.BROKEN;
    int from = wide ? LEFT + 5 : x(event.node()) + 10;
    List<String> lines = lines(shown(event), wide ? story.nodes() * COLUMN_CHARS : COLUMN_CHARS);
    String style = event.kind().name().toLowerCase(Locale.ROOT);
    if (wide) {
      back.append(
          shape(
              "<path class=\"%s\" d=\"M%d %dH%d\"/>\n",
              style + "-line", LEFT, y[i] - LINE + 1, width() - 10));
    } else {
      front.append(mark(event, x(event.node()), y[i]));
    }
    for (String line : lines) {
      text(front, from, bottom + 4, style, line);
      bottom += LINE;
    }
    bottom -= LINE - 3;
  }

  private static String shown(Event event) {
    return switch (event.kind()) {
      case SAYS -> event.text().replaceFirst("^says ", "");
      case LOST -> event.text().replaceFirst(": .*", "");
      case BROKEN -> "BROKEN: " + event.text();
      default -> event.text();
    };
  }

  private static List<String> lines(String text, int most) {
    List<String> lines = new ArrayList<>();
    String rest = text;
    while (rest.length() > most) {
      int blank = rest.lastIndexOf(' ', most);
      int end = blank > 0 ? blank : most;
      lines.add(rest.substring(0, end));
      rest = rest.substring(end).strip();
    }
    lines.add(rest);
    return lines;
  }

  // ---- shapes

  private static String mark(Event event, int x, int y) {
    return switch (event.kind()) {
      case DECIDES -> diamond(x, y);
      case DIES -> cross(x, y, "death");
      case LOST -> "";
      default -> shape("<circle class=\"event\" cx=\"%d\" cy=\"%d\" r=\"3\"/>\n", x, y);
    };
  }

  private static String diamond(int x, int y) {
    return shape("<path class=\"decision\" d=\"M%d %dl6 6l-6 6l-6 -6z\"/>\n", x, y - 6);
  }

  private static String cross(int x, int y, String style) {
    return shape("<path class=\"%s\" d=\"M%d %dl8 8m0 -8l-8 8\"/>\n", style, x - 4, y - 4);
  }

  private void arrow(Event event, int from, int to) {
    int start = x(events.get(event.origin()).node());
    int end = x(event.node());
    if (event.kind() == Kind.LOST) {
      int x = start + (end - start) * 2 / 3;
      int middle = from + (to - from) * 2 / 3;
      back.append(shape("<path class=\"lost-way\" d=\"M%d %dL%d %d\"/>\n", start, from, x, middle));
      back.append(cross(x, middle, "lost-end"));
    } else {
      int tip = end > start ? end - 3 : end + 3;
      back.append(
          shape(
              "<path class=\"message\" marker-end=\"url(#head)\" d=\"M%d %dL%d %d\"><title>%s</title></path>\n",
              start, from, tip, to, escaped(event.text())));
    }
  }

  /** The line of a node: thin while it lives, dashed while it is down, thick while it is paused. */
  private void life(int node) {
    int since = TOP;
    boolean alive = true;
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      if (event.node() == node && (event.kind() == Kind.DIES || event.kind() == Kind.STARTS)) {
        line(node, since, y[i], alive ? "life" : "down");
        since = y[i];
        alive = event.kind() == Kind.STARTS;
      } else if (event.node() == node && event.kind() == Kind.PAUSES) {
        line(node, y[i], rowAt(event.until()), "pause");
      }
    }
    line(node, since, bottom, alive ? "life" : "down");
  }

  private int rowAt(long time) {
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i).at() >= time) {
        return y[i];
      }
    }
    return bottom;
  }

  private void line(int node, int from, int to, String style) {
    back.append(
        shape("<path class=\"%s\" d=\"M%d %dV%d\"/>\n", style, x(node), from, Math.max(from, to)));
  }

  private static String shape(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static void text(StringBuilder to, int x, int y, String style, String text) {
    to.append(
        shape("<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n", style, x, y, escaped(text)));
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
