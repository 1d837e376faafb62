package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.BenchOptions.Fault;
import io.rabia.benchmarks.cluster.BenchOptions.Victim;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.benchmarks.cluster.Results.FaultRun;
import java.util.List;
import java.util.Locale;

/**
 * A member dies or stands still under load: the longest time without an answer on the others. Where
 * there is a leader, all clients are its clients.
 */
final class Faults {
  private static final int VALUE_SIZE = 16;
  private static final int FAULT_AFTER = 2;

  /** Counted ones: long enough for the slowest election that was seen. */
  private static final double SECONDS = 8;

  private final Bench bench;
  private final BenchOptions options;

  Faults(Bench bench) {
    this.bench = bench;
    options = bench.options;
  }

  void run() {
    List<Integer> sizes = options.nodes.stream().filter(nodes -> nodes > 1).toList();
    int kinds = options.contenders().stream().mapToInt(c -> victims(c).size()).sum();
    bench.progress.begin(
        "faults",
        sizes.size()
            * kinds
            * options.faults.size()
            * options.faultDurabilities().size()
            * options.rounds);
    for (int nodes : sizes) {
      for (Durability durability : options.faultDurabilities()) {
        for (int round = 1; round <= options.rounds; round++) {
          for (Fault fault : options.faults) {
            for (Contender contender : options.contenders()) {
              for (Victim victim : victims(contender)) {
                attempt(contender, nodes, durability, fault, victim, round);
              }
            }
          }
        }
      }
    }
  }

  /** Without a leader, all members are alike. */
  private List<Victim> victims(Contender contender) {
    return contender.isPeer() ? options.victims : List.of(Victim.FOLLOWER);
  }

  private void attempt(
      Contender contender, int nodes, Durability durability, Fault fault, Victim who, int round) {
    String what = contender.id() + ", " + fault + " of " + who + ", round " + round;
    bench.attempt(
        what,
        1,
        () -> {
          try (Cluster cluster = Cluster.start(options, contender, nodes, nodes, durability)) {
            cluster.fill(VALUE_SIZE);
            Comparison.warm(options, cluster, Operation.WRITE, VALUE_SIZE, options.warmup / 2);
            int leader = cluster.leader();
            int victim =
                leader < 0 ? round % nodes : who == Victim.LEADER ? leader : (leader + 1) % nodes;
            FaultTimer timer =
                new FaultTimer(
                    cluster.node(victim), fault, (int) Math.ceil(options.settle) + FAULT_AFTER);
            LoadResult result = cluster.load(spec(), timer);
            double pause = result.maxGapExcept(leader < 0 ? victim : -1);
            boolean led = leader >= 0 && who == Victim.LEADER;
            double at = timer.secondsFromBegin() - options.settle;
            record(
                new FaultRun(contender, nodes, durability, fault, led, round, at, pause, result));
          }
        });
  }

  private LoadSpec spec() {
    return new LoadSpec(
        Operation.WRITE,
        options.faultClients,
        options.keySize,
        VALUE_SIZE,
        options.keys,
        options.settle,
        SECONDS,
        0,
        true);
  }

  private void record(FaultRun run) {
    bench.results.add(run);
    bench.progress.done(
        String.format(
            Locale.ROOT,
            "round %d of %d  %-6s %s: longest pause %,.1f ms, errors %d",
            run.round(),
            options.rounds,
            run.contender().id(),
            run.what(),
            run.pauseMillis(),
            run.result().errors()));
  }
}
