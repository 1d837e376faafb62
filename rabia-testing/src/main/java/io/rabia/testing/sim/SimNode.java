package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import io.rabia.core.ClusterConfig;
import io.rabia.core.Command;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.ClusterView;
import io.rabia.engine.EngineAgent;
import io.rabia.engine.EngineListener;
import io.rabia.engine.EngineState;
import io.rabia.engine.Member;
import io.rabia.engine.RabiaConfig;
import io.rabia.engine.ResultHandler;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.SlotInstance;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/**
 * One node over all its lives: the production agent, what it runs on, and when it runs. One thread.
 */
final class SimNode {
  private static final int CYCLES = 10_000;

  /** What the process will die of. */
  private enum Doom {
    NONE,
    DEATH_AT_FORCE,
    POWER_AT_FORCE,
    PROPOSING
  }

  private final Simulation world;
  private final int index;
  private ClusterConfig cluster;
  private RabiaConfig config;
  private Storage storage;
  private NodeId nodeId;
  private final SimRandom random;
  private final MemoryPool pool;
  private final double rate;
  private final long clockBase;
  private final boolean drifts;

  private @Nullable EngineAgent agent;
  private @Nullable SimTransport transport;
  private long nextWake = Long.MAX_VALUE;
  private long pausedUntil;
  private boolean running;
  private int crashIn;
  private Doom doom = Doom.NONE;
  private boolean absent;
  private RegisterMachine machine = new RegisterMachine(new Applied(), 0);
  private long differsFrom = Long.MAX_VALUE;
  private int life;
  private long checked;
  private long reached;
  private boolean starting;
  private boolean mustRefuse;
  private boolean rebooted;
  private boolean lost;
  private boolean out;
  private boolean ghost;
  private boolean wasMember;
  private final LongArrayList latencies = new LongArrayList();
  private long askedAgain;

  SimNode(
      Simulation world,
      int index,
      ClusterConfig cluster,
      RabiaConfig config,
      Storage storage,
      SimRandom random,
      MemoryPool pool,
      boolean drifts) {
    this.world = world;
    this.index = index;
    nodeId = NodeId.of(index + 1);
    this.cluster = cluster;
    this.config = config;
    this.storage = storage;
    this.random = random;
    this.pool = pool;
    rate = drifts ? 0.7 + 0.6 * random.unit() : 1;
    clockBase = drifts ? random.between(-(1L << 50), 1L << 50) : 0;
    this.drifts = drifts;
  }

  int index() {
    return index;
  }

  /** Which member its process is, or may become. */
  NodeId nodeId() {
    return nodeId;
  }

  /** It has lost its votes and is not back yet. */
  boolean isLost() {
    return lost;
  }

  /** Nobody runs here, and nobody will by itself. */
  boolean isOut() {
    return out;
  }

  /** A machine of which nothing is needed: it stands by. */
  void standBy() {
    out = true;
  }

  /** Is it a process of a member's former life, or becomes one? */
  boolean isGhost() {
    return ghost;
  }

  void haunts() {
    ghost = true;
  }

  /** Its process, if there is one, ends for good. */
  void retire() {
    if (out) {
      return;
    }
    crash(false);
    out = true;
    world.trace().node(index, () -> "is needed no more");
  }

  /** On this machine runs a process of this member from now on, which knows nothing. */
  void become(NodeId member) {
    nodeId = member;
    cluster = world.clusterOf(member);
    config = world.joining();
    storage = world.freshStorage();
    out = false;
    ghost = false;
    lost = true;
    world.watch().forget(index);
    world.outcomes().forget(index);
  }

  /** The newest configuration that it knows; the first one without members when it knows none. */
  ClusterView view() {
    EngineAgent active = agent;
    ClusterView view = active == null ? null : active.view();
    return view == null ? new ClusterView(-1, 0, 0, List.of()) : view;
  }

  /** False when nobody is there to take it. */
  boolean change(ClusterView next, long timeoutNanos, ResultHandler handler) {
    EngineAgent active = agent;
    return active != null && !starting && active.changeMembership(next, timeoutNanos, handler);
  }

