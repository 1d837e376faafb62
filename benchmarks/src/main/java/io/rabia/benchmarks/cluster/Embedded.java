package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.FreePorts;
import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.Results.Figure;
import io.rabia.benchmarks.port.NodeArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Three processes of Rabia that submit their commands themselves. */
final class Embedded {
  private static final Duration START = Duration.ofSeconds(60);

  private final BenchOptions options;
  private final Results results;
  private final Progress progress = new Progress();

  Embedded(BenchOptions options, Results results) {
    this.options = options;
    this.results = results;
  }

  void run() throws IOException {
    progress.begin("embedded", options.rounds * options.durabilities.size());
    Files.createDirectories(options.data());
    for (Durability durability : options.durabilities) {
      for (int round = 1; round <= options.rounds; round++) {
        run(durability, round);
      }
    }
  }

  private void run(Durability durability, int round) throws IOException {
    Path directory = Files.createTempDirectory(options.data(), "embedded");
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
      String name =
          String.format(
              Locale.ROOT,
              "embedded, 16 B, %d outstanding, %s",
              options.outstanding,
              durability.name().toLowerCase(Locale.ROOT));
      results.add(new Figure(name, "commands/s", rate, round));
      progress.done(String.format(Locale.ROOT, "%s: %,.0f commands/s", name, rate));
    } catch (IllegalStateException e) {
      results.failed();
      progress.failed(1, "embedded: " + e.getMessage());
    } finally {
      nodes.forEach(ChildProcess::close);
      Directories.delete(directory);
    }
  }

  private void start(List<ChildProcess> nodes, Path directory, Durability durability) {
    int[] ports = FreePorts.take(Cluster.SIZE);
    StringBuilder members = new StringBuilder();
    for (int i = 0; i < Cluster.SIZE; i++) {
      members.append(i == 0 ? "" : ",").append(i + 1).append('=');
      members.append(NodeArguments.HOST).append(':').append(ports[i]);
    }
    for (int i = 0; i < Cluster.SIZE; i++) {
      int share = (options.outstanding + Cluster.SIZE - 1 - i) / Cluster.SIZE;
      nodes.add(
          ChildProcess.java(
              "embedded-" + (i + 1),
              System.getProperty("java.class.path"),
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
