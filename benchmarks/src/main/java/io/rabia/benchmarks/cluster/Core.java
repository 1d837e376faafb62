package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.ProtocolCoreNode;
import io.rabia.benchmarks.cluster.Results.Figure;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The protocol alone, in a process of its own. */
final class Core {
  static final String TIME = "protocol alone, a slot decided and taken at three replicas";
  static final String BYTES = "protocol alone, allocated a slot and replica";

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Bench bench;

  Core(Bench bench) {
    this.bench = bench;
  }

  void run() {
    bench.progress.begin("core", bench.options.rounds);
    for (int round = 1; round <= bench.options.rounds; round++) {
      int current = round;
      bench.attempt("core, round " + round, 1, () -> run(current));
    }
  }

  private void run(int round) {
    try (ChildProcess process =
        ChildProcess.java(
            "core",
            Installation.classPath(),
            List.of("-Xmx2g", ProtocolCoreNode.class.getName()),
            bench.options.logs().resolve("core.log"))) {
      Fields fields = Fields.parse(process.await("core", PATIENCE));
      double nanos = fields.decimal("nanos");
      double bytes = fields.decimal("bytes");
      bench.results.add(new Figure(TIME, "ns", nanos, round));
      bench.results.add(new Figure(BYTES, "B", bytes, round));
      bench.progress.done(
          String.format(Locale.ROOT, "%s: %,.0f ns, %.2f B a replica", TIME, nanos, bytes));
    }
  }
}
