package io.rabia.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

class BenchmarksTest {
  private static final Set<String> NAMES =
      Set.of(
          "BaselinePerformance.linearizableRead",
          "BaselinePerformance.write",
          "ComprehensiveOptimization.batcherAlone",
          "ComprehensiveOptimization.engines",
          "MemoryPoolComparison.pooled",
          "MemoryPoolComparison.unpooledDirect",
          "MemoryPoolComparison.unpooledHeap",
          "PeakPerformance.submit",
          "ProtocolCore.slot",
          "SerializationComparison.deserialize",
          "SerializationComparison.serialize",
          "StoreApply.set",
          "StoreApply.setsOfABatch",
          "TcpNetworkPerformance.broadcast",
          "TcpNetworkPerformance.roundTrip",
          "TcpNetworkPerformance.submit");

  /** Runs each once, in this JVM, with the checks that every benchmark makes of its work. */
  @Test
  void everyBenchmarkDoesWhatItClaims() throws RunnerException {
    Options once =
        new OptionsBuilder()
            .include("io\\.rabia\\.benchmarks\\.")
            .forks(0)
            .mode(Mode.SingleShotTime)
            .warmupIterations(0)
            .measurementIterations(1)
            .param("nodes", "3")
            .param("size", "1024")
            .param("peers", "2")
            .param("outstanding", "64")
            .param("network", "TCP")
            .shouldFailOnError(true)
            .output(Path.of("target", "benchmarks.txt").toString())
            .build();

    Collection<RunResult> results = new Runner(once).run();

    assertThat(results.stream().map(BenchmarksTest::name).collect(Collectors.toSet()))
        .isEqualTo(NAMES);
  }

  private static String name(RunResult result) {
    return result.getParams().getBenchmark().substring("io.rabia.benchmarks.".length());
  }
}
