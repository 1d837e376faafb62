package io.rabia.benchmarks.cluster;

import io.rabia.benchmarks.cluster.LoadSpec.Operation;
import io.rabia.kvstore.KVStoreConfig;
import io.rabia.kvstore.KvStateMachine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is run. */
final class BenchOptions {
  private static final int MOST_CLIENTS = 65_536;
  private static final int MOST_KEYS = 10_000_000;
  private static final int LARGEST_VALUE = 64 << 10;
  private static final int LARGEST_KEY = 1024;

  /** What {@code --quick} stands for, as far as it is not said otherwise. */
  private static final List<String> QUICK =
      List.of(
          "--peers=RABIA,JRAFT,AERON",
          "--clients=1,16,64,256",
          "--read-clients=256",
          "--open-operations=WRITE",
          "--value-sizes=16",
          "--victims=LEADER",
          "--fault-durability=OS",
          "--rounds=3",
          "--warmup=8",
          "--settle=0.5",
          "--seconds=5");

  /** A part of the comparison. */
  enum Part {
    /** What this machine gives at best: bare echoes, and forces of the disk. */
    FLOORS,
    /** The protocol without network, disk and threads. */
    CORE,
    /** Commands submitted in the members' own processes. */
    EMBEDDED,
    /** Each client sends the next request when it has its answer. */
    CLOSED,
    /**
     * Requests at fixed times, at a share of each peer's highest throughput in CLOSED with no more
     * clients.
     */
    OPEN,
    /** A member dies or stands still under load. */
    FAULTS
  }

  /** What happens to a member. */
  enum Fault {
    KILL,
    STOP
  }

  /** To whom it happens, where there is a leader. */
  enum Victim {
    LEADER,
    FOLLOWER
  }

  /** Which members clients are connected to, where any of them takes their commands. */
  enum At {
    /** One connection to each, the clients spread over them. */
    EACH,
    /** One connection in all, to the first. */
    FIRST
  }

  /** When an answer may be given. */
  enum Durability {
    OS,
    FSYNC
  }

  @Option(
      names = "--quick",
      description =
          "fewer systems, rounds, loads: half an hour to an hour; others replace its choices")
  boolean quick;

  @Option(
      names = "--parts",
      split = ",",
      defaultValue = "FLOORS,CORE,EMBEDDED,CLOSED,OPEN,FAULTS",
      description = "${COMPLETION-CANDIDATES} (default: all)")
  List<Part> parts = List.of();

  @Option(
      names = "--peers",
      split = ",",
      description = "systems: ${COMPLETION-CANDIDATES} (default: those that are there)")
  @Nullable List<Contender> contenders;

  @Option(
      names = "--nodes",
      split = ",",
      defaultValue = "3",
      description = "members of a cluster: 1, 3, 5, 7 (default: ${DEFAULT-VALUE})")
  List<Integer> nodes = List.of();

  @Option(
      names = "--clients",
      split = ",",
      defaultValue = "1,16,64,256,1024",
      description = "requests outstanding in all (default: ${DEFAULT-VALUE})")
  List<Integer> clients = List.of();

  @Option(
      names = "--read-clients",
      split = ",",
      description = "the same for reads (default: as --clients)")
  @Nullable List<Integer> readClients;

  @Option(
      names = "--at",
      defaultValue = "EACH",
      description =
          "members to which Rabia's clients are connected: ${COMPLETION-CANDIDATES}; with FIRST every"
              + " system is given one connection, with EACH as many as members; FAULTS is always at"
              + " each (default: ${DEFAULT-VALUE})")
  At at = At.EACH;

  @Option(
      names = "--open-clients",
      defaultValue = "256",
      description = "requests outstanding at most in OPEN (default: ${DEFAULT-VALUE})")
  int openClients;

  @Option(
      names = "--fault-clients",
      defaultValue = "16",
      description = "requests outstanding when a member fails (default: ${DEFAULT-VALUE})")
  int faultClients;

  @Option(
      names = "--key-size",
      defaultValue = "16",
      description = "bytes (default: ${DEFAULT-VALUE})")
  int keySize;

  @Option(
      names = "--value-sizes",
      split = ",",
      defaultValue = "16,1024",
      description = "bytes, 16 to 65536 (default: ${DEFAULT-VALUE})")
  List<Integer> valueSizes = List.of();

  @Option(
      names = "--keys",
      defaultValue = "10000",
      description =
          "every key is written before anything is measured, then random ones out of so many"
              + " (default: ${DEFAULT-VALUE})")
  int keys;

  @Option(
      names = "--operations",
      split = ",",
      defaultValue = "WRITE,READ",
      description = "WRITE, READ: linearizable (default: both)")
  List<Operation> operations = List.of();

  @Option(
      names = "--open-operations",
      split = ",",
      description = "the same for OPEN (default: as --operations)")
  @Nullable List<Operation> openOperations;

  @Option(
      names = "--durability",
      split = ",",
      defaultValue = "OS,FSYNC",
      description = "${COMPLETION-CANDIDATES} (default: both)")
  List<Durability> durabilities = List.of();

  @Option(
      names = "--fault-durability",
      split = ",",
      description = "the same for FAULTS (default: as --durability)")
  @Nullable List<Durability> faultDurabilities;

  @Option(
      names = "--faults",
      split = ",",
      defaultValue = "KILL,STOP",
      description = "kill -9, kill -STOP (default: both)")
  List<Fault> faults = List.of();