  /** It was a member of the formed cluster in this life or a former one. */
  boolean wasMember() {
    return wasMember;
  }

  boolean isServing() {
    EngineAgent active = agent;
    return active != null && active.state() == EngineState.SERVING;
  }

  boolean isAlive() {
    return agent != null;
  }

  private long time() {
    return clockBase + (long) (world.clock().now() * rate);
  }

  /** It jumps whenever it is looked at. */
  private long wallClock() {
    long jump = drifts ? random.between(-3600 * SimClock.SECOND, 3600 * SimClock.SECOND) : 0;
    return 1_700_000_000_000_000_000L + jump + world.clock().now();
  }

  // ---- lives

  void start() {
    if (agent != null || out || absent) {
      return;
    }
    life++;
    checked = 0;
    world.history().restarted(index);
    SimTransport fresh = new SimTransport(world.network(), this, world.size());
    transport = fresh;
    Persistence log = storage.open(new Mortal());
    world.trace().starts(index, "starts on " + storage);
    LongSupplier tokens = random.fork()::nextLong;
    machine = new RegisterMachine(new Applied(), world.snapshotPadding());
    machine.differFrom(differsFrom);
    EngineAgent.Parts parts =
        new EngineAgent.Parts(
            nodeId,
            cluster,
            config,
            machine,
            fresh,
            log,
            pool,
            Runnable::run,
            this::aside,
            new Told(),
            (key0, key1) -> world.coin(index, key0, key1));
    EngineAgent born = new EngineAgent(parts, this::time, this::wallClock, tokens);
    agent = born;
    starting = true;
    guarded(born::start);
    if (agent != null) {
      started(born);
    }
  }

  /** What another thread of this process does, some time later, all at once. */
  private void aside(Runnable task) {
    int ofLife = life;
    world
        .clock()
        .after(
            random.between(0, 20 * SimClock.MILLI),
            () -> {
              if (agent != null && life == ofLife) {
                guarded(task);
                wake();
              }
            });
  }

  private void started(EngineAgent born) {
    if (rebooted) {
      lost = born.state() == EngineState.DEGRADED;
      if (mustRefuse && !lost) {
        violated(
            "started with votes although its machine lost power under a log that was not forced");
      }
    }
    starting = false;
    rebooted = false;
    mustRefuse = true;
    Member member = born.member();
    if (member != null && !lost) {
      world.watch().requireKept(index, member.replica());
    }
    check(born);
    wake();
  }

  private final class Told implements EngineListener {
    @Override
    public void onStateChanged(EngineState state, String reason) {
      world.trace().node(index, () -> "is " + state + " " + reason);
    }

    @Override
    public void onSnapshotTaken(long applied, long bytes) {
      world.trace().node(index, () -> "has written a snapshot of " + applied + " slots");
    }

    @Override
    public void onSnapshotInstalled(long applied, NodeId from) {
      world
          .trace()
          .node(index, () -> "has installed a snapshot of " + applied + " slots of node " + from);
      world.installed(SimNode.this);
    }
  }

  /** The process dies. */
  void crash(boolean power) {
    if (agent != null) {
      world.trace().dies(index, "dies" + (power ? ", power fails" : ""));
      gone();
      loses(storage.crash(power));
      if (!power) {
        world.disconnected(index);
      }
    }
  }

  /** The process ends in order. */
  void stop() {
    EngineAgent closing = Objects.requireNonNull(agent);
    world.trace().dies(index, "stops");
    guarded(closing::close);
    if (agent != null) {
      forget();
      storage.crash(false);
      world.disconnected(index);
      mustRefuse = false;
    }
  }

  /** The machine loses power and comes up again. */
  void reboot() {
    world.trace().dies(index, "reboots: its machine loses power and what was not forced");
    gone();
    loses(storage.reboot());
    rebooted = true;
  }

  private void loses(String what) {
    if (!what.isEmpty()) {
      world.trace().dies(index, what);
    }
  }

  private void gone() {
    EngineAgent dying = agent;
    SimTransport ports = transport;
    if (dying == null || ports == null) {
      return;
    }
    ports.close();
    Member member = dying.member();
    if (member != null) {
      member.close();
    }
    forget();
  }

