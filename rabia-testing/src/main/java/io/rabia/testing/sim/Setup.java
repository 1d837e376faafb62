package io.rabia.testing.sim;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.Quorum;
import io.rabia.core.batching.BatchConfig;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.memory.PoolConfig;
import io.rabia.core.persistence.Durability;
import io.rabia.engine.Initial;
import io.rabia.engine.RabiaConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Draws what a run is made of, always in the same order: distances, configurations, disks, nodes,
 * clients. One thread.
 */
final class Setup {
  private static final int STEADY_CLIENTS = 4;
  private static final int COMPARED_SLOTS = 64;
  private static final Duration SHORT_LIFE = Duration.ofSeconds(10);

  /** Kinds of logs: asynchronous ones first. */
  private static final int ASYNCHRONOUS = 0;

  private static final int INSTANT = 9;
  private static final int FSYNC_DISK = 11;
  private static final int OS_DISK = 16;
  private static final int KINDS = 20;

  /** They want logs in files. */
  private static final Set<Fault> OF_FILES =
      Collections.unmodifiableSet(
          EnumSet.of(
              Fault.POWER_AFTER_DEATH,
              Fault.TORN_WRITE,
              Fault.FSYNC_FAILURE,
              Fault.DISK_FULL,
              Fault.BIT_FLIP,
              Fault.POWER_CUT));

  /** They want snapshots every 100 slots. */
  private static final Set<Fault> SNAPSHOTS =
      Collections.unmodifiableSet(EnumSet.of(Fault.AWAY, Fault.POWER_CUT));

  private final Simulation world;
  private final SimOptions options;
  private final SimRandom random;
  private final Faults faults;
  private final boolean large;
  private final MemoryPool pool =
      new MemoryPool(PoolConfig.builder().sizeClass(1 << 16, 1 << 12).build());
  private final List<SimNode> nodes = new ArrayList<>();
  private final List<SimNode> rebootable = new ArrayList<>();
  private final List<SimClient> clients = new ArrayList<>();
  private ClusterConfig founders = ClusterConfig.parse("1=node1:1");
  private RabiaConfig joining = RabiaConfig.defaults();

  Setup(Simulation world, SimOptions options, SimRandom random) {
    this.world = world;
    this.options = options;
    this.random = random;
    faults = world.faults();
    // Without pauses, large commands would fill the memory that holds all logs.
    large = random.chance(0.1) && options.load() == Load.LIGHT;
    addNodes();
    addClients();
  }

  static Set<Fault> faults(SimOptions options, SimRandom random) {
    Set<Fault> drawn = EnumSet.noneOf(Fault.class);
    List<Fault> from = new ArrayList<>(options.faults());
    int count = options.allFaults() ? from.size() : Math.min(from.size(), 1 + random.below(4));
    while (drawn.size() < count) {
      drawn.add(from.get(random.below(from.size())));
    }
    if (!options.allFaults()) {
      // Those that one of them leaves are as many as must be there.
      if (drawn.contains(Fault.REBOOT)) {
        drawn.remove(Fault.BIT_FLIP);
      }
      if (drawn.contains(Fault.REBOOT) || drawn.contains(Fault.BIT_FLIP)) {
        drawn.removeAll(EnumSet.of(Fault.ORPHAN, Fault.PROPOSER, Fault.LONG_PAUSE));
      }
    }
    return drawn;
  }

  List<SimNode> nodes() {
    return nodes;
  }

  /** Whose machines may lose power under a log that is not forced. */
  List<SimNode> rebootable() {
    return rebootable;
  }

  List<SimClient> clients() {
    return clients;
  }

  /** Bytes of a command at most beside its operation. */
  int padding() {
    return large ? 20_000 : 100;
  }

  private void addNodes() {
    int n = options.nodes();
    ClusterConfig.Builder cluster =
        ClusterConfig.builder()
            .name("sim")
            .alpha(alpha(8 << random.below(4)))
            .secret(new byte[] {(byte) random.nextLong()});
    for (int i = 1; i <= n; i++) {
      cluster.member(NodeId.of(i), "node" + i, 7000 + i);
    }
    founders = cluster.build();
    distances(random.below(4));
    boolean drifts = faults.has(Fault.DRIFT);
    if (drifts) {
      faults.fired(Fault.DRIFT);
    }
    RabiaConfig.Builder drawn = config();
    RabiaConfig config = drawn.build();
    joining = drawn.initial(Initial.EXISTING).build();
    int kind = random.below(KINDS);
    long forceNanos = forceNanos();
    int reboots = faults.has(Fault.REBOOT) ? Quorum.faults(n) : 0;
    int firstToReboot = random.below(n);
    for (int i = 0; i < n; i++) {
      int place = Math.floorMod(i - firstToReboot, n);
      boolean mayReboot = place < reboots;
      Storage storage = storage(mayReboot ? OS_DISK : kind(place, kind), forceNanos);
      SimNode node = new SimNode(world, i, founders, config, storage, random.fork(), pool, drifts);
      nodes.add(node);
      if (mayReboot) {
        rebootable.add(node);
      }
    }
    for (int i = n; i < world.size(); i++) {
      Storage none = new SimPersistence(world.clock(), random.fork(), 0);
      SimNode spare = new SimNode(world, i, founders, config, none, random.fork(), pool, drifts);
      spare.standBy();
      nodes.add(spare);
    }
  }

