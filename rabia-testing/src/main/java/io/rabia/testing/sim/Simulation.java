package io.rabia.testing.sim;

import io.rabia.core.ClusterConfig;
import io.rabia.core.CommonCoin;
import io.rabia.core.NodeId;
import io.rabia.core.Quorum;
import io.rabia.core.batching.BatchConfig;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.memory.PoolConfig;
import io.rabia.core.persistence.Durability;
import io.rabia.engine.ClusterView;
import io.rabia.engine.Initial;
import io.rabia.engine.Member;
import io.rabia.engine.RabiaConfig;
import io.rabia.engine.protocol.ReplicaStatistics;
import io.rabia.testing.linearizability.Verdict;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One run: a cluster of production agents, clients, and faults, all in the calling thread and in
 * virtual time. Everything follows from the options; the same ones give the same {@link
 * SimReport#traceHash}.
 */
public final class Simulation {
  private static final long HEAL_LIMIT = 30 * SimClock.SECOND;
  private static final int OPERATIONS_PER_MINUTE = 1_000;
  private static final double FASTEST_CLOCK = 1.3;
  private static final int STEADY_CLIENTS = 4;
  private static final int ASYNCHRONOUS = 0;
  private static final Duration SHORT_LIFE = Duration.ofSeconds(10);
  private static final int FSYNC_DISK = 11;
  private static final int OS_DISK = 16;

  /** Machines for those who join and for those who come back without their disks. */
  private static final int SPARES = 5;

  private static final long NEAR_END = 4 * SimClock.SECOND;

  private final SimOptions options;
  private final boolean healthyTwin;
  private final SimRandom random;
  private final SimClock clock = new SimClock();
  private final Trace trace;
  private final Violations violations;
  private final Faults faults;
  private final FrameWatch watch;
  private final Outcomes outcomes;
  private final History history;
  private final LinearizableHistory calls = new LinearizableHistory(clock);
  private final SimNetwork network;
  private final FaultDriver driver;
  private final List<SimNode> nodes = new ArrayList<>();
  private final List<SimNode> rebootable = new ArrayList<>();
  private final List<SimClient> clients = new ArrayList<>();
  private final MemoryPool pool =
      new MemoryPool(PoolConfig.builder().sizeClass(1 << 16, 1 << 12).build());
  private final int padding;
  private final int total;
  private ClusterConfig founders = ClusterConfig.parse("1=node1:1");
  private RabiaConfig config = RabiaConfig.defaults();
  private long longest;
  private long installs;
  private boolean healed;
  private int maxBatchSize;
  private int maxBatchDelay;
  private int ownWindow;
  private long retained;
  private long firstLogTime = -1;

  /** When the first member was one: the first batch may have been stamped as early. */
  private long formedAt = -1;

  private CommonCoin known = CommonCoin.keyed(0, 0);
  private long healthyP99;

  /** Of the operations of clients whose members have healthy disks, when some have not. */
  private final List<Long> latencies = new ArrayList<>();

  /**
   * @param healthyTwin the same without that anyone's disk is slow
   */
  private Simulation(
      SimOptions options,
      boolean healthyTwin,
      @Nullable PrintStream out,
      @Nullable SlotStory story) {
    this.options = options;
    this.healthyTwin = healthyTwin;
    random = new SimRandom(options.seed());
    trace = new Trace(clock, out, story);
    violations = new Violations(clock, trace);
    faults = new Faults(draw(options.faults()));
    int n = options.nodes();
    total = n + (faults.has(Fault.MEMBERS) || faults.has(Fault.WIPE) ? SPARES : 0);
    watch = new FrameWatch(violations, total);
    outcomes = new Outcomes(violations, watch, trace, total);
    history = new History(violations, total);
    network = new SimNetwork(clock, trace, random.fork(), faults, total);
    // Without pauses, large commands would fill the memory that holds all logs.
    boolean large = random.chance(0.1) && options.load() == Load.LIGHT;
    padding = large ? 20_000 : 100;
    build(large);
    driver = new FaultDriver(this, random.fork());
  }

  /** Runs one simulation to its end; what happens is printed, too, if {@code out} is given. */
  public static SimReport run(SimOptions options, @Nullable PrintStream out) {
    return run(options, out, null);
  }

  /** Runs it once more, for what happens to one slot. */
  static SlotStory story(SimOptions options, long slot) {
    SlotStory story = new SlotStory(slot, options.nodes() + SPARES);
    run(options, null, story);
    return story;
  }

  private static SimReport run(
      SimOptions options, @Nullable PrintStream out, @Nullable SlotStory story) {
    Simulation simulation = new Simulation(options, false, out, story);
    if (options.faults().contains(Fault.SLOW_MEMBERS) && options.allFaults()) {
      Simulation twin = new Simulation(options, true, null, null);
      twin.run();
      simulation.healthyP99 = twin.p99();
    }
    return simulation.run();
  }

  private Set<Fault> draw(Set<Fault> allowed) {
    Set<Fault> drawn = EnumSet.noneOf(Fault.class);
    List<Fault> from = new ArrayList<>(allowed);
    int count = options.allFaults() ? from.size() : Math.min(from.size(), 1 + random.below(4));
    while (drawn.size() < count) {
      drawn.add(from.get(random.below(from.size())));
    }
    if (drawn.contains(Fault.REBOOT) && !options.allFaults()) {
      // Those it leaves are as many as must be there.
      drawn.removeAll(EnumSet.of(Fault.ORPHAN, Fault.PROPOSER, Fault.LONG_PAUSE));
    }
    return drawn;
  }

  private void build(boolean large) {
    int n = options.nodes();
    ClusterConfig.Builder cluster =
        ClusterConfig.builder()
            .name("sim")
            .alpha(alpha(8 << random.below(4)))
            .secret(new byte[] {(byte) random.nextLong()});
    for (int i = 1; i <= n; i++) {
      cluster.member(NodeId.of(i), "node" + i, 7000 + i);
    }
    ClusterConfig members = cluster.build();
    founders = members;
    distances(random.below(4));
    boolean drifts = faults.has(Fault.DRIFT);
    if (drifts) {
      faults.fired(Fault.DRIFT);
    }
    config = config(large);
    int kind = random.below(20);
    long forceNanos = random.magnitude(50 * SimClock.MICRO, 10 * SimClock.MILLI);
    int reboots = faults.has(Fault.REBOOT) ? Quorum.faults(n) : 0;
    int firstToReboot = random.below(n);
    for (int i = 0; i < n; i++) {
      int place = Math.floorMod(i - firstToReboot, n);
      boolean mayReboot = place < reboots;
      Storage storage = storage(mayReboot ? OS_DISK : kind(place, kind), forceNanos);
      SimNode node = new SimNode(this, i, members, config, storage, random.fork(), pool, drifts);
      nodes.add(node);
      if (mayReboot) {
        rebootable.add(node);
      }
    }
    for (int i = n; i < total; i++) {
      Storage none = new SimPersistence(clock, random.fork(), 0);
      SimNode spare = new SimNode(this, i, members, config, none, random.fork(), pool, drifts);
      spare.standBy();
      nodes.add(spare);
    }
    addClients();
  }

  private void distances(int drawn) {
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

  private int alpha(int drawn) {
    if (faults.has(Fault.AWAY)) {
      return 8; // the log is kept for some windows behind a snapshot
    }
    return options.distances() == Distances.DRAWN ? drawn : 128;
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
          idle ? 4 * SimClock.SECOND : random.magnitude(20 * SimClock.MILLI, 200 * SimClock.MILLI);
      addClient(i, think, 1 + random.below(4));
    }
  }

  private void addClient(int index, long think, int depth) {
    int home = index % options.nodes();
    clients.add(new SimClient(this, index, random.fork(), home, think, depth));
  }

  /** Slow disks want logs that feel them, power losses those with a page cache. */
  private int kind(int place, int otherwise) {
    boolean slow = faults.has(Fault.SLOW_DISK) || faults.has(Fault.SLOW_MEMBERS);
    boolean power = faults.has(Fault.POWER_AFTER_DEATH);
    if (slow && power) {
      return place % 2 == 0 ? ASYNCHRONOUS : FSYNC_DISK;
    }
    return slow ? ASYNCHRONOUS : power ? FSYNC_DISK : otherwise;
  }

  private Storage storage(int kind, long forceNanos) {
    if (options.distances() != Distances.DRAWN) {
      return new SimPersistence(clock, random.fork(), 0);
    }
    if (kind < 9) {
      return new SimPersistence(clock, random.fork(), forceNanos);
    }
    if (kind < FSYNC_DISK) {
      return new SimPersistence(clock, random.fork(), 0);
    }
    Durability durability = kind < OS_DISK ? Durability.FSYNC : Durability.OS;
    int size = random.below(5);
    return new SimDisk(
        random.fork(),
        durability,
        1 << (faults.has(Fault.AWAY) ? 11 : isShort() ? 11 + size : 16 + size));
  }

  /** Do logs and memories hold little, so that whoever is away must take a snapshot? */
  private boolean isShort() {
    return faults.has(Fault.AWAY) || (options.seed() & 2) != 0;
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
    return builder(config.snapshotSlots()).initial(Initial.EXISTING).build();
  }

  Storage freshStorage() {
    return new SimPersistence(
        clock, random.fork(), random.magnitude(50 * SimClock.MICRO, 10 * SimClock.MILLI));
  }

  /** A machine that nobody needs, or null. */
  @Nullable SimNode freeMachine() {
    return nodes.stream().filter(node -> node.isOut() && !node.isAlive()).findFirst().orElse(null);
  }

  /** Is anybody of this id in the newest configuration that anybody who is up knows? */
  boolean isMember(NodeId id) {
    return nodes.stream()
        .map(SimNode::view)
        .max(Comparator.comparingLong(ClusterView::epoch))
        .filter(view -> view.epoch() < 0 || view.has(id))
        .isPresent();
  }

  /** The machine on which the votes of this member are, if it serves. */
  @Nullable SimNode voter(NodeId id) {
    return nodes.stream()
        .filter(node -> node.nodeId().equals(id) && node.isServing() && !node.isGhost())
        .findFirst()
        .orElse(null);
  }

  private RabiaConfig config(boolean large) {
    boolean snapshots = random.chance(0.5) || faults.has(Fault.AWAY);
    maxBatchSize = 1 + random.below(32);
    maxBatchDelay = random.below(10);
    ownWindow = 1 + random.below(4);
    retained = large ? 1 << 20 : 64 << 20;
    return builder(snapshots ? 100 : 1 << 20).build();
  }

  private RabiaConfig.Builder builder(long snapshotSlots) {
    return RabiaConfig.builder()
        .batching(
            BatchConfig.builder()
                .maxBatchSize(maxBatchSize)
                .maxBatchBytes(1 << 20)
                .maxBatchDelay(Duration.ofMillis(maxBatchDelay))
                .bufferCapacity(1024)
                .build())
        .ownWindow(ownWindow)
        .inboxCapacity(1024)
        .snapshotInterval(snapshotSlots, 64 << 20)
        .retainedBytes(retained)
        .retainedSlots(isShort() ? 64 : 1 << 16)
        .retainedLogBytes(isShort() ? 0 : 1 << 30)
        .sessionTimeToLive(
            faults.has(Fault.EXPIRY)
                ? Duration.ofSeconds(1)
                : faults.has(Fault.DRIFT) ? SHORT_LIFE : Duration.ofMinutes(10));
  }

  /** The coin of a member. */
  CommonCoin coin(int member, long key0, long key1) {
    CommonCoin coin = faults.has(Fault.COIN) ? oddCoin(member, key0, key1) : null;
    CommonCoin flipped = coin == null ? CommonCoin.keyed(key0, key1) : coin;
    known = flipped;
    return (epoch, slot, phase) -> {
      if (faults.has(Fault.COIN)) {
        faults.fired(Fault.COIN);
      }
      if (driver.splitting().isActive()) {
        faults.fired(Fault.SPLIT);
      }
      return flipped.flip(epoch, slot, phase);
    };
  }

  private CommonCoin oddCoin(int member, long key0, long key1) {
    return switch ((int) (options.seed() >> 1 & 3)) {
      case 0 -> (epoch, slot, phase) -> false;
      case 1 -> (epoch, slot, phase) -> true;
      case 2 -> (epoch, slot, phase) -> phase % 2 == 1;
      default -> CommonCoin.keyed(key0 + member, key1);
    };
  }

  /** The coin as a scheduler may know it. */
  CommonCoin coin() {
    return known;
  }

  // ---- the run

  private SimReport run() {
    for (SimNode node : nodes) {
      clock.at(random.between(0, 50 * SimClock.MILLI), node::start);
    }
    for (SimClient client : clients) {
      clock.at(random.between(0, 100 * SimClock.MILLI), () -> start(client));
    }
    driver.start();
    long end = options.seconds() * SimClock.SECOND;
    run(end);
    if (violations.first() == null) {
      heal();
    }
    SimReport report = report();
    trace.end();
    for (SimNode node : nodes) {
      node.crash(false);
    }
    return report;
  }

  /** Where distances are what matters, nobody has to look elsewhere for a node that serves. */
  private void start(SimClient client) {
    if (options.distances() == Distances.DRAWN || nodes.stream().allMatch(SimNode::isServing)) {
      client.start();
    } else {
      clock.after(10 * SimClock.MILLI, () -> start(client));
    }
  }

  private void heal() {
    trace.line("faults", () -> "end; so many struck: " + faults);
    driver.stop();
    healed = true;
    network.heal();
    for (SimNode node : nodes) {
      if (node.isGhost()) {
        node.retire();
      }
      node.resume();
      node.slowDisk(0);
      node.spare();
      node.start();
    }
    clients.forEach(client -> client.finish(3));
    List<SimNode> absent = nodes.stream().filter(SimNode::isAbsent).toList();
    rest();
    for (SimNode node : absent) {
      run(node.pausedUntil());
      node.comeBack();
    }
    if (!absent.isEmpty()) {
      rest();
    }
    if (violations.first() == null) {
      requireEverything();
    }
  }

  /** Goes on to this time, or until a promise is broken. */
  private void run(long end) {
    while (violations.first() == null && clock.step(end)) {
      // each step checks itself
    }
  }

  /** All who are there come to rest, with all that they were asked for done. */
  private void rest() {
    long limit = clock.now() + HEAL_LIMIT;
    long next = clock.now();
    while (violations.first() == null && !quiescent()) {
      next += 10 * SimClock.MILLI;
      if (next > limit) {
        violations.add(
            nodes.stream().mapToLong(SimNode::applied).filter(a -> a >= 0).min().orElse(0),
            "not at rest 30 s after the last fault: "
                + nodes.stream().map(SimNode::describe).toList()
                + clients);
        return;
      }
      run(next);
    }
  }

  private void requireEverything() {
    outcomes.requireOneState();
    long deaths = faults.count(Fault.PROPOSER);
    if (faults.drawn().equals(Set.of(Fault.PROPOSER))
        && outcomes.forfeits() > options.nodes() * (deaths + 1)) {
      violations.add(outcomes.forfeits() + " slots were forfeited by " + deaths + " deaths");
    }
    if (faults.has(Fault.SLOW_MEMBERS) && !healthyTwin && p99() > 3 * healthyP99) {
      violations.add(
          "p99 is "
              + p99() / SimClock.MICRO
              + " us for clients of healthy members, "
              + healthyP99 / SimClock.MICRO
              + " us with healthy disks");
    }
    for (SimNode node : nodes) {
      if (node.isOut()) {
        continue;
      }
      history.requireAnswered(node.index());
      Member member = node.member();
      if (member != null
          && member.replica().statistics().batches() > outcomes.batches(node.applied())) {
        long slot = outcomes.repeated(node.applied());
        violations.add(slot, node.index(), "applied again " + outcomes.earlier(slot));
      }
    }
  }

  private boolean quiescent() {
    List<SimNode> present =
        nodes.stream().filter(node -> !node.isOut() && !node.isAbsent()).toList();
    long applied = present.stream().mapToLong(SimNode::applied).max().orElse(0);
    for (SimNode node : present) {
      Member member = node.member();
      if (member == null
          || node.applied() != applied
          || node.isLost() && node.view().has(node.nodeId())
          || member.replica().busy()
          || member.replica().held() > 0) {
        return false;
      }
    }
    return clients.stream().allMatch(SimClient::isDone);
  }

  /** A member that differs must be found out, and by its name. */
  private @Nullable String violation() {
    String first = violations.first();
    int differing = driver.differing();
    if (differing < 0) {
      return first;
    }
    if (first == null) {
      return "nobody noticed that the state of node " + (differing + 1) + " differs";
    }
    if (!first.contains("node " + (differing + 1) + ": has another state after ")) {
      return first;
    }
    faults.fired(Fault.DIFFER);
    return null;
  }

  private SimReport report() {
    String invalid = null;
    List<Served> served = nodes.stream().map(SimNode::served).toList();
    long completed = served.stream().mapToLong(Served::operations).sum();
    long ran = Math.min(clock.now(), options.seconds() * SimClock.SECOND);
    String violation = violation();
    if (completed * 60 * SimClock.SECOND < OPERATIONS_PER_MINUTE * ran) {
      invalid = "only " + completed + " operations";
    } else if (!faults.silent().isEmpty()) {
      invalid = "never fired: " + faults.silent();
    }
    double fast = 1;
    long slow = 0;
    long noops = 0;
    long batches = 0;
    long phases = 0;
    for (SimNode node : nodes) {
      Member member = node.member();
      if (member != null) {
        ReplicaStatistics statistics = member.replica().statistics();
        fast = Math.min(fast, statistics.fastRatio());
        slow = Math.max(slow, statistics.batchProposed() - statistics.fast());
        noops = Math.max(noops, statistics.noops());
        batches = Math.max(batches, statistics.batches());
        long[] perPhase = statistics.phases();
        for (int p = 0; p < perPhase.length; p++) {
          phases = perPhase[p] > 0 ? Math.max(phases, p) : phases;
        }
      }
    }
    Verdict order = calls.verdict();
    String unordered = order.linearizable() ? null : order.toString();
    return new SimReport(
        options,
        violation != null ? violation : unordered,
        violations.slot(),
        unordered,
        invalid,
        served,
        outcomes.slots(),
        outcomes.forfeits(),
        noops,
        batches,
        fast,
        slow,
        longest,
        phases,
        installs,
        network.frames(),
        faults.total(),
        faults.toString(),
        trace.hash());
  }

  void restartLater(SimNode node) {
    if (healed) {
      clock.after(SimClock.MILLI, node::start);
    } else {
      clock.after(random.magnitude(5 * SimClock.MILLI, 3 * SimClock.SECOND), node::start);
    }
  }

  // ---- what the parts share

  SimClock clock() {
    return clock;
  }

  Trace trace() {
    return trace;
  }

  Violations violations() {
    return violations;
  }

  Faults faults() {
    return faults;
  }

  SimNetwork network() {
    return network;
  }

  LinearizableHistory calls() {
    return calls;
  }

  History history() {
    return history;
  }

  FrameWatch watch() {
    return watch;
  }

  Outcomes outcomes() {
    return outcomes;
  }

  SimNode node(int index) {
    return nodes.get(index);
  }

  /** Members whose machines may still lose power. */
  List<SimNode> rebootable() {
    rebootable.removeIf(SimNode::isLost);
    return rebootable;
  }

  /** May one more be away, for good or until everything else has healed? */
  boolean mayLeave() {
    long gone = nodes.stream().filter(node -> node.isLost() || node.isAbsent()).count();
    return isFormed() && gone < Quorum.faults(options.nodes());
  }

  /** From here on who dies may stay away until all else has healed. */
  long nearEnd() {
    return options.seconds() * SimClock.SECOND - NEAR_END;
  }

  /** Are all alive who can be? */
  boolean isComplete() {
    return nodes.stream().allMatch(node -> node.isAlive() || node.isOut() || node.isAbsent());
  }

  /** In some runs a snapshot takes several chunks. */
  int snapshotPadding() {
    return faults.has(Fault.AWAY) && options.seed() % 3 == 0 ? 200_000 : 0;
  }

  long seed() {
    return options.seed();
  }

  /** A member took the state of another one. */
  void installed(SimNode node) {
    if (faults.has(Fault.AWAY)) {
      faults.fired(Fault.AWAY);
    }
    installs++;
    Member member = node.member();
    if (member != null) {
      watch.requireKept(node.index(), member.replica());
    }
  }

  /** A slot was decided for the first time. */
  void decided(long slot, long id) {
    driver.orphaning().decided(slot, id);
  }

  /** A node received a frame. */
  void arrived(int from, Frame frame) {
    driver.orphaning().arrived(from, frame);
  }

  /** Is every node a member, or was it? */
  boolean isFormed() {
    return nodes.stream().limit(options.nodes()).allMatch(SimNode::wasMember);
  }

  void formed() {
    if (formedAt < 0) {
      formedAt = clock.now();
    }
  }

  /** Machines, whether anybody runs there or not. */
  int size() {
    return total;
  }

  /** Bytes of a command at most beside its operation. */
  int padding() {
    return padding;
  }

  /** The operating system of a node that died tells its clients. */
  void disconnected(int node) {
    clients.forEach(client -> client.disconnected(node));
  }

  void completed(int home, long latency) {
    longest = Math.max(longest, latency);
    if (faults.has(Fault.SLOW_MEMBERS) && home >= Quorum.faults(options.nodes())) {
      latencies.add(latency);
    }
  }

  private long p99() {
    latencies.sort(null);
    return latencies.isEmpty() ? 0 : latencies.get((int) (latencies.size() * 0.99));
  }

  boolean isHealthyTwin() {
    return healthyTwin;
  }

  long highestApplied() {
    return nodes.stream().mapToLong(SimNode::applied).max().orElse(0);
  }

  /**
   * A node sends a frame.
   *
   * @param again whether it was the last one that this node sent to another
   */
  void sent(int from, int to, Frame frame, boolean again) {
    trace.sent(from, to, frame);
    if (!again) {
      Member member = nodes.get(from).member();
      watch.sent(from, frame, member == null ? null : member.replica());
    }
    trace.mix(clock.now() * 64 + from * 8L + to);
    trace.mix(frame.fingerprint());
  }

  /**
   * Log time follows the fastest member's monotonic clock, never a wall clock, and stands still
   * with all of them.
   */
  void logTime(long logTime) {
    if (firstLogTime < 0) {
      firstLogTime = logTime;
    }
    double most = (clock.now() - formedAt) * FASTEST_CLOCK + SimClock.SECOND;
    if (logTime - firstLogTime > most) {
      violations.add(
          "log time ran "
              + (logTime - firstLogTime) / SimClock.MILLI
              + " ms ahead in "
              + (clock.now() - formedAt) / SimClock.MILLI
              + " ms");
    }
  }
}
