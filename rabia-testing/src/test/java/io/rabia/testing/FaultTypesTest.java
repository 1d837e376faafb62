package io.rabia.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.ReadConsistency;
import io.rabia.core.statemachine.InMemoryStateMachine;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.engine.EngineState;
import io.rabia.testing.FaultType.BitFlip;
import io.rabia.testing.FaultType.ClockSkew;
import io.rabia.testing.FaultType.DiskFull;
import io.rabia.testing.FaultType.FsyncFailure;
import io.rabia.testing.FaultType.HighLatency;
import io.rabia.testing.FaultType.MessageReordering;
import io.rabia.testing.FaultType.NetworkPartition;
import io.rabia.testing.FaultType.NodeCrash;
import io.rabia.testing.FaultType.NodeRestart;
import io.rabia.testing.FaultType.PacketLoss;
import io.rabia.testing.FaultType.Pause;
import io.rabia.testing.FaultType.SlowNode;
import io.rabia.testing.FaultType.TornWrite;
import io.rabia.testing.NetworkSimulator.Statistics;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Each type of fault does to a cluster what it says, and ends by itself. */
@Tag("fault-injection")
class FaultTypesTest {
  private static final NodeId A = NodeId.of(1);
  private static final NodeId B = NodeId.of(2);
  private static final NodeId C = NodeId.of(3);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(20);

  private final ConcurrentLinkedQueue<Long> logTimes = new ConcurrentLinkedQueue<>();

  private interface Check {
    void on(TestCluster cluster);
  }

  @TestFactory
  Stream<DynamicTest> everyTypeHasAnEffect() {
    Map<Class<?>, Check> checks = new HashMap<>();
    checks.put(NodeCrash.class, this::aCrashedNodeIsDownAndComesBack);
    checks.put(NodeRestart.class, this::aRestartedNodeIsDownAndComesBack);
    checks.put(NetworkPartition.class, this::aPartitionStopsTheMinority);
    checks.put(PacketLoss.class, this::framesAreLostAndCommandsAreNot);
    checks.put(HighLatency.class, this::commandsTakeTheTimeOfTwoDelays);
    checks.put(MessageReordering.class, this::framesOvertakeEachOther);
    checks.put(SlowNode.class, this::aSlowNodeAnswersSlowly);
    checks.put(Pause.class, this::aPausedNodeAnswersAfterwards);
    checks.put(ClockSkew.class, this::logTimeFollowsTheFastestClock);
    checks.put(TornWrite.class, this::halfAWriteIsCutOffAtTheRestart);
    checks.put(BitFlip.class, this::aFlippedBitIsNoticed);
    checks.put(DiskFull.class, this::aFullDiskMakesTheNodeRefuseUntilThereIsRoom);
    checks.put(FsyncFailure.class, this::aFailedForceStopsTheNode);
    List<Class<?>> types = List.of(FaultType.class.getPermittedSubclasses());
    assertThat(checks.keySet()).containsExactlyInAnyOrderElementsOf(types);
    return types.stream()
        .map(type -> DynamicTest.dynamicTest(type.getSimpleName(), () -> run(checks.get(type))));
  }

  private void run(Check check) {
    try (TestCluster cluster =
        TestCluster.builder().stateMachine(() -> new Timed(logTimes)).start()) {
      set(cluster, A, "before");
      check.on(cluster);
      cluster.simulator().heal();
      List<NodeId> running =
          cluster.nodes().stream()
              .filter(cluster::isRunning)
              .filter(node -> state(cluster, node) != EngineState.DEGRADED)
              .toList();
      assertThat(running).hasSizeGreaterThanOrEqualTo(2);
      cluster.awaitServing(running);
      set(cluster, B, "after");
      cluster.awaitEqual();
      running.forEach(node -> assertThat(get(cluster, node, "before")).isEqualTo("x"));
    }
  }

  /** Notes the log times that its commands carry. */
  private static final class Timed implements StateMachine {
    private final InMemoryStateMachine machine = new InMemoryStateMachine();
    private final ConcurrentLinkedQueue<Long> logTimes;

    Timed(ConcurrentLinkedQueue<Long> logTimes) {
      this.logTimes = logTimes;
    }

    @Override
    public byte[] apply(long slot, long logTime, ByteBuffer command) {
      logTimes.add(logTime);
      return machine.apply(slot, logTime, command);
    }

    @Override
    public byte[] query(ByteBuffer query) {
      return machine.query(query);
    }

    @Override
    public void snapshot(OutputStream target) throws IOException {
      machine.snapshot(target);
    }

    @Override
    public void restore(InputStream source) throws IOException {
      machine.restore(source);
    }

    @Override
    public long stateHash() {
      return machine.stateHash();
    }
  }

  private static CompletableFuture<byte[]> submit(TestCluster cluster, NodeId node, String key) {
    return cluster.engine(node).submit(Command.of("SET " + key + " x"), LONG);
  }

  private static void set(TestCluster cluster, NodeId node, String key) {
    assertThat(submit(cluster, node, key).join()).asString(UTF_8).isEqualTo("OK");
  }

