package io.rabia.testing;

import io.rabia.core.NodeId;
import io.rabia.core.ReadConsistency;
import io.rabia.testing.ExpectedOutcome.AllCommitted;
import io.rabia.testing.ExpectedOutcome.EventualConsistency;
import io.rabia.testing.ExpectedOutcome.NoProgress;
import io.rabia.testing.ExpectedOutcome.PartialCommitment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A cluster under load, faults, and what must come of it. Immutable. Whatever is expected, in the
 * end all nodes must be there and hold the same, every committed command once.
 */
public final class TestScenario {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * What happened.
   *
   * @param tried commands that clients wanted
   * @param committed commands that were answered
   * @param unknown commands without an answer
   * @param statistics of the network
   */
  public record Result(
      String name, int tried, int committed, int unknown, NetworkSimulator.Statistics statistics) {}

  private final String name;
  private final int nodes;
  private final int clients;
  private final int commands;
  private final boolean failOver;
  private final NetworkConditions conditions;
  private final FaultPlan faults;
  private final ExpectedOutcome expected;

  private TestScenario(Builder builder) {
    name = builder.name;
    nodes = builder.nodes;
    clients = builder.clients;
    commands = builder.commands;
    failOver = builder.failOver;
    conditions = builder.conditions;
    faults = new FaultPlan(builder.faults);
    expected = builder.expected;
    if (faults.entries().isEmpty()
        && (expected instanceof NoProgress || expected instanceof PartialCommitment)) {
      throw new IllegalArgumentException(expected + " is about the time of a fault");
    }
  }

  public static Builder builder(String name) {
    return new Builder(name);
  }