  /** The configuration file of a node that is to become this member. */
  ClusterConfig clusterOf(NodeId id) {
    ClusterConfig.Builder cluster =
        ClusterConfig.builder()
            .name(founders.name())
            .alpha(founders.alpha())
            .secret(founders.secret());
    founders.members().forEach(m -> cluster.member(m.id(), m.host(), m.port()));
    if (founders.member(id).isEmpty()) {
      cluster.member(id, "node" + id, 1);
    }
    return cluster.build();
  }

  /** As that of all, for a node that finds no history of its own. */
  RabiaConfig joining() {
    return joining;
  }

  Storage freshStorage() {
    return new SimPersistence(world.clock(), random.fork(), forceNanos());
  }

  private long forceNanos() {
    return random.magnitude(50 * SimClock.MICRO, 10 * SimClock.MILLI);
  }

  private int alpha(int drawn) {
    if (faults.has(Fault.AWAY)) {
      return 8; // the log is kept for some windows behind a snapshot
    }
    return options.distances() == Distances.DRAWN ? drawn : 128;
  }

  private void distances(int drawn) {
    SimNetwork network = world.network();
    if (options.distances() != Distances.DRAWN) {
      network.delays(90 * SimClock.MICRO, 110 * SimClock.MICRO);
      network.far(options.distances() == Distances.ONE_FAR ? options.nodes() - 1 : -1);
      return;
    }
    switch (drawn) {
      case 0 -> network.delays(SimClock.MILLI, 5 * SimClock.MILLI);
      case 1 -> network.delays(5 * SimClock.MILLI, 20 * SimClock.MILLI);
      default -> network.delays(50 * SimClock.MICRO, 500 * SimClock.MICRO);
    }
  }

  /** Do logs and memories hold little, so that whoever is away must take a snapshot? */
  private boolean isShort() {
    return faults.has(Fault.AWAY) || (options.seed() & 2) != 0;
  }

  private RabiaConfig.Builder config() {
    boolean snapshots = random.chance(0.5) || faults.drawn().stream().anyMatch(SNAPSHOTS::contains);
    return RabiaConfig.builder()
        .batching(
            BatchConfig.builder()
                .maxBatchSize(1 + random.below(32))
                .maxBatchBytes(1 << 20)
                .maxBatchDelay(Duration.ofMillis(random.below(10)))
                .bufferCapacity(1024)
                .build())
        .ownWindow(1 + random.below(4))
        .inboxCapacity(1024)
        .stateCheckInterval(COMPARED_SLOTS)
        .snapshotInterval(snapshots ? 100 : 1 << 20, 64 << 20)
        .retainedBytes(large ? 1 << 20 : 64 << 20)
        .retainedSlots(isShort() ? 64 : 1 << 16)
        .retainedLogBytes(isShort() ? 0 : 1 << 30)
        .sessionTimeToLive(sessionTimeToLive());
  }

  private Duration sessionTimeToLive() {
    if (faults.has(Fault.EXPIRY)) {
      return Duration.ofSeconds(1);
    }
    return faults.has(Fault.DRIFT) && !faults.has(Fault.JUMP) ? SHORT_LIFE : Duration.ofMinutes(10);
  }

  /**
   * Slow disks want logs that force, power losses those with a page cache; where the same members
   * stay slow, engines do not wait for them.
   */
  private int kind(int place, int otherwise) {
    boolean slow = faults.has(Fault.SLOW_DISK) || faults.has(Fault.SLOW_MEMBERS);
    boolean files = faults.drawn().stream().anyMatch(OF_FILES::contains);
    if (slow && files) {
      return place % 2 == 0 ? ASYNCHRONOUS : FSYNC_DISK;
    }
    if (files) {
      return FSYNC_DISK;
    }
    boolean forces = otherwise < INSTANT || otherwise >= FSYNC_DISK && otherwise < OS_DISK;
    return slow && (!forces || faults.has(Fault.SLOW_MEMBERS)) ? ASYNCHRONOUS : otherwise;
  }

  private Storage storage(int kind, long forceNanos) {
    if (kind < FSYNC_DISK || options.distances() != Distances.DRAWN) {
      boolean instant = kind >= INSTANT || options.distances() != Distances.DRAWN;
      return new SimPersistence(world.clock(), random.fork(), instant ? 0 : forceNanos);
    }
    Durability durability = kind < OS_DISK ? Durability.FSYNC : Durability.OS;
    long waits = random.chance(0.5) ? forceNanos : 0;
    return new SimDisk(random.fork(), durability, 1 << segmentBits(), waits);
  }

  private int segmentBits() {
    int size = random.below(9);
    return faults.has(Fault.AWAY) ? 11 : isShort() ? 11 + size / 2 : 12 + size;
  }

  private void addClients() {
    if (options.load() == Load.STEADY) {
      for (int i = 0; i < STEADY_CLIENTS * options.nodes(); i++) {
        addClient(i, 0, 1);
      }
      return;
    }
    int count = 8 + random.below(5);
    for (int i = 0; i < count; i++) {
      boolean idle = i == 0 && faults.has(Fault.EXPIRY);
      long think =
          idle ? 4 * SimClock.SECOND : random.magnitude(40 * SimClock.MILLI, 400 * SimClock.MILLI);
      addClient(i, think, 1 + random.below(4));
    }
  }

  private void addClient(int index, long think, int depth) {
    int home = index % options.nodes();
    clients.add(new SimClient(world, index, random.fork(), home, think, depth));
  }
}
