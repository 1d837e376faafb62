package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.BenchOptions.Part;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.benchmarks.cluster.Results.Run;
import io.rabia.benchmarks.cluster.Results.Work;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * The same loads for every system, clusters in turn, as many rounds as asked for: closed loops, and
 * in the same clusters open loops at a share of what each peer has just reached.
 */
final class Comparison {
  private static final int MOST_WARM_CLIENTS = 256;
  private static final int LEAST_WARM_CLIENTS = 64;

  private final Bench bench;
  private final BenchOptions options;

  Comparison(Bench bench) {
    this.bench = bench;
    options = bench.options;
  }

  void run() {
    int closed =
        options.valueSizes.size()
            * options.operations.stream().mapToInt(o -> options.clients(o).size()).sum();
    int clusters = options.nodes.size() * options.durabilities.size() * options.rounds;
    List<Contender> contenders = options.contenders();
    bench.progress.begin(
        "loads",
        clusters * (contenders.size() * closed + contenders.stream().mapToInt(this::opens).sum()));
    for (int nodes : options.nodes) {
      for (Durability durability : options.durabilities) {
        for (int round = 1; round <= options.rounds; round++) {
          for (Contender contender : order(contenders, round)) {
            run(contender, nodes, durability, round, closed + opens(contender));
          }
        }
      }
    }
  }

  /** The peers begin in turn; Rabia comes last, since it is put under the loads of all of them. */
  private static List<Contender> order(List<Contender> contenders, int round) {
    List<Contender> order = new ArrayList<>(contenders);
    boolean compared = order.remove(Contender.RABIA);
    Collections.rotate(order, 1 - round);
    if (compared) {
      order.add(Contender.RABIA);
    }
    return order;
  }

  /** Whose highest throughputs this system is put under in open loops. */
  private List<Contender> raters(Contender contender) {
    List<Contender> peers = options.contenders().stream().filter(Contender::isPeer).toList();
    return contender.isPeer() || peers.isEmpty() ? List.of(contender) : peers;
  }

  private int opens(Contender contender) {
    return options.parts.contains(Part.OPEN)
        ? raters(contender).size() * options.valueSizes.size() * options.openOperations().size()
        : 0;
  }

  private void run(Contender contender, int nodes, Durability durability, int round, int lines) {
    String what = contender.id() + ", " + nodes + " nodes, " + durability + ", round " + round;
    bench.attempt(
        what,
        lines,
        () -> {
          try (Cluster cluster =
              Cluster.start(options, contender, nodes, options.connections(nodes), durability)) {
            loads(cluster, contender, nodes, durability, round);
          }
        });
  }

  private void loads(
      Cluster cluster, Contender contender, int nodes, Durability durability, int round) {
    boolean warm = false;
    for (int size : options.valueSizes) {
      cluster.fill(size);
      List<Work> families = new ArrayList<>();
      for (Operation operation : options.operations) {
        families.add(new Work(nodes, durability, operation, size, 0, null));
        if (!warm) {
          double share = operation == Operation.READ ? 0.5 : 1;
          warm(options, cluster, operation, size, share * options.warmup);
        }
      }
      warm = true;
      families.forEach(family -> closed(cluster, contender, family, round));
      if (options.parts.contains(Part.OPEN)) {
        families.forEach(family -> open(cluster, contender, family, round));
      }
    }
  }

  /** What a process that has just started runs slowly is compiled before anything is measured. */
  static void warm(
      BenchOptions options, Cluster cluster, Operation operation, int valueSize, double seconds) {
    int most = options.clients.stream().mapToInt(Integer::intValue).max().orElse(1);
    int clients = Math.max(LEAST_WARM_CLIENTS, Math.min(MOST_WARM_CLIENTS, most));
    cluster.load(
        new LoadSpec(
            operation, clients, options.keySize, valueSize, options.keys, 0, seconds, 0, false),
        sign -> {});
  }

  /** Another number of clients comes first in every round. */
  private void closed(Cluster cluster, Contender contender, Work family, int round) {
    List<Integer> clients = new ArrayList<>(options.clients(family.operation()));
    Collections.rotate(clients, 1 - round);
    for (int count : clients) {
      load(cluster, contender, family.with(count), round, 0);
    }
  }

  private void open(Cluster cluster, Contender contender, Work family, int round) {
    if (!options.openOperations().contains(family.operation())) {
      return;
    }
    boolean warm = false;
    for (Contender rated : raters(contender)) {
      double highest = bench.results.highest(rated, family, round, options.openClients);
      double rate = Math.floor(options.rateShare * highest);
      if (rate >= 1) {
        if (!warm) {
          warmAt(cluster, family, rate);
          warm = true;
        }
        load(cluster, contender, family.open(options.openClients, rated), round, rate);
      } else {
        String failure =
            String.format(
                Locale.ROOT,
                "%s: no rate, %s has no load of at most %d clients without errors",
                contender.id(),
                rated.id(),
                options.openClients);
        bench.results.failed(failure);
        bench.progress.done(failure);
      }
    }
  }

  /** What has always had as much to do as it could meets other code at fixed times. */
  private void warmAt(Cluster cluster, Work family, double rate) {
    cluster.load(
        new LoadSpec(
            family.operation(),
            options.openClients,
            options.keySize,
            family.valueSize(),
            options.keys,
            0,
            options.warmup / 2,
            rate,
            false),
        sign -> {});
  }

  private void load(Cluster cluster, Contender contender, Work work, int round, double rate) {
    LoadSpec spec =
        new LoadSpec(
            work.operation(),
            work.clients(),
            options.keySize,
            work.valueSize(),
            options.keys,
            options.settle,
            options.seconds,
            rate,
            false);
    LoadResult result = cluster.load(spec, sign -> {});
    bench.results.add(new Run(contender, work, round, rate, result));
    bench.progress.done(
        String.format(
            Locale.ROOT,
            "round %d of %d  %-6s %s, %d clients: %,.0f/s p50 %,.0f us p99 %,.0f us errors %d",
            round,
            options.rounds,
            contender.id(),
            work,
            work.clients(),
            result.opsPerSecond(),
            result.p50(),
            result.p99(),
            result.errors()));
  }
}
