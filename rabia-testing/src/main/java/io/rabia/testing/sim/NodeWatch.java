package io.rabia.testing.sim;

import io.rabia.core.NodeId;
import io.rabia.engine.EngineListener;
import io.rabia.engine.EngineState;
import io.rabia.engine.Member;
import io.rabia.engine.RabiaConfig;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.SlotInstance;
import java.util.Arrays;
import org.agrona.collections.LongArrayList;

/** Hears what one node does, over all its lives, and checks it. One thread. */
final class NodeWatch implements RegisterMachine.Listener, EngineListener {
  private final Simulation world;
  private final int node;
  private final LongArrayList latencies = new LongArrayList();
  private long askedAgain;
  private boolean wasMember;

  /** Slots of this life, and of all, that are applied and checked. */
  private long checked;

  private long reached;

  NodeWatch(Simulation world, int node) {
    this.world = world;
    this.node = node;
  }

  /** A process begins. */
  void begins() {
    checked = 0;
    world.history().restarted(node);
  }

  /** It was a member of the formed cluster in this life or a former one. */
  boolean wasMember() {
    return wasMember;
  }

  // ---- the state machine

  @Override
  public void applied(long slot, long logTime, long operation, int register, long previous) {
    world.history().executed(node, slot, logTime, operation, register, previous);
    world.logTimes().applied(slot, logTime);
  }

  @Override
  public void restored(long lastSlot) {
    world.trace().node(node, () -> "has a snapshot up to slot " + lastSlot);
    world.history().restored(node, lastSlot);
  }

  // ---- the engine

  @Override
  public void onStateChanged(EngineState state, String reason) {
    world.trace().node(node, () -> "is " + state + " " + reason);
  }

  @Override
  public void onSnapshotTaken(long applied, long bytes) {
    world.trace().node(node, () -> "has written a snapshot of " + applied + " slots");
    world.coverage().snapshot();
  }

  @Override
  public void onSnapshotInstalled(long applied, NodeId from) {
    world
        .trace()
        .node(node, () -> "has installed a snapshot of " + applied + " slots of node " + from);
    world.installed(node);
  }

  @Override
  public void onSlowDisk(boolean slow) {
    world.trace().node(node, () -> "takes its disk for " + (slow ? "slow" : "fast again"));
    if (slow) {
      world.slowMembers().saidSlow(node);
    }
  }

  @Override
  public void onMemberLate(NodeId member, boolean late) {
    world.trace().node(node, () -> "takes node " + member + " for " + (late ? "late" : "in time"));
    if (late) {
      world.slowMembers().toldLate(node, member.value() - 1);
    }
  }

  @Override
  public void onStateDiffers(NodeId member, long slot, boolean settled) {
    String judged = settled ? " is wrong" : " is another one than others'";
    world
        .trace()
        .node(node, () -> "hears: the state of node " + member + " after slot " + slot + judged);
    world.differing().told(node, member.value() - 1, slot, settled);
  }

  // ---- what it decided and applied

  /** After each of its steps. */
  void check(Member member, RabiaConfig config) {
    wasMember = true;
    world.logTimes().formed();
    Replica replica = member.replica();
    long applied = replica.applied();
    long end = applied + replica.pending();
    for (long slot = checked; slot < end; slot++) {
      SlotInstance instance = replica.instance(slot);
      if (instance != null
          && instance.decided()
          && (slot < applied || instance.decidedByOthers())) {
        decided(replica, instance, slot < applied);
      }
    }
    if (applied > checked) {
      applied(member, applied);
    }
    bounded(replica, config, applied);
  }

  /** Memory, as far as a replica tells what it holds. */
  private void bounded(Replica replica, RabiaConfig config, long applied) {
    if (replica.pending() > 4L * replica.widest()) {
      violated(applied, "holds " + replica.pending() + " slots");
    }
    long perOrigin = powerOfTwo(4L * replica.widest());
    if (replica.held() > perOrigin * world.watch().origins(replica.configuration())) {
      violated(applied, "holds " + replica.held() + " batches that are not applied");
    }
    long retained = powerOfTwo(Math.max(64, config.retainedSlots()));
    if (applied > retained && replica.remembers(applied - retained - 1)) {
      violated(applied, "keeps the decisions of more than " + retained + " slots");
    }
  }

  private static long powerOfTwo(long least) {
    return Long.highestOneBit(2 * least - 1);
  }

  private void decided(Replica replica, SlotInstance instance, boolean applied) {
    long slot = instance.slot();
    Ledger.Decision how = world.trace().decision(node, slot);
    boolean first = world.outcomes().decided(node, slot, instance.decidedId(), how);
    if (applied) {
      world.watch().counted(node, replica, instance);
    }
    if (applied && !instance.decidedByOthers()) {
      world.watch().acted(node, slot, instance, instance.members());
    }
    if (first) {
      world.decided(slot, instance.decidedId());
    }
  }

  private void applied(Member member, long applied) {
    long from = checked;
    world.trace().node(node, () -> "applies" + world.outcomes().text(from, applied));
    checked = applied;
    reached = Math.max(reached, applied);
    if (!world.differing().goesOn(node, applied - 1)) {
      world.outcomes().state(node, applied, member.stateHash());
    }
  }

  /**
   * @param applied slots now, negative when it never got up
   */
  void violated(long applied, String what) {
    world.violations().addNear(applied < 0 ? reached - 1 : applied, node, what);
  }

  // ---- its clients

  /** A client has what it asked this node for, after so many attempts. */
  void served(int attempts, long latency) {
    askedAgain += attempts - 1;
    latencies.addLong(latency);
  }

  Served served() {
    long[] sorted = latencies.toLongArray();
    Arrays.sort(sorted);
    return new Served(
        sorted.length, askedAgain, sorted.length == 0 ? 0 : sorted[sorted.length / 2]);
  }
}