  private void forget() {
    agent = null;
    transport = null;
    crashIn = 0;
    pausedUntil = 0;
    nextWake = Long.MAX_VALUE;
  }

  /** The process will die at its so many-th write or send from now on. */
  void crashSoon(int actions) {
    crashIn = actions;
  }

  /** The process will die before it forces what it wrote, and lose power soon after that. */
  void losePowerAfterDeath() {
    doom = Doom.DEATH_AT_FORCE;
  }

  /** The process will die when it has sent its next batch to one member and not to all. */
  void dieProposing() {
    doom = Doom.PROPOSING;
  }

  /** From now on its state machine goes another way. */
  void differ() {
    differsFrom = applied() + 1;
    machine.differFrom(differsFrom);
  }

  /** What was to kill it does not. */
  void spare() {
    crashIn = 0;
    doom = Doom.NONE;
  }

  private final class Mortal implements Deaths {
    @Override
    public void beforeAction() {
      mayCrash();
    }

    @Override
    public void beforeForce() {
      if (!running || starting) {
        return;
      }
      if (doom == Doom.DEATH_AT_FORCE) {
        doom = Doom.POWER_AT_FORCE;
        throw new SimCrash(false);
      }
      if (doom == Doom.POWER_AT_FORCE) {
        doom = Doom.NONE;
        world.faults().fired(Fault.POWER_AFTER_DEATH);
        throw new SimCrash(true);
      }
    }
  }

  /** Called before everything that a process does to the world. */
  void mayCrash() {
    if (running && crashIn > 0 && --crashIn == 0) {
      world.faults().fired(Fault.CRASH_MID_CYCLE);
      throw new SimCrash(random.chance(0.5));
    }
  }

  void pause(long nanos) {
    pausedUntil = Math.max(pausedUntil, world.clock().now() + nanos);
    wakeAt(pausedUntil);
  }

  /** A pause ends, unless it is a long one. */
  void resume() {
    if (!absent) {
      pausedUntil = 0;
      wakeAt(world.clock().now());
    }
  }

  /** It will be away, paused or dead, when everything else heals. */
  void leave() {
    absent = true;
  }

  boolean isAbsent() {
    return absent;
  }

  long pausedUntil() {
    return pausedUntil;
  }

  void comeBack() {
    absent = false;
    start();
  }

  boolean slowDisk(long nanos) {
    return storage.slow(nanos);
  }

  /** Can what was written outlive a process and not a loss of power? */
  boolean hasPageCache() {
    return storage.hasPageCache();
  }

  // ---- running

  void wake() {
    if (!running) {
      wakeAt(world.clock().now());
    }
  }

  private void wakeAt(long at) {
    long when = Math.max(at, pausedUntil);
    if (when < nextWake && agent != null) {
      nextWake = when;
      int ofLife = life;
      world.clock().at(when, () -> run(when, ofLife));
    }
  }

  private void run(long when, int ofLife) {
    EngineAgent active = agent;
    if (active == null || life != ofLife || nextWake != when) {
      return;
    }
    nextWake = Long.MAX_VALUE;
    if (world.clock().now() < pausedUntil) {
      wakeAt(pausedUntil);
      return;
    }
    guarded(() -> cycles(active));
    SimTransport ports = transport;
    if (agent != null && ports != null) {
      check(active);
      wakeAt(world.clock().now() + 1 + (long) (ports.idleNanos() / rate));
    }
  }

  private void cycles(EngineAgent active) {
    int cycles = 0;
    while (active.doWork(true) > 0) {
      if (++cycles > CYCLES) {
        violated("does not come to rest");
        return;
      }
    }
  }

  private void guarded(Runnable work) {
    running = true;
    world.violations().runs(index);
    try {
      work.run();
    } catch (SimCrash e) {
      running = false;
      crash(e.power());
      if (doom == Doom.POWER_AT_FORCE) {
        world.clock().after(random.between(1, 30) * SimClock.MILLI, this::start);
      } else {
        world.restartLater(this);
      }
    } catch (RuntimeException e) {
      running = false;
      EngineAgent ending = agent;
      if (ending != null && ending.hasLeft() && e instanceof RabiaException.NotAMember) {
        world.trace().node(index, () -> "leaves: " + e.getMessage());
        out = true;
      } else {
        world.trace().failure(e);
        violated("stopped: " + e);
      }
      crash(false);
    } finally {
      running = false;
      world.violations().rests();
    }
  }

