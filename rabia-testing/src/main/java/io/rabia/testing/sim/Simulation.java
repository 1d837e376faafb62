package io.rabia.testing.sim;

import io.rabia.core.NodeId;
import io.rabia.core.Quorum;
import io.rabia.core.persistence.Durability;
import io.rabia.engine.ClusterView;
import io.rabia.engine.Member;
import io.rabia.engine.protocol.ReplicaStatistics;
import io.rabia.testing.linearizability.Verdict;
import java.io.PrintStream;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run: a cluster of production agents, clients, and faults, all in the calling thread and in
 * virtual time. Everything follows from the options; the same ones give the same {@link
 * SimReport#traceHash}.
 */
public final class Simulation {
  private static final long STEP = 20 * SimClock.MILLI;

  /** Machines for those who join and for those who come back without their disks. */
  private static final int SPARES = 5;

  private static final long NEAR_END = 4 * SimClock.SECOND;

  private final SimOptions options;
  private final SimRandom random;
  private final SimClock clock = new SimClock();
  private final Trace trace;
  private final Violations violations;
  private final Faults faults;
  private final Coverage coverage;
  private final FrameWatch watch;
  private final Outcomes outcomes;
  private final Differing differing;
  private final History history;
  private final LinearizableHistory calls = new LinearizableHistory(clock);
  private final SimNetwork network;
  private final FaultDriver driver;
  private final Coins coins;
  private final LogTimes logTimes;
  private final OldCopies oldCopies;
  private final Latencies latencies;
  private final SlowMembers slowMembers;
  private final Hosting hosting;
  private final Setup setup;
  private final List<SimNode> nodes;
  private final List<SimClient> clients;
  private final int total;
  private long installs;
  private boolean healed;

  /**
   * @param healthyTwin the same without that anyone's disk is slow
   */
  private Simulation(
      SimOptions options,
      boolean healthyTwin,
      @Nullable Guest guest,
      @Nullable PrintStream out,
      @Nullable SlotStory story) {
    this.options = options;
    random = new SimRandom(options.seed());
    faults = new Faults(Setup.faults(options, random));
    coverage = new Coverage(options, faults);
    int n = options.nodes();
    total = n + (faults.has(Fault.MEMBERS) || faults.has(Fault.WIPE) ? SPARES : 0);
    trace = new Trace(clock, total, out, story);
    violations = new Violations(clock, trace);
    watch = new FrameWatch(violations, clock, total);
    outcomes = new Outcomes(violations, watch, trace, clock, total);
    differing = new Differing(violations, faults, n);
    history = new History(violations, total);
    network = new SimNetwork(clock, trace, random.fork(), faults, total);
    coins = new Coins(options.seed(), faults, this::isSplitting);
    logTimes = new LogTimes(clock, violations);
    int slow = faults.has(Fault.SLOW_MEMBERS) ? Quorum.faults(n) : 0;
    latencies = new Latencies(slow);
    slowMembers = new SlowMembers(violations, healthyTwin ? 0 : slow);
    oldCopies = new OldCopies(this, total);
    hosting = new Hosting(this, guest);
    setup = new Setup(this, options, random);
    nodes = setup.nodes();
    clients = setup.clients();
    driver = new FaultDriver(this, random.fork());
  }

  /** Runs one simulation to its end; what happens is printed, too, if {@code out} is given. */
  public static SimReport run(SimOptions options, @Nullable PrintStream out) {
    return run(options, () -> null, out, null);
  }

  /**
   * As {@link #run(SimOptions, PrintStream)}, with a guest in every process.
   *
   * @param guests gives a new one, also for each run that this one is compared with
   */
  public static SimReport run(
      SimOptions options, @Nullable PrintStream out, Supplier<? extends Guest> guests) {
    return run(options, guests, out, null);
  }

  /** Runs it once more, for what happens to one slot. */
  static SlotStory story(SimOptions options, long slot) {
    SlotStory story = new SlotStory(slot, options.nodes() + SPARES);
    run(options, () -> null, null, story);
    return story;
  }

  private static SimReport run(
      SimOptions options,
      Supplier<? extends @Nullable Guest> guests,
      @Nullable PrintStream out,
      @Nullable SlotStory story) {
    Simulation simulation = new Simulation(options, false, guests.get(), out, story);
    if (options.faults().contains(Fault.SLOW_MEMBERS) && options.allFaults()) {
      Simulation twin = new Simulation(options, true, guests.get(), null, null);
      twin.run();
      simulation.latencies.compareWith(twin.latencies);
    }
    return simulation.run();
  }

  // ---- the run

  private SimReport run() {
    trace.begins(options.arguments() + "; logs: " + logs());
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
      trace.line("faults", () -> "end; so many struck: " + faults);
      driver.stop();
      healed = true;
      new Healing(this, nodes, clients).run();
    }
    SimReport report = report();
    trace.end();
    for (SimNode node : nodes) {
      node.crash(false);
    }
    return report;
  }

  private String logs() {
    return nodes.stream()
        .limit(options.nodes())
        .map(node -> "node " + (node.index() + 1) + " " + policy(node.storage().durability()))
        .collect(Collectors.joining(", "));
  }

  private static String policy(Durability durability) {
    return durability.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Where pace is what matters, nobody has to look elsewhere for a node that serves; a steady load
   * grows client by client.
   */
  private void start(SimClient client) {
    boolean drawn = options.distances() == Distances.DRAWN;
    if (drawn && options.load() == Load.LIGHT) {
      client.start();
    } else if (nodes.stream().limit(options.nodes()).allMatch(SimNode::isServing)) {
      clock.after(drawn ? clients.indexOf(client) * STEP : 0, client::start);
    } else {
      clock.after(10 * SimClock.MILLI, () -> start(client));
    }
  }

  /** Goes on to this time, or until a promise is broken. */
  void run(long end) {
    while (violations.first() == null && clock.step(end)) {
      // each step checks itself
    }
  }

  private SimReport report() {
    List<Served> served = nodes.stream().map(node -> node.watch().served()).toList();
    long completed = served.stream().mapToLong(Served::operations).sum();
    long ran = Math.min(clock.now(), options.seconds() * SimClock.SECOND);
    String violation = violations.first();
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
        coverage.lacks(completed, ran),
        served,
        outcomes.slots(),
        outcomes.forfeits(),
        noops,
        batches,
        fast,
        slow,
        latencies.longest(),
        phases,
        coverage.wanted(),
        coverage.tried(),
        coverage.snapshots(),
        installs,
        network.frames(),
        faults.drawn(),
        faults.fired(),
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

  Coverage coverage() {
    return coverage;
  }

  FrameWatch watch() {
    return watch;
  }

  Outcomes outcomes() {
    return outcomes;
  }

  Differing differing() {
    return differing;
  }

  Coins coins() {
    return coins;
  }

  OldCopies oldCopies() {
    return oldCopies;
  }

  LogTimes logTimes() {
    return logTimes;
  }

  Latencies latencies() {
    return latencies;
  }

  SlowMembers slowMembers() {
    return slowMembers;
  }

  Hosting hosting() {
    return hosting;
  }

  SimNode node(int index) {
    return nodes.get(index);
  }

  Setup setup() {
    return setup;
  }

  /** A machine that nobody needs, or null. */
  @Nullable SimNode freeMachine() {
    return nodes.stream().filter(node -> node.isOut() && !node.isAlive()).findFirst().orElse(null);
  }

  /** Is anybody of this id in the newest configuration that anybody who is up knows? */
  boolean isMember(NodeId id) {
    return newestView().map(view -> view.has(id)).orElse(true);
  }

  /** Of those that anybody who is up knows. */
  private Optional<ClusterView> newestView() {
    return nodes.stream()
        .map(SimNode::view)
        .filter(view -> view.epoch() >= 0)
        .max(Comparator.comparingLong(ClusterView::epoch));
  }

  /** The machine on which the votes of this member are, if it serves and is not to be away. */
  @Nullable SimNode voter(NodeId id) {
    return nodes.stream()
        .filter(node -> node.nodeId().equals(id) && node.isServing())
        .filter(node -> !node.isGhost() && !node.isAbsent())
        .findFirst()
        .orElse(null);
  }

  /** Members whose machines may lose power now. */
  List<SimNode> rebootable() {
    return setup.rebootable().stream().filter(node -> !node.isLost()).toList();
  }

  /** May one more be away, for good or until everything else has healed? */
  boolean mayLeave() {
    long gone =
        nodes.stream().filter(node -> node.isLost() || node.isDoomed() || node.isAbsent()).count();
    return isFormed() && gone < Quorum.faults(fewestMembers());
  }

  /** As many as there were at first, or fewer when some have been removed. */
  private int fewestMembers() {
    return Math.min(
        options.nodes(), newestView().map(view -> view.members().size()).orElse(options.nodes()));
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
  void installed(int index) {
    if (faults.has(Fault.AWAY)) {
      faults.fired(Fault.AWAY);
    }
    installs++;
    Member member = node(index).member();
    if (member != null && !node(index).isLost()) {
      watch.requireKept(index, member.replica());
    }
  }

  private boolean isSplitting() {
    return driver.splitting().isActive();
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

  int size() {
    return total;
  }

  /** Bytes of a command at most beside its operation. */
  int padding() {
    return setup.padding();
  }

  /** The operating system of a node that died tells its clients. */
  void disconnected(int node) {
    clients.forEach(client -> client.disconnected(node));
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
}
