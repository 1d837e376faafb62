package io.rabia.testing;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.persistence.Durability;
import io.rabia.core.statemachine.InMemoryStateMachine;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.engine.EngineState;
import io.rabia.engine.EngineStatus;
import io.rabia.engine.Initial;
import io.rabia.engine.RabiaConfig;
import io.rabia.engine.RabiaEngine;
import io.rabia.network.InMemoryNetwork;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of real engines in this process, each with its threads, on a network and on disks that
 * can fail. Nodes have the ids 1, 2, ... All methods may be called from any thread; those that wait
 * throw {@link AssertionError} after half a minute. What happens when is up to threads and time:
 * the same seed draws the same faults, and no more. A run that is the same each time is what {@code
 * rabia-sim.jar} is for.
 */
public final class TestCluster implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration ANSWER = Duration.ofSeconds(1);

  private final Map<NodeId, TestNode> nodes = new TreeMap<>();
  private final NetworkSimulator simulator;

  private TestCluster(Builder builder) {
    ClusterConfig.Builder cluster = ClusterConfig.builder().name("test");
    for (int id = 1; id <= builder.nodes; id++) {
      cluster.member(NodeId.of(id), "memory", id);
    }
    TestNode.Parts parts =
        new TestNode.Parts(
            cluster.build(),
            builder.config,
            builder.stateMachine,
            builder.durability,
            builder.seed);
    simulator = new NetworkSimulator(this::node, InMemoryNetwork.DEFAULT_QUEUE_BYTES, builder.seed);
    for (ClusterConfig.Member member : parts.cluster().members()) {
      nodes.put(member.id(), new TestNode(member.id(), parts, simulator));
    }
    simulator.start(nodes());
  }

  public static Builder builder() {
    return new Builder();
  }

  // ---- its parts

  /** In the order of their ids. */
  public List<NodeId> nodes() {
    return List.copyOf(nodes.keySet());
  }

  /** The network between the nodes, and faults. */
  public NetworkSimulator simulator() {
    return simulator;
  }

  private TestNode node(NodeId id) {
    TestNode node = nodes.get(id);
    if (node == null) {
      throw new IllegalArgumentException("no node " + id);
    }
    return node;
  }

  /**
   * The node's engine in this life; another one after a restart.
   *
   * @throws IllegalStateException when the node is down
   */
  public RabiaEngine engine(NodeId id) {
    return node(id).engine();
  }

  /** A node that was started and has not stopped, be it by itself. */
  public boolean isRunning(NodeId id) {
    return node(id).isRunning();
  }

  /** Why the node stopped by itself, or could not be started again; empty when neither was so. */
  public Optional<RuntimeException> failure(NodeId id) {
    return node(id).failure();
  }

  // ---- what can be done to it

  /**
   * Starts a node that is down, on what its disk holds. One that finds nothing there comes back
   * with a vote, under another token, as long as a majority of the others is left.
   *
   * @throws io.rabia.core.RabiaException when it cannot be started
   */
  public void start(NodeId id) {
    node(id).start();
  }

  /** As {@link #start(NodeId)}, with a meaning of an empty disk that may be wrong. */
  void start(NodeId id, Initial initial) {
    node(id).start(initial);
  }

  /** The process dies: nothing in memory is left, everything that was written is. */
  public void kill(NodeId id) {
    node(id).kill(() -> {});
  }

  /** The machine loses power: what was forced to disk is left. */
  public void powerOff(NodeId id) {
    TestNode node = node(id);
    node.kill(node.disk()::powerLost);
  }

  /** The machine is lost: an empty disk is left. */
  public void destroy(NodeId id) {
    TestNode node = node(id);
    node.kill(node.disk()::wipe);
  }

  /** Stops a node in order and starts it again. */
  public void restart(NodeId id) {
    TestNode node = node(id);
    node.stop();
    node.start();
  }

  /** Breaks the connection between two nodes and lets them make none. */
  public void cut(NodeId a, NodeId b) {
    simulator.cuts().add(a, b);
  }

  /** Undoes one {@link #cut}. */
  public void heal(NodeId a, NodeId b) {
    simulator.cuts().remove(a, b);
  }

  /** Cuts a node off from all others. */
  public void isolate(NodeId id) {
    nodes.keySet().stream().filter(other -> !other.equals(id)).forEach(other -> cut(id, other));
  }

  /** Undoes {@link #isolate}. */
  public void rejoin(NodeId id) {
    nodes.keySet().stream().filter(other -> !other.equals(id)).forEach(other -> heal(id, other));
  }

  /** The node's process stands still, with its connections, when this returns. */
  public void pause(NodeId id) {
    node(id).pause();
  }

  public void resume(NodeId id) {
    node(id).resume();
  }

  // ---- what can be waited for

  List<NodeId> running() {
    return nodes().stream().filter(this::isRunning).toList();
  }

  /** Null for one that is down, or paused and does not tell. */
  private @Nullable EngineStatus status(NodeId id) {
    try {
      return engine(id).status().get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (IllegalStateException | ExecutionException | TimeoutException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  /**
   * Waits until all nodes serve and are connected to each other, unless they are cut; those that
   * were taken down are left out.
   *
   * @throws AssertionError at once when a node has stopped by itself, or could not be started again
   */
  public void awaitServing() {
    requireNoneDied();
    awaitServing(running());
  }

  /**
   * Waits until these nodes serve and are connected to each other, unless they are cut.
   *
   * @throws AssertionError at once when one has stopped by itself, or could not be started again
   */
  public void awaitServing(Collection<NodeId> ids) {
    Await.until(
        "nodes " + ids + " serve",
        PATIENCE,
        () -> {
          requireNoneDied(ids);
          return ids.stream().allMatch(id -> serves(id, ids));
        },
        this::describe);
  }

  /** But for those that a fault has stopped which is not over: it will start them again. */
  void requireNoneDied() {
    requireNoneDied(nodes());
  }

  private void requireNoneDied(Collection<NodeId> ids) {
    for (NodeId id : ids) {
      node(id)
          .death()
          .ifPresent(
              why -> {
                throw new AssertionError("node " + id + " died: " + why + "; " + describe(), why);
              });
    }
  }

  private boolean serves(NodeId id, Collection<NodeId> ids) {
    EngineStatus status = status(id);
    long reachable = ids.stream().filter(other -> !simulator.cuts().isCut(id, other)).count();
    return status != null
        && status.state() == EngineState.SERVING
        && status.connected() >= reachable;
  }

  /**
   * Waits until all nodes have applied as much and hold the same; those that were taken down are
   * left out.
   *
   * @throws AssertionError at once when two nodes that applied as much hold different things, or
   *     one has stopped by itself, or could not be started again
   */
  public void awaitEqual() {
    Await.until("all nodes hold the same", PATIENCE, this::equal, this::describe);
  }

  private boolean equal() {
    requireNoneDied();
    Map<Long, EngineStatus> bySlot = new TreeMap<>();
    for (NodeId id : running()) {
      EngineStatus status = status(id);
      if (status == null) {
        return false;
      }
      EngineStatus other = bySlot.putIfAbsent(status.applied(), status);
      if (other != null && other.applied() > 0 && other.hash() != status.hash()) {
        throw new AssertionError(
            "nodes "
                + other.id()
                + " and "
                + id
                + " differ after slot "
                + (status.applied() - 1)
                + "; "
                + describe());
      }
    }
    return bySlot.size() == 1;
  }

  /** A line for people: what each node is doing. */
  public String describe() {
    StringBuilder text = new StringBuilder();
    for (NodeId id : nodes()) {
      text.append("node ").append(id);
      EngineStatus status = status(id);
      if (status != null) {
        text.append(" is ").append(status.state()).append(' ').append(status.reason());
        text.append(" applied=").append(status.applied());
        text.append(String.format(Locale.ROOT, " hash=%016x", status.hash()));
        text.append(" pending=").append(status.pending());
        text.append(" connected=").append(status.connected());
      } else {
        text.append(isRunning(id) ? " is silent" : " is down");
        failure(id).ifPresent(why -> text.append(": ").append(why.getMessage()));
      }
      text.append("; ");
    }
    return text.toString();
  }

  /** Ends all faults and stops all nodes. */
  @Override
  public void close() {
    simulator.close();
    nodes.values().parallelStream().forEach(TestNode::close);
  }

  /** Collects a {@link TestCluster}; not thread-safe. */
  public static final class Builder {
    private int nodes = 3;
    private Supplier<? extends StateMachine> stateMachine = InMemoryStateMachine::new;
    private Durability durability = Durability.FSYNC;
    private Consumer<RabiaConfig.Builder> config = defaults -> {};
    private long seed = 1;

    private Builder() {}

    /** Default 3. */
    public Builder nodes(int nodes) {
      this.nodes = nodes;
      return this;
    }

    /** Called for each life of each node. Default {@link InMemoryStateMachine}. */
    public Builder stateMachine(Supplier<? extends StateMachine> stateMachine) {
      this.stateMachine = stateMachine;
      return this;
    }

    /** What the nodes' logs keep. Default FSYNC, on disks in memory. */
    public Builder durability(Durability durability) {
      this.durability = durability;
      return this;
    }

    /**
     * Changes the settings of every node, which are {@link RabiaConfig#defaults}. Called for each
     * life of each node; what an empty log means is set by the cluster.
     */
    public Builder config(Consumer<RabiaConfig.Builder> changes) {
      this.config = changes;
      return this;
    }

    /** Draws the network's faults. Default 1. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /** Starts all nodes and waits until they serve. */
    public TestCluster start() {
      TestCluster cluster = new TestCluster(this);
      try {
        cluster.nodes().forEach(cluster::start);
        cluster.awaitServing();
        return cluster;
      } catch (RuntimeException | Error e) {
        cluster.close();
        throw e;
      }
    }
  }
}
