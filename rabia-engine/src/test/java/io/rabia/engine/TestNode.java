package io.rabia.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.ClusterConfig;
import io.rabia.core.Command;
import io.rabia.core.CommonCoin;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.memory.PoolConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A member of a {@link TestCluster} over all its lives. One thread. */
final class TestNode {
  static final Duration PATIENCE = Duration.ofSeconds(5);

  private final TestCluster cluster;
  private final NodeId id;
  private final ClusterConfig members;
  private RabiaConfig config;
  private final SplittableRandom random;
  private final MemoryPool pool =
      new MemoryPool(PoolConfig.builder().sizeClass(1 << 16, 8).leakDetection(true).build());
  final MemoryLog log = new MemoryLog();
  final List<String> events = new ArrayList<>();

  /** How many slots were applied when each of its snapshots was taken. */
  final List<Long> snapshots = new ArrayList<>();

  /** Which methods of the listener were called. */
  final Set<String> heard = new TreeSet<>();

  private final ArrayDeque<Runnable> aside = new ArrayDeque<>();
  private boolean holdsAside;

  Journal machine = new Journal();
  boolean listenerThrows;
  private @Nullable EngineAgent agent;
  private @Nullable WireTransport transport;
  private @Nullable RuntimeException failure;

  TestNode(TestCluster cluster, NodeId id, ClusterConfig members, RabiaConfig config) {
    this.cluster = cluster;
    this.id = id;
    this.members = members;
    this.config = config;
    random = new SplittableRandom(id.value());
  }

  private final class Events implements EngineListener {
    private void mayThrow() {
      if (listenerThrows) {
        throw new IllegalStateException("the listener's bug");
      }
    }

    @Override
    public void onStateChanged(EngineState state, String reason) {
      heard.add("onStateChanged");
      events.add(reason.isEmpty() ? state.toString() : state + " " + reason);
      mayThrow();
    }

    @Override
    public void onMemberConnected(NodeId member) {
      heard.add("onMemberConnected");
      events.add("+" + member);
      mayThrow();
    }

    @Override
    public void onMemberDisconnected(NodeId member, String reason) {
      heard.add("onMemberDisconnected");
      events.add("-" + member + " " + reason);
      mayThrow();
    }

    @Override
    public void onSlowDisk(boolean slow) {
      heard.add("onSlowDisk");
      events.add(slow ? "slow disk" : "fast disk");
      mayThrow();
    }

    @Override
    public void onMemberLate(NodeId member, boolean late) {
      heard.add("onMemberLate");
      events.add((late ? "late " : "in time ") + member);
      mayThrow();
    }

    @Override
    public void onStateDiffers(NodeId member, long slot, boolean settled) {
      heard.add("onStateDiffers");
      events.add((settled ? "wrong " : "disputed ") + member + " after " + slot);
      mayThrow();
    }

    @Override
    public void onConfigurationChanged(ClusterView view) {
      heard.add("onConfigurationChanged");
      events.add(
          "epoch "
              + view.epoch()
              + ": "
              + view.members().stream().map(m -> m.id().toString()).toList());
      mayThrow();
    }

    @Override
    public void onSnapshotTaken(long applied, long bytes) {
      heard.add("onSnapshotTaken");
      snapshots.add(applied);
      assertThat(bytes).isPositive();
      mayThrow();
    }

    @Override
    public void onSnapshotInstalled(long applied, NodeId from) {
      heard.add("onSnapshotInstalled");
      events.add("installed " + applied + " from " + from);
      mayThrow();
    }

    @Override
    public void onQuorumLost() {
      heard.add("onQuorumLost");
      events.add("quorum lost");
      mayThrow();
    }

    @Override
    public void onQuorumRegained() {
      heard.add("onQuorumRegained");
      events.add("quorum regained");
      mayThrow();
    }
  }

  /** From its next life on it is told this. */
  void configure(RabiaConfig other) {
    config = other;
  }

