package io.rabia.benchmarks.cluster;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What came of a load. Latencies are microseconds, those of requests that failed among them.
 *
 * @param resent requests that were sent again, {@link Target#UNCOUNTED} if nobody knows
 * @param gaps longest time without a completion of the clients of each home, milliseconds
 * @param timeline for every ten milliseconds: completions and their highest latency; may be empty
 */
record LoadResult(
    double opsPerSecond,
    double p50,
    double p99,
    double p999,
    double max,
    long completed,
    long errors,
    long resent,
    List<Double> gaps,
    List<Moment> timeline) {

  /** Ten milliseconds of a run. */
  record Moment(long completed, long maxMicros) {}

  LoadResult {
    gaps = List.copyOf(gaps);
    timeline = List.copyOf(timeline);
  }

  Fields fields() {
    return Fields.of(
        "ops", decimal(opsPerSecond),
        "p50", decimal(p50),
        "p99", decimal(p99),
        "p999", decimal(p999),
        "max", decimal(max),
        "completed", completed,
        "errors", errors,
        "resent", resent,
        "gaps", String.join(",", gaps.stream().map(LoadResult::decimal).toList()),
        "timeline",
            String.join(
                ",", timeline.stream().map(m -> m.completed() + ":" + m.maxMicros()).toList()));
  }

  private static String decimal(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  static LoadResult of(Fields fields) {
    return new LoadResult(
        fields.decimal("ops"),
        fields.decimal("p50"),
        fields.decimal("p99"),
        fields.decimal("p999"),
        fields.decimal("max"),
        fields.number("completed"),
        fields.number("errors"),
        fields.number("resent"),
        list(fields.text("gaps")).stream().map(Double::valueOf).toList(),
        list(fields.text("timeline")).stream().map(LoadResult::moment).toList());
  }

  private static List<String> list(String text) {
    return text.isEmpty() ? List.of() : Arrays.asList(text.split(",", -1));
  }

  private static Moment moment(String text) {
    int colon = text.indexOf(':');
    return new Moment(
        Long.parseLong(text.substring(0, colon)), Long.parseLong(text.substring(colon + 1)));
  }

  /** Longest time without a completion of clients whose home is not this one. */
  double maxGapExcept(int home) {
    double most = 0;
    for (int i = 0; i < gaps.size(); i++) {
      most = i == home ? most : Math.max(most, gaps.get(i));
    }
    return most;
  }
}
