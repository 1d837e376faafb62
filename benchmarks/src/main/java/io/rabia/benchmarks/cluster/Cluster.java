package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.FreePorts;
import io.rabia.benchmarks.cluster.BenchOptions.Durability;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.benchmarks.port.NodeArguments;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The members of one system, each in its process, and the process that loads them. */
final class Cluster implements AutoCloseable {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration MARGIN = Duration.ofSeconds(60);
  private static final int FILL_CLIENTS = 256;

  private final BenchOptions options;
  private final Contender contender;
  private final Path directory;
  private final Path memory;

  /** The members, and last the process that loads them. */
  private final List<ChildProcess> processes = new ArrayList<>();

  private Cluster(BenchOptions options, Contender contender) {
    this.options = options;
    this.contender = contender;
    directory = Leftovers.directory(options.data(), contender.id());
    Path shared = Files.isDirectory(SHARED_MEMORY) ? SHARED_MEMORY : directory;
    memory = Leftovers.directory(shared, contender.id());
  }

  /** Deletes what earlier runs that were killed have left. */
  static void sweep(BenchOptions options) {
    Leftovers.sweep(options.data());
    Leftovers.sweep(SHARED_MEMORY);
  }

  /**
   * Starts one on empty directories and waits until all members are there.
   *
   * @param connections of all clients together
   */
  static Cluster start(
      BenchOptions options, Contender contender, int size, int connections, Durability durability) {
    Cluster cluster = new Cluster(options, contender);
    try {
      cluster.start(size, connections, durability);
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private void start(int size, int connections, Durability durability) {
    int[] ports = FreePorts.take(size + size * NodeArguments.PORTS);
    List<Integer> clients = Arrays.stream(ports, 0, size).boxed().toList();
    List<Integer> members = Arrays.stream(ports, size, ports.length).boxed().toList();
    Path peers = options.peersDirectory();
    for (int i = 0; i < size; i++) {
      NodeArguments node =
          new NodeArguments(
              i, members, clients, directory.resolve("node-" + i), durability == Durability.FSYNC);
      List<String> command = contender.node(node, memory);
      command.addAll(contender.isPeer() ? List.of() : options.room());
      start(String.valueOf(i + 1), contender.classPath(peers), command);
    }
    processes.forEach(node -> node.await(NodeArguments.READY, START));
    String addresses =
        String.join(",", clients.stream().map(port -> NodeArguments.HOST + ":" + port).toList());
    start("load", contender.loadClassPath(peers), contender.load(addresses, connections, memory));
  }

  private void start(String role, String classPath, List<String> command) {
    String name = contender.id() + "-" + role;
    processes.add(
        ChildProcess.java(name, classPath, command, options.logs().resolve(name + ".log")));
  }

  private ChildProcess load() {
    return processes.get(processes.size() - 1);
  }

  /** Every key gets a value of this size; it may take as long as it goes on. */
  void fill(int valueSize) {
    LoadSpec all =
        new LoadSpec(
            Operation.FILL, FILL_CLIENTS, options.keySize, valueSize, options.keys, 0, 0, 0, false);
    Predicate<String> goesOn =
        new Predicate<>() {
          private String last = "progress 0";

          @Override
          public boolean test(String line) {
            boolean more = !line.equals(last);
            last = line;
            return more;
          }
        };
    load().say(all.fields().toString());
    LoadResult filled = LoadResult.of(Fields.parse(load().await("result", MARGIN, goesOn)));
    if (filled.errors() > 0 || filled.completed() != options.keys) {
      throw new IllegalStateException(
          contender.id()
              + " took "
              + filled.completed()
              + " of "
              + options.keys
              + " keys, errors "
              + filled.errors());
    }
  }

  /**
   * @param signs hears of a sign of life about every second
   */
  LoadResult load(LoadSpec spec, Consumer<String> signs) {
    Duration length =
        Duration.ofMillis((long) ((spec.settleSeconds() + spec.seconds()) * 1000)).plus(MARGIN);
    load().say(spec.fields().toString());
    return LoadResult.of(
        Fields.parse(
            load()
                .await(
                    "result",
                    length,
                    line -> {
                      signs.accept(line);
                      return false;
                    })));
  }

  /** Index of the leader, or -1 where there is none. */
  int leader() {
    load().say("leader");
    return Integer.parseInt(load().await("leader", START));
  }

  ChildProcess node(int index) {
    return processes.get(index);
  }

  @Override
  public void close() {
    processes.forEach(ChildProcess::close);
    Leftovers.delete(memory);
    Leftovers.delete(directory);
  }
}
