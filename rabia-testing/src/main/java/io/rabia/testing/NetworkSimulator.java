package io.rabia.testing;

import io.rabia.core.NodeId;
import io.rabia.core.transport.Transport;
import io.rabia.network.InMemoryNetwork;
import io.rabia.testing.FaultType.HighLatency;
import io.rabia.testing.FaultType.MessageReordering;
import io.rabia.testing.FaultType.NetworkPartition;
import io.rabia.testing.FaultType.PacketLoss;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The network of a {@link TestCluster}, and everything that goes wrong in the cluster: conditions
 * that hold until they are changed, and faults that end by themselves. Thread-safe.
 */
public final class NetworkSimulator {

  /**
   * What happened so far.
   *
   * @param carried frames that were sent and reached a network that was not cut
   * @param lost of those, that vanished
   * @param duplicated that arrived again
   * @param reordered that others may have overtaken
   * @param delayed that arrived later than at once
   * @param blocked that a one-way partition swallowed
   * @param partitions how often the members were split at random
   */
  public record Statistics(
      long carried,
      long lost,
      long duplicated,
      long reordered,
      long delayed,
      long blocked,
      long partitions) {}

  private record Direction(NodeId from, NodeId to) {}

  private record Split(Set<NodeId> left, Set<NodeId> right) {}

  private static final Split NONE = new Split(Set.of(), Set.of());

  private final Function<NodeId, TestNode> nodes;
  private final Random random;
  private final int queueBytes;
  private final InMemoryNetwork network;
  private final Cuts cuts;
  private final Map<Direction, Integer> blocked = new ConcurrentHashMap<>();
  private final NetworkCounters counters = new NetworkCounters();
  private final List<InjectedFault> faults = new CopyOnWriteArrayList<>();
  private final List<NetworkConditions> troubles = new ArrayList<>();
  private final ScheduledExecutorService scheduler =
      Executors.newSingleThreadScheduledExecutor(NetworkSimulator::thread);
  private NetworkConditions conditions = NetworkConditions.perfect();
  private volatile NetworkConditions inForce = conditions;
  private Split split = NONE;

  /**
   * @param queueBytes queued, or on their way, from one member to another before their connection
   *     is cut off
   */
  NetworkSimulator(Function<NodeId, TestNode> nodes, int queueBytes, long seed) {
    this.nodes = nodes;
    this.queueBytes = queueBytes;
    network = new InMemoryNetwork(queueBytes);
    cuts = new Cuts(network);
    random = new Random(seed);
  }

  /** Begins to split these members at random, when the conditions want it. */
  void start(List<NodeId> members) {
    long period = NetworkConditions.PARTITION_PERIOD.toNanos();
    scheduler.scheduleAtFixedRate(
        () -> drawPartition(members), period, period, TimeUnit.NANOSECONDS);
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "rabia-test-faults");
    thread.setDaemon(true);
    return thread;
  }

  // ---- conditions

  /** What was set last, without the faults that are on. */
  public synchronized NetworkConditions conditions() {
    return conditions;
  }

  /** Holds from now on, in addition to the faults that are on. */
  public synchronized void updateConditions(NetworkConditions conditions) {
    this.conditions = conditions;
    combine();
  }

  private void combine() {
    NetworkConditions all = conditions;
    for (NetworkConditions trouble : troubles) {
      all = all.and(trouble);
    }
    inForce = all;
  }

  private synchronized void worsen(NetworkConditions trouble) {
    troubles.add(trouble);
    combine();
  }

  private synchronized void relieve(NetworkConditions trouble) {
    troubles.remove(trouble);
    combine();
  }

  NetworkConditions inForce() {
    return inForce;
  }

  private synchronized void drawPartition(List<NodeId> members) {
    cuts.remove(split.left(), split.right());
    split = NONE;
    if (members.size() > 1 && random.nextDouble() < inForce.partitionProbability()) {
      counters.partitions.increment();
      List<NodeId> all = new ArrayList<>(members);
      Collections.shuffle(all, random);
      int size = 1 + random.nextInt(all.size() - 1);
      split =
          new Split(Set.copyOf(all.subList(0, size)), Set.copyOf(all.subList(size, all.size())));
      cuts.add(split.left(), split.right());
    }
  }

  // ---- faults

  /** Begins a fault, which ends by itself. */
  public InjectedFault injectFault(FaultType fault) {
    InjectedFault injected = begin(fault);
    faults.add(injected);
    scheduler.schedule(injected::end, fault.duration().toNanos(), TimeUnit.NANOSECONDS);
    return injected;
  }

  /** Everything that was injected, in that order. */
  public List<InjectedFault> faults() {
    return List.copyOf(faults);
  }

  /** Ends all faults and cuts, and makes conditions perfect. */
  public void heal() {
    updateConditions(NetworkConditions.perfect());
    faults.forEach(InjectedFault::end);
  }

  private InjectedFault begin(FaultType fault) {
    if (fault instanceof PacketLoss loss) {
      return trouble(
          fault,
          NetworkConditions.builder().packetLossRate(loss.rate()).build(),
          counters.lost::sum);
    }
    if (fault instanceof HighLatency latency) {
      return trouble(
          fault,
          NetworkConditions.builder().latency(latency.least(), latency.most()).build(),
          counters.delayed::sum);
    }
    if (fault instanceof MessageReordering reordering) {
      return trouble(
          fault,
          NetworkConditions.builder().reorderingRate(reordering.rate()).build(),
          counters.reordered::sum);
    }
    return fault instanceof NetworkPartition partition
        ? partition(partition)
        : NodeFaults.begin(fault, nodes, random);
  }

  private InjectedFault trouble(FaultType fault, NetworkConditions trouble, LongSupplier strikes) {
    InjectedFault injected = new InjectedFault(fault, strikes, () -> relieve(trouble));
    worsen(trouble);
    return injected;
  }

  private InjectedFault partition(NetworkPartition partition) {
    return partition.oneWay() ? oneWay(partition) : bothWays(partition);
  }

  private InjectedFault bothWays(NetworkPartition partition) {
    LongAdder strikes = new LongAdder();
    InjectedFault injected =
        new InjectedFault(
            partition, strikes::sum, () -> cuts.remove(partition.left(), partition.right()));
    cuts.add(partition.left(), partition.right());
    strikes.increment();
    return injected;
  }

  private InjectedFault oneWay(NetworkPartition partition) {
    List<Direction> directions = new ArrayList<>();
    for (NodeId from : partition.left()) {
      partition.right().forEach(to -> directions.add(new Direction(from, to)));
    }
    InjectedFault injected =
        new InjectedFault(
            partition, counters.blocked::sum, () -> directions.forEach(this::unblock));
    directions.forEach(direction -> blocked.merge(direction, 1, Integer::sum));
    return injected;
  }

  private void unblock(Direction direction) {
    blocked.computeIfPresent(direction, (d, reasons) -> reasons == 1 ? null : reasons - 1);
  }

  boolean isBlocked(NodeId from, NodeId to) {
    return !blocked.isEmpty() && blocked.containsKey(new Direction(from, to));
  }

  // ---- what the cluster is made of

  Cuts cuts() {
    return cuts;
  }

  Transport transport(NodeId id) {
    return network.transport(id);
  }

  long queueBytes() {
    return queueBytes;
  }

  NetworkCounters counters() {
    return counters;
  }

  public Statistics statistics() {
    return counters.snapshot();
  }

  void close() {
    scheduler.shutdownNow();
  }
}