  // ---- what is watched

  private final class Applied implements RegisterMachine.Listener {
    @Override
    public void applied(long slot, long logTime, long operation, int register, long previous) {
      world.history().executed(index, slot, logTime, operation, register, previous);
      world.logTime(logTime);
    }

    @Override
    public void restored(long lastSlot) {
      world.trace().node(index, () -> "has a snapshot up to slot " + lastSlot);
      world.history().restored(index, lastSlot);
    }
  }

  void sent(int to, Frame frame, boolean again) {
    if (running && doom == Doom.PROPOSING && again && frame.proposedBatch() != BatchId.NONE) {
      doom = Doom.NONE;
      world.faults().fired(Fault.PROPOSER);
      throw new SimCrash(random.chance(0.5));
    }
    world.sent(index, to, frame, again);
  }

  void tell(Supplier<String> text) {
    world.trace().node(index, text);
  }

  void received(int from, Frame frame) {
    world.trace().arrived(from, index, frame);
    world.arrived(from, frame);
  }

  void refused(@Nullable String reason) {
    world.trace().node(index, () -> "refuses: " + reason);
  }

  void violated(String what) {
    world.violations().add(nextSlot(), index, what);
  }

  /** The first slot that it has not applied, or the last one that it had, when it never got up. */
  private long nextSlot() {
    long applied = applied();
    return applied < 0 ? reached - 1 : applied;
  }

  private void check(EngineAgent active) {
    Member member = active.member();
    if (member == null) {
      return;
    }
    wasMember = true;
    lost &= active.state() != EngineState.SERVING;
    world.formed();
    Replica replica = member.replica();
    long applied = replica.applied();
    long end = applied + replica.pending();
    for (long slot = checked; slot < end; slot++) {
      SlotInstance instance = replica.instance(slot);
      if (instance != null
          && instance.decided()
          && (slot < applied || instance.decidedByOthers())) {
        boolean first = world.outcomes().decided(index, slot, instance.decidedId());
        if (slot < applied && !instance.decidedByOthers()) {
          world.watch().acted(index, slot, instance, replica.configurationOf(slot).size());
        }
        if (first) {
          world.decided(slot, instance.decidedId());
        }
      }
    }
    if (applied > checked) {
      long from = checked;
      world.trace().node(index, () -> "applies" + world.outcomes().text(from, applied));
      checked = applied;
      reached = Math.max(reached, applied);
      world.outcomes().state(index, applied, member.stateHash());
    }
    int alpha = replica.widest();
    if (replica.pending() > 4L * alpha) {
      violated("holds " + replica.pending() + " slots");
    }
  }

  long applied() {
    EngineAgent active = agent;
    Member member = active == null ? null : active.member();
    return member == null ? -1 : member.replica().applied();
  }

  @Nullable Member member() {
    EngineAgent active = agent;
    return active == null ? null : active.member();
  }

  String describe() {
    Member member = member();
    return "node "
        + (index + 1)
        + (out
            ? " is out"
            : agent == null
                ? " is down"
                : " applied="
                    + applied()
                    + (member == null ? "" : " pending=" + member.replica().pending())
                    + " "
                    + agent.state()
                    + " "
                    + agent.reason());
  }

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

  // ---- requests; false when nobody is there to take it

  boolean submit(Command command, long timeoutNanos, ResultHandler handler) {
    EngineAgent active = agent;
    return active != null && !starting && active.submit(command, timeoutNanos, handler);
  }

  boolean openSession(long timeoutNanos, ResultHandler handler) {
    EngineAgent active = agent;
    return active != null && !starting && active.openSession(timeoutNanos, handler);
  }

  boolean read(byte[] query, long timeoutNanos, ResultHandler handler) {
    EngineAgent active = agent;
    return active != null && !starting && active.read(query, timeoutNanos, handler);
  }
}
