package io.rabia.benchmarks.cluster;

import java.util.ArrayList;
import java.util.Formatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Lines over a linear and a logarithmic axis, as SVG. */
final class SvgChart {
  private static final int WIDTH = 860;
  private static final int HEIGHT = 480;
  private static final int LEFT = 80;
  private static final int RIGHT = 170;
  private static final int TOP = 50;
  private static final int BOTTOM = 60;
  private static final int TICKS = 6;
  private static final int MARKED = 40;
  private static final List<String> COLORS =
      List.of("#c0392b", "#2471a3", "#1e8449", "#b9770e", "#7d3c98", "#34495e", "#16a085");

  /** {@code y} above 0. */
  record Point(double x, double y) {}

  private record Line(String name, boolean dashed, List<Point> points) {}

  private final String title;
  private final String xTitle;
  private final String yTitle;
  private final List<Line> lines = new ArrayList<>();
  private final Formatter svg = new Formatter(Locale.ROOT);
  private double maxX = 1;
  private int firstDecade;
  private int lastDecade = 1;

  SvgChart(String title, String xTitle, String yTitle) {
    this.title = title;
    this.xTitle = xTitle;
    this.yTitle = yTitle;
  }

  /** Lines of one name have one color. */
  void line(String name, boolean dashed, List<Point> points) {
    List<Point> drawable = points.stream().filter(point -> point.y > 0).toList();
    if (!drawable.isEmpty()) {
      lines.add(new Line(name, dashed, drawable));
    }
  }

  /** To be asked for once. */
  String svg() {
    scale();
    svg.format(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif'"
            + " font-size='12'>%n<rect width='100%%' height='100%%' fill='white'/>%n",
        WIDTH, HEIGHT);
    text(WIDTH / 2.0, TOP / 2.0, "middle", title);
    text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 15, "middle", xTitle);
    svg.format(
        "<text transform='translate(18 %d) rotate(-90)' text-anchor='middle'>%s</text>%n",
        (TOP + HEIGHT - BOTTOM) / 2, escaped(yTitle));
    axes();
    Map<String, String> colors = new LinkedHashMap<>();
    for (Line line : lines) {
      colors.computeIfAbsent(line.name, name -> COLORS.get(colors.size() % COLORS.size()));
      draw(line, colors.get(line.name));
    }
    legend(colors);
    return svg.format("</svg>%n").toString();
  }

  private void scale() {
    maxX = points().mapToDouble(Point::x).max().orElse(1);
    firstDecade = (int) Math.floor(Math.log10(points().mapToDouble(Point::y).min().orElse(1)));
    lastDecade = (int) Math.ceil(Math.log10(points().mapToDouble(Point::y).max().orElse(10)));
    lastDecade = Math.max(lastDecade, firstDecade + 1);
    maxX = maxX <= 0 ? 1 : maxX;
  }

  private Stream<Point> points() {
    return lines.stream().flatMap(line -> line.points.stream());
  }

  private double x(double value) {
    return LEFT + value / maxX * (WIDTH - LEFT - RIGHT);
  }

  private double y(double value) {
    double share = (Math.log10(value) - firstDecade) / (lastDecade - firstDecade);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  }

  private void axes() {
    for (int decade = firstDecade; decade <= lastDecade; decade++) {
      double value = Math.pow(10, decade);
      rule(LEFT, y(value), WIDTH - RIGHT, y(value));
      text(LEFT - 8, y(value) + 4, "end", String.format(Locale.ROOT, "%,.0f", value));
    }
    double step = step();
    for (double value = 0; value <= maxX; value += step) {
      rule(x(value), TOP, x(value), HEIGHT - BOTTOM);
      text(x(value), HEIGHT - BOTTOM + 18, "middle", String.format(Locale.ROOT, "%,.0f", value));
    }
  }

  /** 1, 2 or 5 times a power of ten. */
  private double step() {
    double rough = maxX / TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double[] factors = {1, 2, 5, 10};
    for (double factor : factors) {
      if (factor * power >= rough) {
        return Math.max(1, factor * power);
      }
    }
    return Math.max(1, 10 * power);
  }

  private void rule(double fromX, double fromY, double toX, double toY) {
    svg.format(
        "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='#dddddd'/>%n",
        fromX, fromY, toX, toY);
  }

  private void draw(Line line, String color) {
    StringBuilder path = new StringBuilder();
    for (Point point : line.points) {
      path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point.x), y(point.y)));
      if (line.points.size() <= MARKED) {
        svg.format(
            "<circle cx='%.1f' cy='%.1f' r='3' fill='%s'/>%n", x(point.x), y(point.y), color);
      }
    }
    svg.format(
        "<polyline points='%s' fill='none' stroke='%s' stroke-width='1.5'%s/>%n",
        path.toString().trim(), color, line.dashed ? " stroke-dasharray='5 4'" : "");
  }

  private void legend(Map<String, String> colors) {
    int row = 0;
    for (Map.Entry<String, String> entry : colors.entrySet()) {
      double y = TOP + 20.0 * row++;
      svg.format(
          "<rect x='%d' y='%.1f' width='12' height='12' fill='%s'/>%n",
          WIDTH - RIGHT + 15, y, entry.getValue());
      text(WIDTH - RIGHT + 33, y + 10, "start", entry.getKey());
    }
  }

  private void text(double x, double y, String anchor, String content) {
    svg.format(
        "<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>%n", x, y, anchor, escaped(content));
  }

  private static String escaped(String content) {
    return content.replace("&", "&amp;").replace("<", "&lt;");
  }
}