  @Option(
      names = "--victims",
      split = ",",
      defaultValue = "LEADER,FOLLOWER",
      description = "who fails where there is a leader (default: both)")
  List<Victim> victims = List.of();

  @Option(names = "--rounds", defaultValue = "5", description = "(default: ${DEFAULT-VALUE})")
  int rounds;

  @Option(
      names = "--warmup",
      defaultValue = "10",
      description =
          "seconds under many clients in a cluster that was just started; half as many more for"
              + " reads, for an open loop, and before a member fails"
              + " (default: ${DEFAULT-VALUE})")
  double warmup;

  @Option(
      names = "--settle",
      defaultValue = "2",
      description = "seconds of each load before it counts (default: ${DEFAULT-VALUE})")
  double settle;

  @Option(
      names = "--seconds",
      defaultValue = "10",
      description = "seconds that count (default: ${DEFAULT-VALUE})")
  double seconds;

  @Option(
      names = "--rate-share",
      defaultValue = "0.8",
      description =
          "of the highest throughput of a peer with no more clients, for OPEN (default: ${DEFAULT-VALUE})")
  double rateShare;

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

  /** The command line with what {@code --quick} stands for in it. */
  static String[] expanded(String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    if (all.contains("--quick")) {
      for (String choice : QUICK) {
        String name = choice.substring(0, choice.indexOf('='));
        if (all.stream().noneMatch(a -> a.equals(name) || a.startsWith(name + "="))) {
          all.add(choice);
        }
      }
    }
    return all.toArray(String[]::new);
  }

  Path peersDirectory() {
    return peersDirectory == null ? Installation.beside("peers") : peersDirectory;
  }

  Path out() {
    return out == null ? Installation.beside("cluster-bench") : out;
  }

  Path data() {
    return data == null ? out().resolve("data") : data;
  }

  Path logs() {
    return out().resolve("logs");
  }

  /** Of all clients together, in a cluster of this size. */
  int connections(int members) {
    return at == At.EACH ? members : 1;
  }

  List<Integer> clients(Operation operation) {
    List<Integer> forReads = readClients;
    return operation == Operation.READ && forReads != null ? forReads : clients;
  }

  List<Operation> openOperations() {
    List<Operation> named = openOperations;
    return named == null ? operations : named;
  }

  List<Durability> faultDurabilities() {
    List<Durability> named = faultDurabilities;
    return named == null ? durabilities : named;
  }

  /** What is wrong with it; null when nothing is. */
  @Nullable String invalid() {
    if (rounds < 1 || warmup < 0 || settle < 0 || seconds <= 0 || rateShare <= 0) {
      return "--rounds must be 1 or more, --seconds and --rate-share more than 0";
    }
    if (!List.of(1, 3, 5, 7).containsAll(nodes)) {
      return "--nodes must be 1, 3, 5 or 7";
    }
    if (!clients(Operation.WRITE).stream().allMatch(BenchOptions::isClients)
        || !clients(Operation.READ).stream().allMatch(BenchOptions::isClients)
        || !isClients(openClients)) {
      return "--clients must be 1 to " + MOST_CLIENTS;
    }
    int members = nodes.stream().mapToInt(Integer::intValue).max().orElse(1);
    if (faultClients < members || outstanding < Embedded.SIZE) {
      return "--fault-clients and --outstanding must be as many as there are members";
    }
    if (valueSizes.stream().anyMatch(s -> s < Entries.SMALLEST_VALUE || s > LARGEST_VALUE)) {
      return "--value-sizes must be " + Entries.SMALLEST_VALUE + " to " + LARGEST_VALUE;
    }
    if (keys < 1 || keys > MOST_KEYS) {
      return "--keys must be 1 to " + MOST_KEYS;
    }
    if (keySize < String.valueOf(keys - 1).length() || keySize > LARGEST_KEY) {
      return "--key-size must hold the number of a key, and be at most " + LARGEST_KEY;
    }
    if (operations.contains(Operation.FILL) || !operations.containsAll(openOperations())) {
      return "--operations are WRITE and READ; OPEN has no other ones";
    }
    if (parts.contains(Part.OPEN) && !parts.contains(Part.CLOSED)) {
      return "OPEN needs CLOSED in the same run: its rates come from there";
    }
    if (parts.contains(Part.OPEN)
        && openOperations().stream()
            .anyMatch(open -> clients(open).stream().noneMatch(count -> count <= openClients))) {
      return "OPEN needs a load of CLOSED with --open-clients or fewer: its rate comes from there";
    }
    return unavailable();
  }

  private static boolean isClients(int count) {
    return count >= 1 && count <= MOST_CLIENTS;
  }

  private @Nullable String unavailable() {
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

  /**
   * What a store is told, so that it has room for all keys with values of the largest size, and for
   * no less than by default.
   */
  List<String> room() {
    long largest = valueSizes.stream().mapToInt(Integer::intValue).max().orElse(0);
    long bytes = keys * (KvStateMachine.ENTRY_OVERHEAD + keySize + largest);
    KVStoreConfig defaults = KVStoreConfig.defaults();
    return List.of(
        "--max-entries",
        String.valueOf(Math.max(defaults.maxEntries(), keys)),
        "--max-memory-mb",
        String.valueOf(Math.max(defaults.maxMemoryMb(), (bytes >> 20) + 1)));
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