  private static String get(TestCluster cluster, NodeId node, String key) {
    byte[] query = ("GET " + key).getBytes(UTF_8);
    return new String(
        cluster.engine(node).read(query, ReadConsistency.LINEARIZABLE, LONG).join(), UTF_8);
  }

  private static long epoch(TestCluster cluster, NodeId node) {
    return cluster.engine(node).view(LONG).join().epoch();
  }

  private static EngineState state(TestCluster cluster, NodeId node) {
    return cluster.engine(node).lastStatus().state();
  }

  private static void over(InjectedFault fault) {
    fault.awaitEnd();
    assertThat(fault.fired()).as("%s fired", fault.type()).isTrue();
  }

  private static Duration timeOf(Runnable action) {
    long start = System.nanoTime();
    action.run();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  // ---- nodes

  private void aCrashedNodeIsDownAndComesBack(TestCluster cluster) {
    InjectedFault fault = cluster.simulator().injectFault(new NodeCrash(C, SHORT));
    assertThat(cluster.isRunning(C)).isFalse();
    set(cluster, A, "meanwhile");
    over(fault);
    cluster.awaitServing(cluster.nodes());
    assertThat(get(cluster, C, "meanwhile")).isEqualTo("x");

    assertThat(epoch(cluster, C)).as("it has its votes still").isZero();

    InjectedFault lost = cluster.simulator().injectFault(new NodeCrash(C, SHORT, true));
    set(cluster, A, "meanwhile2");
    over(lost);
    cluster.awaitServing(cluster.nodes());
    assertThat(epoch(cluster, C)).as("it has them under another token").isPositive();
    assertThat(get(cluster, C, "meanwhile2")).isEqualTo("x");
  }

  private void aRestartedNodeIsDownAndComesBack(TestCluster cluster) {
    InjectedFault fault = cluster.simulator().injectFault(new NodeRestart(C, SHORT));
    assertThat(cluster.isRunning(C)).isFalse();
    set(cluster, A, "meanwhile");
    over(fault);
    cluster.awaitServing(cluster.nodes());
    assertThat(get(cluster, C, "meanwhile")).isEqualTo("x");
  }

  private void aSlowNodeAnswersSlowly(TestCluster cluster) {
    Duration delay = Duration.ofMillis(100);
    InjectedFault fault = cluster.simulator().injectFault(new SlowNode(A, delay, LONG));
    assertThat(timeOf(() -> set(cluster, A, "slow"))).isGreaterThanOrEqualTo(delay);
    fault.end();
    over(fault);
  }

  private void aPausedNodeAnswersAfterwards(TestCluster cluster) {
    InjectedFault fault = cluster.simulator().injectFault(new Pause(A, SHORT));
    set(cluster, B, "others-go-on");
    await().until(fault::fired);
    CompletableFuture<byte[]> waiting = submit(cluster, A, "paused");
    assertThat(timeOf(waiting::join)).isBetween(Duration.ofMillis(20), LONG);
    over(fault);
  }

  private void logTimeFollowsTheFastestClock(TestCluster cluster) {
    long before = lastLogTime();
    InjectedFault fault =
        cluster.simulator().injectFault(new ClockSkew(C, Duration.ofHours(1), 2, SHORT));
    set(cluster, C, "by-the-fast-clock");
    set(cluster, A, "by-a-right-one");
    assertThat(lastLogTime() - before).isGreaterThan(Duration.ofHours(1).toNanos());
    over(fault);

    long calm = lastLogTime();
    InjectedFault fast = cluster.simulator().injectFault(new ClockSkew(C, Duration.ZERO, 10, LONG));
    Duration took =
        timeOf(
            () -> {
              while (lastLogTime() - calm < Duration.ofSeconds(4).toNanos()) {
                set(cluster, C, "by-a-clock-ten-times-as-fast");
              }
            });
    assertThat(took).isBetween(Duration.ofMillis(200), Duration.ofSeconds(3));
    fast.end();
    over(fast);
  }

  private long lastLogTime() {
    return logTimes.stream().mapToLong(Long::longValue).max().orElseThrow();
  }

  // ---- network

  private void aPartitionStopsTheMinority(TestCluster cluster) {
    NetworkSimulator simulator = cluster.simulator();
    InjectedFault alone =
        simulator.injectFault(new NetworkPartition(Set.of(C), Set.of(A, B), LONG));
    await().until(() -> state(cluster, C) == EngineState.RECOVERING);
    set(cluster, A, "majority");
    assertThat(submit(cluster, C, "minority").handle((result, failure) -> failure).join())
        .isInstanceOf(RabiaException.NoQuorum.class);
    alone.end();
    over(alone);
    cluster.awaitServing(cluster.nodes());

    InjectedFault partial = simulator.injectFault(new NetworkPartition(Set.of(A), Set.of(C), LONG));
    set(cluster, A, "by-the-bridge");
    assertThat(get(cluster, C, "by-the-bridge")).isEqualTo("x");
    partial.end();

    InjectedFault oneWay =
        simulator.injectFault(new NetworkPartition(Set.of(A), Set.of(B, C), true, LONG));
    CompletableFuture<byte[]> unheard = submit(cluster, A, "unheard");
    await().until(oneWay::fired);
    set(cluster, B, "heard");
    assertThat(unheard).isNotDone();
    oneWay.end();
    over(oneWay);
    assertThat(unheard.join()).asString(UTF_8).isEqualTo("OK");
  }

  private void framesAreLostAndCommandsAreNot(TestCluster cluster) {
    InjectedFault fault = cluster.simulator().injectFault(new PacketLoss(0.3, LONG));
    assertThat(share(cluster, Statistics::lost)).isBetween(0.2, 0.4);
    fault.end();
    over(fault);
    assertThat(cluster.simulator().inForce()).isEqualTo(NetworkConditions.perfect());
  }

  /** Of some hundred frames. */
  private static double share(TestCluster cluster, ToLongFunction<Statistics> struck) {
    Statistics before = cluster.simulator().statistics();
    Statistics now = before;
    for (int i = 0; now.carried() - before.carried() < 500; i++) {
      set(cluster, cluster.nodes().get(i % 3), "key" + i);
      now = cluster.simulator().statistics();
    }
    return (double) (struck.applyAsLong(now) - struck.applyAsLong(before))
        / (now.carried() - before.carried());
  }

  private void commandsTakeTheTimeOfTwoDelays(TestCluster cluster) {
    Duration delay = Duration.ofMillis(60);
    InjectedFault fault = cluster.simulator().injectFault(new HighLatency(delay, delay, LONG));
    assertThat(timeOf(() -> set(cluster, A, "far"))).isGreaterThanOrEqualTo(delay.multipliedBy(2));
    fault.end();
    over(fault);

    InjectedFault mixed =
        cluster.simulator().injectFault(new HighLatency(Duration.ZERO, delay, LONG));
    List<Duration> times =
        Stream.generate(() -> timeOf(() -> set(cluster, A, "near-or-far"))).limit(8).toList();
    Duration all = times.stream().reduce(Duration.ZERO, Duration::plus);
    assertThat(all).as("some are late").isGreaterThan(delay);
    assertThat(Collections.min(times)).as("not all are").isLessThan(delay.multipliedBy(2));
    mixed.end();
    over(mixed);
  }

  private void framesOvertakeEachOther(TestCluster cluster) {
    InjectedFault fault = cluster.simulator().injectFault(new MessageReordering(0.5, LONG));
    assertThat(share(cluster, Statistics::reordered)).isBetween(0.4, 0.6);
    fault.end();
    over(fault);
  }

  // ---- disks

  private static void awaitStopped(TestCluster cluster, NodeId node) {
    await().until(() -> !cluster.isRunning(node));
    assertThat(cluster.failure(node)).get().isInstanceOf(RabiaException.Storage.class);
  }

  private void halfAWriteIsCutOffAtTheRestart(TestCluster cluster) {
    InjectedFault fault = cluster.simulator().injectFault(new TornWrite(C, SHORT));
    set(cluster, A, "torn");
    awaitStopped(cluster, C);
    assertThat(cluster.failure(C)).get().asString().contains("in the middle of a write");
    over(fault);
    cluster.awaitServing(cluster.nodes());
    assertThat(get(cluster, C, "torn")).isEqualTo("x");
  }

  private void aFlippedBitIsNoticed(TestCluster cluster) {
    for (int i = 0; i < 50; i++) {
      set(cluster, A, "log" + i);
    }
    InjectedFault fault = cluster.simulator().injectFault(new BitFlip(C, SHORT));
    over(fault);
    await().until(() -> state(cluster, C) == EngineState.DEGRADED);
    assertThat(cluster.engine(C).status().join().reason()).contains(".rlog_at_offset_");
    set(cluster, A, "after");
    cluster.awaitServing(cluster.nodes());
    assertThat(epoch(cluster, C)).as("it has another token").isPositive();
  }

  private void aFullDiskMakesTheNodeRefuseUntilThereIsRoom(TestCluster cluster) {
    InjectedFault fault = cluster.simulator().injectFault(new DiskFull(C, LONG));
    set(cluster, A, "full");
    await().until(() -> state(cluster, C) == EngineState.DEGRADED);
    assertThatThrownBy(() -> cluster.engine(C).submit(Command.of("SET refused x")).join())
        .hasCauseInstanceOf(RabiaException.Unavailable.class);
    set(cluster, A, "still-full");
    assertThat(get(cluster, C, "still-full")).isEqualTo("x");
    fault.end();
    over(fault);
    cluster.awaitServing(cluster.nodes());
    assertThat(cluster.failure(C)).as("it did not stop").isEmpty();
    assertThat(get(cluster, C, "still-full")).isEqualTo("x");
  }

  private void aFailedForceStopsTheNode(TestCluster cluster) {
    InjectedFault fault = cluster.simulator().injectFault(new FsyncFailure(C, SHORT));
    set(cluster, A, "unforced");
    awaitStopped(cluster, C);
    assertThat(cluster.failure(C)).get().asString().contains("Input/output error");
    over(fault);
    cluster.awaitServing(cluster.nodes());
    assertThat(get(cluster, C, "unforced")).isEqualTo("x");
  }
}
