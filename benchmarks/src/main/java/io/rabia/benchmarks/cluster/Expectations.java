package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.benchmarks.cluster.Results.Work;
import java.util.List;

/**
 * What peers have reached before, on two cores that they shared with their load: writes a second in
 * a closed loop. A peer that stays below half of it is not shown at its best.
 */
final class Expectations {
  private record Known(
      Contender contender, Durability durability, int valueSize, int clients, double ops) {}

  private static final List<Known> KNOWN =
      List.of(
          new Known(Contender.JRAFT, Durability.OS, 16, 1, 2_200),
          new Known(Contender.JRAFT, Durability.OS, 16, 16, 31_000),
          new Known(Contender.JRAFT, Durability.OS, 16, 64, 74_000),
          new Known(Contender.JRAFT, Durability.OS, 16, 256, 79_000),
          new Known(Contender.JRAFT, Durability.OS, 1024, 256, 19_000),
          new Known(Contender.JRAFT, Durability.FSYNC, 16, 1, 1_800),
          new Known(Contender.JRAFT, Durability.FSYNC, 16, 256, 96_000),
          new Known(Contender.AERON, Durability.OS, 16, 1, 2_000),
          new Known(Contender.AERON, Durability.OS, 16, 16, 25_000),
          new Known(Contender.AERON, Durability.OS, 16, 64, 65_000),
          new Known(Contender.AERON, Durability.OS, 16, 256, 129_000),
          new Known(Contender.AERON, Durability.FSYNC, 16, 1, 1_400),
          new Known(Contender.AERON, Durability.FSYNC, 16, 256, 101_000),
          // What it reaches here has always been low, for a cause that is not known.
          new Known(Contender.RATIS, Durability.OS, 16, 256, 40_000),
          new Known(Contender.RATIS, Durability.FSYNC, 16, 256, 40_000));

  private Expectations() {}

  static boolean isRepresentative(Contender contender, Work work, double opsPerSecond) {
    return KNOWN.stream()
        .filter(
            known ->
                known.contender == contender
                    && known.durability == work.durability()
                    && known.valueSize == work.valueSize()
                    && known.clients == work.clients()
                    && work.operation() == Operation.WRITE
                    && work.rate() == 0)
        .allMatch(known -> opsPerSecond >= known.ops / 2);
  }
}
