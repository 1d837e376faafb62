package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is run. */
final class BenchOptions {

  /** A part of the comparison. */
  enum Part {
    /** What this machine gives at best: bare echoes, and forces of the disk. */
    FLOORS,
    /** Each client sends the next request when it has its answer. */
    CLOSED,
    /** Requests at fixed times, at a share of each peer's highest throughput. */
    OPEN,
    /** A member dies or stands still under load. */
    FAULTS,
    /** Commands submitted in the members' own processes. */
    EMBEDDED
  }

  /** What happens to a member. */
  enum Fault {
    KILL,
    STOP
  }

  /** When an answer may be given. */
  enum Durability {
    OS,
    FSYNC
  }

  @Option(
      names = "--parts",
      split = ",",
      defaultValue = "FLOORS,CLOSED,OPEN,FAULTS,EMBEDDED",
      description = "${COMPLETION-CANDIDATES} (default: all)")
  List<Part> parts = List.of();

  @Option(
      names = "--peers",
      split = ",",
      description = "systems: ${COMPLETION-CANDIDATES} (default: those that are there)")
  @Nullable List<Contender> contenders;

  @Option(
      names = "--clients",
      split = ",",
      defaultValue = "1,16,64,256,1024",
      description = "requests outstanding in all (default: ${DEFAULT-VALUE})")
  List<Integer> clients = List.of();

  @Option(
      names = "--value-sizes",
      split = ",",
      defaultValue = "16,1024",
      description = "bytes (default: ${DEFAULT-VALUE})")
  List<Integer> valueSizes = List.of();

  @Option(
      names = "--operations",
      split = ",",
      defaultValue = "WRITE,READ",
      description = "WRITE, READ: linearizable (default: both)")
  List<Operation> operations = List.of();

  @Option(
      names = "--durability",
      split = ",",
      defaultValue = "OS,FSYNC",
      description = "${COMPLETION-CANDIDATES} (default: both)")
  List<Durability> durabilities = List.of();

  @Option(
      names = "--faults",
      split = ",",
      defaultValue = "KILL,STOP",
      description = "${COMPLETION-CANDIDATES} (default: both)")
  List<Fault> faults = List.of();

  @Option(names = "--rounds", defaultValue = "5", description = "(default: ${DEFAULT-VALUE})")
  int rounds;

  @Option(
      names = "--warmup",
      defaultValue = "5",
      description = "seconds before it counts (default: ${DEFAULT-VALUE})")
  double warmup;

  @Option(
      names = "--seconds",
      defaultValue = "10",
      description = "seconds that count (default: ${DEFAULT-VALUE})")
  double seconds;

  @Option(
      names = "--keys",
      defaultValue = "10000",
      description = "random keys out of so many (default: ${DEFAULT-VALUE})")
  int keys;

  @Option(
      names = "--rate-share",
      defaultValue = "0.8",
      description = "of a peer's highest throughput, for OPEN (default: ${DEFAULT-VALUE})")
  double rateShare;

  @Option(
      names = "--fault-clients",
      defaultValue = "16",
      description = "requests outstanding when a member fails (default: ${DEFAULT-VALUE})")
  int faultClients;

  @Option(
      names = "--outstanding",
      defaultValue = "4096",
      description = "commands outstanding in all, for EMBEDDED (default: ${DEFAULT-VALUE})")
  int outstanding;

  @Option(
      names = "--peers-dir",
      paramLabel = "DIR",
      description = "where each peer's jars are (default: peers beside this jar)")
  private @Nullable Path peersDirectory;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "table, JSON, charts and logs (default: cluster-bench beside this jar)")
  private @Nullable Path out;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "the members' logs; its disk is what FSYNC measures (default: in --out)")
  private @Nullable Path data;

  private static Path besideJar(String name) {
    try {
      Path code =
          Path.of(BenchOptions.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return code.resolveSibling(name);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  Path peersDirectory() {
    return peersDirectory == null ? besideJar("peers") : peersDirectory;
  }

  Path out() {
    return out == null ? besideJar("cluster-bench") : out;
  }

  Path data() {
    return data == null ? out().resolve("data") : data;
  }

  Path logs() {
    return out().resolve("logs");
  }

  /** What is wrong with it; null when nothing is. */
  @Nullable String invalid() {
    if (rounds < 1 || warmup < 0 || seconds <= 0 || keys < 1 || rateShare <= 0) {
      return "--rounds and --keys must be 1 or more, --seconds and --rate-share more than 0";
    }
    if (clients.isEmpty() || clients.stream().anyMatch(c -> c < 1 || c > 65536)) {
      return "--clients must be 1 to 65536";
    }
    if (faultClients < Cluster.SIZE || outstanding < Cluster.SIZE) {
      return "--fault-clients and --outstanding must be " + Cluster.SIZE + " or more";
    }
    if (valueSizes.isEmpty() || valueSizes.stream().anyMatch(s -> s < 1 || s > 1 << 19)) {
      return "--value-sizes must be 1 to 524288";
    }
    if (operations.contains(Operation.FILL)) {
      return "--operations are WRITE and READ";
    }
    List<Contender> named = contenders;
    if (named != null) {
      for (Contender contender : named) {
        if (!contender.isAvailable(peersDirectory())) {
          return contender.id() + " is not in " + peersDirectory() + ": build with -P peers";
        }
      }
    }
    return null;
  }

  List<Contender> contenders() {
    List<Contender> named = contenders;
    return named != null
        ? named
        : List.of(Contender.values()).stream()
            .filter(contender -> contender.isAvailable(peersDirectory()))
            .toList();
  }
}
