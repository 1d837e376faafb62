package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.FreePorts;
import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.Results.Figure;
import io.rabia.benchmarks.port.NodeArguments;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Three processes of Rabia that submit their commands themselves. */
final class Embedded {
  static final int SIZE = 3;

  private static final Duration START = Duration.ofSeconds(60);

  private final Bench bench;
  private final BenchOptions options;

  Embedded(Bench bench) {
    this.bench = bench;
    options = bench.options;
  }

  static String name(int outstanding, Durability durability) {
    return String.format(
        Locale.ROOT,
        "embedded, 16 B, %d outstanding, %s",
        outstanding,
        durability.name().toLowerCase(Locale.ROOT));
  }

  void run() {
    bench.progress.begin("embedded", options.rounds * options.durabilities.size());
    for (Durability durability : options.durabilities) {
      for (int round = 1; round <= options.rounds; round++) {
        int current = round;
        bench.attempt("embedded, round " + round, 1, () -> run(durability, current));
      }
    }
  }

  private void run(Durability durability, int round) {
    Path directory = Leftovers.directory(options.data(), "embedded");
    List<ChildProcess> nodes = new ArrayList<>();
    try {
      start(nodes, directory, durability);
      for (ChildProcess node : nodes) {
        node.say("run " + options.warmup + " " + options.seconds);
      }
      Duration length =
          Duration.ofMillis((long) ((options.warmup + options.seconds) * 1000)).plus(START);
      double rate = 0;
      for (ChildProcess node : nodes) {
        rate += Double.parseDouble(node.await("rate", length));
      }
      String name = name(options.outstanding, durability);
      bench.results.add(new Figure(name, "commands/s", rate, round));
      bench.progress.done(String.format(Locale.ROOT, "%s: %,.0f commands/s", name, rate));
    } finally {
      nodes.forEach(ChildProcess::close);
      Leftovers.delete(directory);
    }
  }

  private void start(List<ChildProcess> nodes, Path directory, Durability durability) {
    int[] ports = FreePorts.take(SIZE);
    StringBuilder members = new StringBuilder();
    for (int i = 0; i < SIZE; i++) {
      members.append(i == 0 ? "" : ",").append(i + 1).append('=');
      members.append(NodeArguments.HOST).append(':').append(ports[i]);
    }
    for (int i = 0; i < SIZE; i++) {
      int share = (options.outstanding + SIZE - 1 - i) / SIZE;
      nodes.add(
          ChildProcess.java(
              "embedded-" + (i + 1),
              Installation.classPath(),
              List.of(
                  EmbeddedNode.class.getName(),
                  String.valueOf(i + 1),
                  members.toString(),
                  directory.resolve("node-" + i).toString(),
                  durability.name(),
                  String.valueOf(share)),
              options.logs().resolve("embedded.log")));
    }
    nodes.forEach(node -> node.await(NodeArguments.READY, START));
  }
}