  private void aside(Runnable task) {
    if (holdsAside) {
      aside.add(task);
    } else {
      task.run();
    }
  }

  /** Snapshots are not written until {@link #releaseAside}. */
  void holdAside() {
    holdsAside = true;
  }

  void releaseAside() {
    holdsAside = false;
    aside.forEach(Runnable::run);
    aside.clear();
  }

  void start() {
    machine = new Journal();
    failure = null;
    WireTransport ports = new WireTransport(cluster.wires, id);
    transport = ports;
    EngineAgent born =
        new EngineAgent(
            new EngineAgent.Parts(
                id,
                members,
                config,
                machine,
                ports,
                log,
                pool,
                Runnable::run,
                this::aside,
                new Events(),
                CommonCoin::keyed),
            cluster::now,
            () -> TestCluster.WALL_CLOCK,
            random::nextLong);
    agent = born;
    guarded(born::start);
  }

  /** The process dies; the log stays as it is. */
  void kill() {
    EngineAgent dying = agent;
    if (dying != null) {
      agent = null;
      dying.close();
    }
  }

  /** In order, failing what waits. */
  void stop() {
    EngineAgent stopping = agent();
    agent = null;
    stopping.stop(EngineState.STOPPED, "closed", new RabiaException.Closed("closed"));
  }

  boolean isRunning() {
    return agent != null;
  }

  EngineAgent agent() {
    assertThat(agent).as("node %s runs", id).isNotNull();
    return agent;
  }

  Member member() {
    Member member = agent().member();
    assertThat(member).as("node %s is a member", id).isNotNull();
    return member;
  }

  WireTransport transport() {
    assertThat(transport).isNotNull();
    return transport;
  }

  MemoryPool pool() {
    return pool;
  }

  /** Why the node stopped by itself. */
  RuntimeException failure() {
    assertThat(failure).as("node %s stopped", id).isNotNull();
    return failure;
  }

  int work() {
    EngineAgent active = agent;
    if (active == null) {
      return 0;
    }
    int[] work = {0};
    guarded(() -> work[0] = active.doWork(true));
    return work[0];
  }

  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      failure = e;
      kill();
    }
  }

  // ---- requests

  Answer submit(String command) {
    return submit(Command.of(command));
  }

  Answer submit(long session, long number, long lowestUnanswered, String command) {
    return submit(
        new Command(session, number, lowestUnanswered, command.getBytes(StandardCharsets.UTF_8)));
  }

  Answer submit(Command command) {
    Answer answer = new Answer();
    assertThat(agent().submit(command, PATIENCE.toNanos(), answer)).isTrue();
    return answer;
  }

  /** The newest configuration that this node knows. */
  ClusterView view() {
    return member().view();
  }

  Answer change(ClusterView next) {
    Answer answer = new Answer();
    assertThat(agent().changeMembership(next, PATIENCE.toNanos(), answer)).isTrue();
    return answer;
  }

  Answer openSession() {
    Answer answer = new Answer();
    assertThat(agent().openSession(PATIENCE.toNanos(), answer)).isTrue();
    return answer;
  }

  Answer read(String query) {
    Answer answer = new Answer();
    byte[] bytes = query.getBytes(StandardCharsets.UTF_8);
    assertThat(agent().read(bytes, PATIENCE.toNanos(), answer)).isTrue();
    return answer;
  }

  EngineStatus status() {
    CompletableFuture<EngineStatus> future = new CompletableFuture<>();
    assertThat(agent().inbox().offer(Request.status(future))).isTrue();
    work();
    assertThat(future).as("status of node %s", id).isDone();
    return future.join();
  }

  CompletableFuture<EngineStatus> statusAt(long slot) {
    CompletableFuture<EngineStatus> future = new CompletableFuture<>();
    assertThat(agent().inbox().offer(Request.statusAt(slot, PATIENCE.toNanos(), future))).isTrue();
    return future;
  }
}