  public String name() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }

  // ---- running

  /**
   * Runs it; takes about as long as its faults, and at most a minute more.
   *
   * @throws AssertionError when it came to something else
   */
  public Result run() {
    return run(TestCluster.builder());
  }

  /**
   * @param settings of what a scenario leaves open
   */
  Result run(TestCluster.Builder settings) {
    try (TestCluster cluster = settings.nodes(nodes).stateMachine(Ledger::new).start()) {
      return new Run(cluster).run();
    } catch (AssertionError e) {
      throw new AssertionError("scenario " + name + ": " + e.getMessage(), e);
    }
  }

  private final class Run {
    private final TestCluster cluster;
    private final AtomicLong numbers = new AtomicLong();
    private final Set<Long> committed = ConcurrentHashMap.newKeySet();
    private final Clients load;

    Run(TestCluster cluster) {
      this.cluster = cluster;
      load = new Clients(commands, PATIENCE.toNanos());
    }

    Result run() {
      cluster.simulator().updateConditions(conditions);
      load.start(
          cluster,
          clients,
          failOver,
          1,
          (client, connection, random, patience) -> {
            long number = numbers.incrementAndGet();
            boolean answered = connection.submit(Ledger.command(number), patience) != null;
            return answered && committed.add(number);
          });
      List<InjectedFault> injected = faults.carryOut(cluster.simulator());
      if (expected instanceof NoProgress noProgress) {
        requireNoProgress(noProgress, injected);
      }
      injected.forEach(InjectedFault::awaitEnd);
      long ended = System.nanoTime();
      int triedDuring = load.asked();
      int committedDuring = load.answered();
      load.stop();
      cluster.requireNoneDied();
      FaultPlan.requireFired(injected);
      requireCommitments(triedDuring, committedDuring);
      cluster.simulator().heal();
      requireSame();
      requireSoon(Duration.ofNanos(System.nanoTime() - ended));
      return new Result(
          name,
          load.asked(),
          load.answered(),
          load.asked() - load.answered(),
          cluster.simulator().statistics());
    }

    private void requireNoProgress(NoProgress noProgress, List<InjectedFault> injected) {
      Await.holds(noProgress.grace(), () -> false);
      int before = load.answered();
      Await.until(
          "a fault ends",
          PATIENCE,
          () -> {
            int now = load.answered();
            boolean over = injected.stream().anyMatch(InjectedFault::isOver);
            if (now > before && !over) {
              throw new AssertionError(now - before + " commands were committed in spite of it");
            }
            return over;
          },
          cluster::describe);
    }

    private void requireCommitments(int triedDuring, int committedDuring) {
      if (expected instanceof AllCommitted && load.answered() < load.asked()) {
        throw new AssertionError(
            load.answered() + " of " + load.asked() + " commands were committed");
      }
      if (expected instanceof PartialCommitment partial) {
        double share = (double) committedDuring / triedDuring;
        if (share < partial.leastShare() || committedDuring >= triedDuring - clients) {
          throw new AssertionError(
              committedDuring + " of " + triedDuring + " commands were committed meanwhile");
        }
      }
    }

    private void requireSame() {
      cluster.awaitServing();
      cluster.awaitEqual();
      for (NodeId node : cluster.nodes()) {
        List<Long> executed = executed(node);
        Set<Long> once = new HashSet<>(executed);
        if (once.size() < executed.size()) {
          throw new AssertionError("node " + node + " executed a command twice");
        }
        if (!once.containsAll(committed)) {
          Set<Long> lost = new HashSet<>(committed);
          lost.removeAll(once);
          throw new AssertionError("node " + node + " lost the commands " + lost);
        }
      }
    }

    private void requireSoon(Duration took) {
      if (expected instanceof EventualConsistency eventual
          && took.compareTo(eventual.within()) > 0) {
        throw new AssertionError(
            "all nodes held the same only "
                + took.toMillis()
                + " ms after the faults, not within "
                + eventual.within().toMillis());
      }
    }

    private List<Long> executed(NodeId node) {
      return Ledger.decode(
          cluster.engine(node).read(new byte[0], ReadConsistency.LOCAL, PATIENCE).join());
    }
  }

  // ---- the built-in ones

  private static final NodeId ONE = NodeId.of(1);
  private static final NodeId TWO = NodeId.of(2);
  private static final NodeId THREE = NodeId.of(3);

  /** Nothing goes wrong. */
  public static TestScenario basic() {
    return builder("basic").commands(500).build();
  }

  /** One of three nodes crashes and comes back. */
  public static TestScenario singleFailure() {
    return builder("single failure")
        .fault(ms(200), new FaultType.NodeCrash(THREE, ms(1200)))
        .build();
  }

  /** One of three nodes is cut off, with clients that know no other. */
  public static TestScenario partition() {
    return builder("partition")
        .failOver(false)
        .fault(ms(200), new FaultType.NetworkPartition(Set.of(ONE), Set.of(TWO, THREE), ms(1500)))
        .expect(new PartialCommitment(0.2))
        .build();
  }

  /** Three of ten frames vanish. */
  public static TestScenario packetLoss() {
    return builder("30 % loss")
        .commands(100)
        .fault(Duration.ZERO, new FaultType.PacketLoss(0.3, ms(1500)))
        .build();
  }

  /** Every frame takes 100 to 500 ms. */
  public static TestScenario highLatency() {
    return builder("100-500 ms latency")
        .clients(12)
        .commands(12)
        .conditions(NetworkConditions.builder().latency(ms(100), ms(500)).build())
        .build();
  }

  /** Of five nodes one after the other crashes, until no quorum is left; then they come back. */
  public static TestScenario cascadingFailures() {
    return builder("cascading failures")
        .nodes(5)
        .fault(ms(200), new FaultType.NodeCrash(ONE, ms(1800)))
        .fault(ms(500), new FaultType.NodeCrash(TWO, ms(1500)))
        .fault(ms(800), new FaultType.NodeCrash(THREE, ms(1200)))
        .expect(new EventualConsistency())
        .build();
  }

  /** All of these. */
  public static List<TestScenario> builtIn() {
    return List.of(
        basic(), singleFailure(), partition(), packetLoss(), highLatency(), cascadingFailures());
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }

  /** Collects a {@link TestScenario}; not thread-safe. */
  public static final class Builder {
    private final String name;
    private final List<FaultPlan.Entry> faults = new ArrayList<>();
    private int nodes = 3;
    private int clients = 6;
    private int commands = 300;
    private boolean failOver = true;
    private NetworkConditions conditions = NetworkConditions.perfect();
    private ExpectedOutcome expected = new AllCommitted();

    private Builder(String name) {
      this.name = name;
    }

    /** Default 3. */
    public Builder nodes(int nodes) {
      this.nodes = nodes;
      return this;
    }

    /** Spread over the nodes. Default 6. */
    public Builder clients(int clients) {
      this.clients = clients;
      return this;
    }

    /** How many are tried at least; the clients go on until the faults have ended. Default 300. */
    public Builder commands(int commands) {
      this.commands = commands;
      return this;
    }

    /** Whether a client without an answer asks another node. Default true. */
    public Builder failOver(boolean failOver) {
      this.failOver = failOver;
      return this;
    }

    /** Until the faults have ended and everything is answered. Default perfect. */
    public Builder conditions(NetworkConditions conditions) {
      this.conditions = conditions;
      return this;
    }

    /**
     * @param after so much time of load
     */
    public Builder fault(Duration after, FaultType fault) {
      faults.add(new FaultPlan.Entry(after, fault));
      return this;
    }

    /** Default {@link AllCommitted}. */
    public Builder expect(ExpectedOutcome expected) {
      this.expected = expected;
      return this;
    }

    public TestScenario build() {
      return new TestScenario(this);
    }
  }
}
