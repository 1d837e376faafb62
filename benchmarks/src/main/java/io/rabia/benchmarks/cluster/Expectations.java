package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.benchmarks.cluster.Results.Work;
import java.util.Map;

/**
 * What peers have reached before, three members on two cores that they shared with their load:
 * writes a second in a closed loop, the lowest figure of several runs, or with one client what its
 * median latency allows. A peer that stays below half of it is not shown at its best.
 */
final class Expectations {
  private static final Map<Contender, Map<Work, Integer>> KNOWN =
      Map.of(
          Contender.JRAFT,
          Map.of(
              writes(Durability.OS, 16, 1), 2_200,
              writes(Durability.OS, 16, 16), 31_000,
              writes(Durability.OS, 16, 64), 74_000,
              writes(Durability.OS, 16, 256), 79_000,
              writes(Durability.OS, 1024, 256), 19_000,
              writes(Durability.FSYNC, 16, 1), 1_800,
              writes(Durability.FSYNC, 16, 256), 96_000),
          Contender.AERON,
          Map.of(
              writes(Durability.OS, 16, 1), 2_000,
              writes(Durability.OS, 16, 16), 25_000,
              writes(Durability.OS, 16, 64), 65_000,
              writes(Durability.OS, 16, 256), 129_000,
              writes(Durability.FSYNC, 16, 1), 1_400,
              writes(Durability.FSYNC, 16, 256), 101_000));

  private Expectations() {}

  private static Work writes(Durability durability, int valueSize, int clients) {
    return Work.closed(durability, Operation.WRITE, valueSize, clients);
  }

  /** What Ratis reaches here has always been low, for a cause that is not known. */
  static boolean isRepresentative(Contender contender, Work work, double opsPerSecond) {
    Integer known = KNOWN.getOrDefault(contender, Map.of()).get(work);
    return contender != Contender.RATIS && (known == null || opsPerSecond >= known / 2.0);
  }
}
