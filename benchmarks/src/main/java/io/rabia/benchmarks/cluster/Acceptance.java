package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.BenchOptions.Fault;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.benchmarks.cluster.Results.Spread;
import io.rabia.benchmarks.cluster.Results.Work;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What is to be reached by three members with 16-byte values, each as a ratio of medians of one
 * run. A peer with errors, or one that is not representative, is not compared with.
 */
final class Acceptance {
  private static final double NOTHING = Double.NaN;
  private static final int VALUE_SIZE = 16;

  /**
   * A target.
   *
   * @param measured NaN when something for it is missing
   */
  record Line(String what, boolean atLeast, double target, double measured, String unit) {

    /** Whether it is reached; null when nobody knows. */
    @Nullable Boolean met() {
      if (Double.isNaN(measured)) {
        return null;
      }
      return atLeast ? measured >= target : measured <= target;
    }

    String text() {
      Boolean met = met();
      return String.format(
          Locale.ROOT,
          "%-72s %s %,12.2f %-10s %s",
          what,
          atLeast ? "at least" : "at most ",
          target,
          unit,
          met == null ? "not measured" : String.format(Locale.ROOT, "%,.2f  %b", measured, met));
    }
  }

  private final Results results;
  private final List<Line> lines = new ArrayList<>();

  private Acceptance(Results results) {
    this.results = results;
  }

  static List<Line> of(Results results) {
    Acceptance acceptance = new Acceptance(results);
    acceptance.withoutForces();
    acceptance.withForces();
    acceptance.tails();
    acceptance.reads();
    acceptance.faults();
    acceptance.alone();
    return acceptance.lines;
  }

  private void withoutForces() {
    Durability os = Durability.OS;
    ops("os, 256 clients, writes/s of SOFAJRaft", 3, writes(os, 256), Contender.JRAFT);
    ops("os, 256 clients, writes/s of Aeron Cluster", 2.25, writes(os, 256), Contender.AERON);
    ops("os, 64 clients, writes/s of the best peer", 2.5, writes(os, 64), peers());
    ops("os, 16 clients, writes/s of the best peer", 2, writes(os, 16), peers());
    oneClient(os, 0.5, 2, Floors.PATH);
  }

  private void withForces() {
    Durability fsync = Durability.FSYNC;
    ops("fsync, 256 clients, writes/s of the best peer", 2, writes(fsync, 256), peers());
    oneClient(fsync, 1, 1.5, Floors.FORCED_PATH);
  }

  private void oneClient(Durability durability, double ofPeer, double ofFloor, String floor) {
    Work work = writes(durability, 1);
    String name = name(durability) + ", 1 client, p50";
    double own = figure(Contender.RABIA, work, LoadResult::p50);
    double peer = figure(Contender.JRAFT, work, LoadResult::p50);
    atMost(name + " of SOFAJRaft's", ofPeer, own / peer, "x");
    Spread spread = results.figure(floor);
    atMost(
        name + " of the floor of its path",
        ofFloor,
        spread == null ? NOTHING : own / spread.median(),
        "x");
  }

  private void tails() {
    for (Durability durability : Durability.values()) {
      Work closed = writes(durability, 256);
      double best = lowest(closed, LoadResult::p99, peers());
      double own = figure(Contender.RABIA, closed, LoadResult::p99);
      atMost(name(durability) + ", 256 clients, p99 of the best peer's", 1, own / best, "x");
      for (Contender peer : List.of(Contender.JRAFT, Contender.AERON)) {
        Work open = closed.open(256, peer);
        atMost(
            name(durability) + ", open loop, p99 of " + peer.id() + "'s at the same rate",
            1,
            figure(Contender.RABIA, open, LoadResult::p99) / figure(peer, open, LoadResult::p99),
            "x");
      }
    }
  }

  private void reads() {
    Work reads = Work.closed(Durability.OS, Operation.READ, VALUE_SIZE, 256);
    ops("256 clients, linearizable reads/s of SOFAJRaft's ReadIndex", 2, reads, Contender.JRAFT);
  }

  private void faults() {
    atMost("any member killed, longest pause on the others", 50, pause(Fault.KILL), "ms");
    atMost("any member stopped, longest pause on the others", 150, pause(Fault.STOP), "ms");
  }

  /** Nothing that is compared with a peer. */
  private void alone() {
    String embedded = Embedded.name(4096, Durability.OS);
    lines.add(new Line(embedded, true, 1_000_000, median(embedded), "commands/s"));
    atMost(Core.TIME, 1_500, median(Core.TIME), "ns");
    // Less than half a byte is what the measurement itself allocates.
    atMost(Core.BYTES, 0, Math.floor(median(Core.BYTES) + 0.5), "B");
  }

  private static Contender[] peers() {
    return Arrays.stream(Contender.values()).filter(Contender::isPeer).toArray(Contender[]::new);
  }

  private static Work writes(Durability durability, int clients) {
    return Work.closed(durability, Operation.WRITE, VALUE_SIZE, clients);
  }

  private static String name(Durability durability) {
    return durability.name().toLowerCase(Locale.ROOT);
  }

  private void ops(String what, double factor, Work work, Contender... peers) {
    double own = figure(Contender.RABIA, work, LoadResult::opsPerSecond);
    double best =
        Arrays.stream(peers)
            .mapToDouble(peer -> figure(peer, work, LoadResult::opsPerSecond))
            .filter(ops -> !Double.isNaN(ops))
            .max()
            .orElse(NOTHING);
    lines.add(new Line(what, true, factor, own / best, "x"));
  }

  private void atMost(String what, double target, double measured, String unit) {
    lines.add(new Line(what, false, target, measured, unit));
  }

  private double lowest(Work work, ToDoubleFunction<LoadResult> figure, Contender... peers) {
    return Arrays.stream(peers)
        .mapToDouble(peer -> figure(peer, work, figure))
        .filter(value -> !Double.isNaN(value))
        .min()
        .orElse(NOTHING);
  }

  /** The median, of what may be compared. */
  private double figure(Contender contender, Work work, ToDoubleFunction<LoadResult> figure) {
    Spread spread = results.spread(contender, work, figure);
    Spread ops = results.spread(contender, work, LoadResult::opsPerSecond);
    boolean comparable =
        results.isSound(contender, work)
            && ops != null
            && Expectations.isRepresentative(contender, work, ops.median());
    return spread == null || !comparable ? NOTHING : spread.median();
  }

  private double median(String name) {
    Spread spread = results.figure(name);
    return spread == null ? NOTHING : spread.median();
  }

  /** The longest one of all rounds: in each another member fails. */
  private double pause(Fault fault) {
    return results.faultRuns().stream()
        .filter(run -> run.contender() == Contender.RABIA && run.nodes() == 3)
        .filter(run -> run.fault() == fault)
        .mapToDouble(run -> run.result().errors() == 0 ? run.pauseMillis() : NOTHING)
        .max() // NaN is the highest
        .orElse(NOTHING);
  }
}
