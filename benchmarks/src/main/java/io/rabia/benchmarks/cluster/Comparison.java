package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.BenchOptions.Fault;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.benchmarks.cluster.Results.FaultRun;
import io.rabia.benchmarks.cluster.Results.Run;
import io.rabia.benchmarks.cluster.Results.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The same work for every system, clusters in turn, as many rounds as asked for. */
final class Comparison {
  private static final int FILL_CLIENTS = 256;
  private static final int FAULT_AFTER = 2;
  private static final double FAULT_SECONDS = 15;

  private final BenchOptions options;
  private final Results results;
  private final Progress progress = new Progress();

  Comparison(BenchOptions options, Results results) {
    this.options = options;
    this.results = results;
  }

  void closedLoop() {
    List<Work> works = new ArrayList<>();
    for (Operation operation : options.operations) {
      for (int size : options.valueSizes) {
        for (int clients : options.clients) {
          works.add(new Work(Durability.OS, operation, size, clients, 0));
        }
      }
    }
    int runs = works.size() * options.contenders().size();
    progress.begin("closed loop", runs * options.durabilities.size() * options.rounds);
    for (Durability durability : options.durabilities) {
      for (int round = 1; round <= options.rounds; round++) {
        for (Contender contender : options.contenders()) {
          List<Work> own =
              works.stream()
                  .map(w -> new Work(durability, w.operation(), w.valueSize(), w.clients(), 0))
                  .toList();
          run(contender, durability, round, own);
        }
      }
    }
  }

  /** Rabia and each peer at a share of what that peer has reached. */
  void openLoop() {
    int clients = options.clients.stream().mapToInt(Integer::intValue).max().orElse(1);
    List<Run> planned = new ArrayList<>();
    for (Work family : results.works().stream().map(Work::family).distinct().toList()) {
      for (Contender rated : options.contenders()) {
        double rate = Math.floor(options.rateShare * results.highest(rated, family));
        boolean alone = options.contenders().size() == 1;
        if (family.rate() == 0 && rate > 0 && (rated.isPeer() || alone)) {
          Work work =
              new Work(family.durability(), family.operation(), family.valueSize(), clients, rate);
          for (Contender contender : options.contenders()) {
            if (contender == rated || contender == Contender.RABIA) {
              planned.add(new Run(contender, work, 0, NOTHING));
            }
          }
        }
      }
    }
    progress.begin("open loop", planned.size() * options.rounds);
    for (int round = 1; round <= options.rounds; round++) {
      for (Run run : planned) {
        run(run.contender(), run.work().durability(), round, List.of(run.work()));
      }
    }
  }

  private static final LoadResult NOTHING =
      new LoadResult(0, 0, 0, 0, 0, 0, 0, List.of(), List.of());

  private void run(Contender contender, Durability durability, int round, List<Work> works) {
    int left = works.size();
    try (Cluster cluster = start(contender, durability)) {
      int filled = -1;
      for (Work work : works) {
        if (work.operation() == Operation.READ && filled != work.valueSize()) {
          cluster.fill(options.keys, FILL_CLIENTS, work.valueSize());
          filled = work.valueSize();
        }
        LoadSpec spec = spec(work);
        LoadResult result = cluster.load(spec, completed -> {});
        results.add(new Run(contender, work, round, result));
        left--;
        progress.done(
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
    } catch (IllegalStateException e) {
      results.failed();
      progress.failed(left, contender.id() + " " + durability + ": " + e.getMessage());
    }
  }

  private Cluster start(Contender contender, Durability durability) {
    return new Cluster(
        contender,
        durability == Durability.FSYNC,
        options.peersDirectory(),
        options.logs(),
        options.data());
  }

  private LoadSpec spec(Work work) {
    return new LoadSpec(
        work.operation(),
        work.clients(),
        work.valueSize(),
        options.keys,
        options.warmup,
        options.seconds,
        work.rate(),
        false);
  }

  void faults() {
    int kinds = 0;
    for (Contender contender : options.contenders()) {
      kinds += contender.isPeer() ? 2 : 1;
    }
    progress.begin(
        "faults", kinds * options.faults.size() * options.durabilities.size() * options.rounds);
    for (Durability durability : options.durabilities) {
      for (int round = 1; round <= options.rounds; round++) {
        for (Fault fault : options.faults) {
          for (Contender contender : options.contenders()) {
            fault(contender, durability, fault, true, round);
            if (contender.isPeer()) {
              fault(contender, durability, fault, false, round);
            }
          }
        }
      }
    }
  }

  private void fault(
      Contender contender, Durability durability, Fault fault, boolean leader, int round) {
    try (Cluster cluster = start(contender, durability)) {
      int leading = cluster.leader();
      int victim = leading < 0 ? round % Cluster.SIZE : leading;
      if (contender.isPeer() && !leader) {
        victim = (victim + 1) % Cluster.SIZE;
      }
      LoadSpec spec =
          new LoadSpec(
              Operation.WRITE,
              options.faultClients,
              16,
              options.keys,
              options.warmup,
              FAULT_SECONDS,
              0,
              true);
      FaultTimer timer =
          new FaultTimer(cluster.node(victim), fault, (int) options.warmup + FAULT_AFTER);
      LoadResult result = cluster.load(spec, timer);
      double pause = result.maxGapExcept(contender.isPeer() ? -1 : victim);
      double at = timer.secondsFromBegin() - options.warmup;
      FaultRun run =
          new FaultRun(
              contender, durability, fault, contender.isPeer() && leader, round, at, pause, result);
      results.add(run);
      progress.done(
          String.format(
              Locale.ROOT,
              "round %d of %d  %-6s %s: longest pause %,.1f ms, errors %d",
              round,
              options.rounds,
              contender.id(),
              run.what(),
              pause,
              result.errors()));
    } catch (IllegalStateException e) {
      results.failed();
      progress.failed(1, contender.id() + " " + fault + ": " + e.getMessage());
    }
  }
}
