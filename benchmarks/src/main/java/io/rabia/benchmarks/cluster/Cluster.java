package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.FreePorts;
import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.benchmarks.port.NodeArguments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Three members of one system, each in its process, and the process that loads them. */
final class Cluster implements AutoCloseable {
  static final int SIZE = 3;

  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration MARGIN = Duration.ofSeconds(60);
  private static final int SETTLE_CLIENTS = 16;
  private static final int SETTLE_KEYS = 1000;

  private final List<ChildProcess> nodes = new ArrayList<>();
  private final Path directory;

  /** Where processes may share memory. */
  private final Path memory;

  private final ChildProcess load;

  /** Starts it on an empty directory and waits until it takes writes. */
  Cluster(Contender contender, boolean fsync, Path peers, Path logs, Path data) {
    int[] ports = FreePorts.take(SIZE + SIZE * NodeArguments.PORTS);
    List<Integer> clients = Arrays.stream(ports, 0, SIZE).boxed().toList();
    List<Integer> members = Arrays.stream(ports, SIZE, ports.length).boxed().toList();
    try {
      Files.createDirectories(data);
      directory = Files.createTempDirectory(data, contender.id());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    memory = Path.of("/dev/shm").resolve(directory.getFileName());
    for (int i = 0; i < SIZE; i++) {
      NodeArguments node =
          new NodeArguments(i, members, clients, directory.resolve("node-" + i), fsync);
      String name = contender.id() + "-" + (i + 1);
      nodes.add(
          ChildProcess.java(
              name,
              contender.classPath(peers),
              contender.node(node, memory),
              logs.resolve(name + ".log")));
    }
    String addresses =
        String.join(",", clients.stream().map(port -> NodeArguments.HOST + ":" + port).toList());
    String name = contender.id() + "-load";
    load =
        ChildProcess.java(
            name,
            contender.loadClassPath(peers),
            contender.load(addresses, memory),
            logs.resolve(name + ".log"));
    try {
      nodes.forEach(node -> node.await(NodeArguments.READY, START));
      fill(SETTLE_KEYS, SETTLE_CLIENTS, 16);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  void fill(int keys, int clients, int valueSize) {
    LoadSpec all = new LoadSpec(Operation.FILL, clients, valueSize, keys, 0, 0, 0, false);
    load(all, line -> {});
  }

  /** Begins a load; {@link #result} waits for its end. */
  void begin(LoadSpec spec) {
    load.say(spec.fields().toString());
  }

  LoadResult result(LoadSpec spec, Consumer<String> progress) {
    Duration length =
        Duration.ofMillis((long) ((spec.warmupSeconds() + spec.seconds()) * 1000)).plus(MARGIN);
    return LoadResult.of(
        Fields.parse(
            load.await(
                "result", length, line -> progress.accept(line.replaceFirst("^progress ", "")))));
  }

  LoadResult load(LoadSpec spec, Consumer<String> progress) {
    begin(spec);
    return result(spec, progress);
  }

  /** Index of the leader, or -1 where there is none. */
  int leader() {
    load.say("leader");
    return Integer.parseInt(load.await("leader", START));
  }

  ChildProcess node(int index) {
    return nodes.get(index);
  }

  @Override
  public void close() {
    load.close();
    nodes.forEach(ChildProcess::close);
    Directories.delete(directory);
    Directories.delete(memory);
  }
}
