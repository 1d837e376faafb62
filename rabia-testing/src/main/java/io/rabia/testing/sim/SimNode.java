package io.rabia.testing.sim;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.ClusterView;
import io.rabia.engine.EngineAgent;
import io.rabia.engine.EngineState;
import io.rabia.engine.Member;
import io.rabia.engine.RabiaConfig;
import io.rabia.engine.ResultHandler;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One node over all its lives: the production agent, what it runs on, and when it runs. One thread.
 */
final class SimNode {
  private static final int CYCLES = 10_000;
  private static final String DISK_FULL = "disk-full";

  private final Simulation world;
  private final int index;
  private ClusterConfig cluster;
  private RabiaConfig config;
  private NodeDisk disk;
  private NodeId nodeId;
  private final SimRandom random;
  private final MemoryPool pool;
  private final NodeClock clocks;
  private final Doom doom;
  private final NodeWatch watch;
  private @Nullable EngineAgent agent;
  private @Nullable Persistence log;
  private @Nullable SimTransport transport;
  private long nextWake = Long.MAX_VALUE;
  private long pausedUntil;
  private boolean running;
  private boolean absent;
  private RegisterMachine machine;
  private long differsFrom = Long.MAX_VALUE;
  private int life;
  private boolean starting;
  private boolean besides;
  private boolean lost;
  private boolean out;
  private boolean ghost;

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
    disk = new NodeDisk(storage);
    this.random = random;
    this.pool = pool;
    clocks = new NodeClock(world.clock(), random, drifts);
    doom = new Doom(this, world.faults(), random);
    watch = new NodeWatch(world, index);
    machine = new RegisterMachine(watch, 0);
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
    Setup setup = world.setup();
    nodeId = member;
    cluster = setup.clusterOf(member);
    config = setup.joining();
    disk = new NodeDisk(setup.freshStorage());
    world.oldCopies().loses(this);
    differsFrom = Long.MAX_VALUE;
    out = false;
    ghost = false;
    lost = true;
    world.watch().forget(index);
    world.outcomes().forget(index);
    world.trace().forget(index);
  }

  /** The newest configuration that it knows; the first one without members when it knows none. */
  ClusterView view() {
    EngineAgent active = agent;
    ClusterView view = active == null ? null : active.view();
    return view == null ? new ClusterView(-1, 0, 0, List.of()) : view;
  }

  /** False when nobody is there to take it. */
  boolean change(ClusterView next, long timeoutNanos, ResultHandler handler) {
    return ask(active -> active.changeMembership(next, timeoutNanos, handler));
  }

  /** It loses its votes, or may do so, as soon as it starts or is connected. */
  boolean isDoomed() {
    return disk.isDoomed();
  }

  // ---- older copies of its disk

  /** How much of its log is durable, in groups; 0 when nobody runs. */
  long logPosition() {
    return log == null ? 0 : log.durable();
  }

  /** The process dies, and the next one finds this older copy of its disk. */
  void putBack(Storage copy) {
    crash(false);
    disk.putBack(copy);
  }

  /** Does it run from an older copy, and nobody has found it out? */
  boolean isOutdated() {
    return disk.isOutdated();
  }

  /** It has its own disk again. */
  void takeBack() {
    crash(false);
    disk.takeBack();
  }

  /** Others have seen more of its log than there is. */
  private boolean isFoundOut(RuntimeException e) {
    boolean foundOut = e instanceof RabiaException.NotAMember && disk.findOut();
    if (foundOut) {
      world.faults().fired(Fault.OLD_COPY);
    }
    return foundOut;
  }

  /** It was a member of the formed cluster in this life or a former one. */
  boolean wasMember() {
    return watch.wasMember();
  }

  boolean isServing() {
    EngineAgent active = agent;
    return active != null && active.state() == EngineState.SERVING;
  }

  boolean isAlive() {
    return agent != null;
  }

  /** Counts its processes. */
  int life() {
    return life;
  }

  /** Is it still the process with this number that runs? */
  boolean lives(int ofLife) {
    return agent != null && life == ofLife;
  }

  /** Zero until it knows the cluster, or when nobody runs. */
  ClusterId clusterId() {
    EngineAgent active = agent;
    return active == null ? ClusterId.NONE : active.clusterId();
  }

  // ---- lives

  void start() {
    if (agent != null || out || absent) {
      return;
    }
    life++;
    world.oldCopies().starts(this);
    doom.begins();
    watch.begins();
    SimTransport fresh = new SimTransport(world.network(), this, world.size());
    transport = fresh;
    String member = nodeId.value() == index + 1 ? "" : " as member " + nodeId;
    world.trace().starts(index, "starts" + member + " on " + disk.storage());
    Persistence opened = world.trace().kept(this, disk.open(doom));
    log = opened;
    LongSupplier tokens = random.fork()::nextLong;
    machine = new RegisterMachine(watch, world.snapshotPadding());
    machine.differFrom(differsFrom);
    EngineAgent.Parts parts =
        new EngineAgent.Parts(
            nodeId,
            cluster,
            config,
            world.hosting().beside(machine, index),
            fresh,
            opened,
            pool,
            Runnable::run,
            this::aside,
            watch,
            (key0, key1) -> world.coins().of(index, key0, key1));
    EngineAgent born = new EngineAgent(parts, clocks::monotonic, clocks::wall, tokens);
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
              if (lives(ofLife)) {
                besides = true;
                guarded(task);
                besides = false;
                wake();
              }
            });
  }

  private void started(EngineAgent born) {
    starting = false;
    boolean without = born.state() == EngineState.DEGRADED && !born.reason().equals(DISK_FULL);
    String wrong = disk.started(without, lost);
    if (without) {
      lost = true;
      world.oldCopies().loses(this);
    }
    if (!wrong.isEmpty()) {
      violated(wrong);
    }
    Member member = born.member();
    if (member != null && !lost && !disk.isOutdated()) {
      world.watch().requireKept(index, member.replica());
    }
    check(born);
    world.hosting().begins(this, clocks::monotonic);
    wake();
  }

  /** The process dies. */
  void crash(boolean power) {
    if (agent != null) {
      world.trace().dies(index, "dies" + (power ? ", power fails" : ""));
      gone();
      loses(disk.crash(power));
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
      disk.closed();
      world.disconnected(index);
    }
  }

  /** The machine loses power and comes up again. */
  void reboot() {
    world.trace().dies(index, "reboots: its machine loses power and what was not forced");
    gone();
    loses(disk.reboot());
  }

  /** Its machine loses power, whether a process runs or not. */
  void losePower() {
    if (agent != null) {
      crash(true);
    } else {
      loses(disk.crash(true));
    }
  }

  /** One bit of what it had forced, and said to have, flips while no process runs. */
  boolean flipBit() {
    String where = disk.flipBit();
    if (!where.isEmpty()) {
      world.trace().dies(index, "a bit flips in " + where);
    }
    return !where.isEmpty();
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
    world.hosting().ends(index);
    agent = null;
    log = null;
    transport = null;
    pausedUntil = 0;
    nextWake = Long.MAX_VALUE;
  }

  /** From now on its state machine goes another way. */
  void differ() {
    differsFrom = applied() + 1;
    machine.differFrom(differsFrom);
    world.differing().begins(index, differsFrom);
  }

  /** What it will die of. */
  Doom doom() {
    return doom;
  }

  boolean isRunning() {
    return running;
  }

  /** It runs, and its start is behind it. */
  boolean isUp() {
    return running && !starting;
  }

  void pause(long nanos) {
    pausedUntil = Math.max(pausedUntil, world.clock().now() + nanos);
    wakeAt(pausedUntil);
  }

  boolean isPaused() {
    return world.clock().now() < pausedUntil;
  }

  /** The monotonic clock of its machine is ahead by so much all at once. */
  void jump(long nanos) {
    clocks.jump(nanos);
    wake();
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

  Storage storage() {
    return disk.storage();
  }

  // ---- running

  void wake() {
    if (!running) {
      wakeAt(world.clock().now());
    }
  }

  private void wakeAt(long at) {
    long when = Math.max(Math.max(at, pausedUntil), clocks.busyUntil());
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
    if (isPaused()) {
      wakeAt(pausedUntil);
      return;
    }
    guarded(() -> cycles(active));
    SimTransport ports = transport;
    if (agent != null && ports != null) {
      check(active);
      long idle = isBusy() ? 0 : 1 + clocks.real(ports.idleNanos());
      wakeAt(world.clock().now() + idle);
    }
  }

  /** Until nothing is left to do, or it has waited for its disk: meanwhile something arrives. */
  private void cycles(EngineAgent active) {
    int cycles = 0;
    while (active.doWork(true) > 0 && !isBusy()) {
      if (++cycles > CYCLES) {
        violated("does not come to rest");
        return;
      }
    }
  }

  /** The thread that runs waits for its disk so long. */
  void waits(long nanos) {
    if (!besides) {
      clocks.waits(nanos);
    }
  }

  private boolean isBusy() {
    return world.clock().now() < clocks.busyUntil();
  }

  private void guarded(Runnable work) {
    running = true;
    world.violations().runs(index);
    try {
      work.run();
    } catch (SimCrash e) {
      running = false;
      crash(e.power());
      if (doom.isPowerNext()) {
        world.clock().after(random.between(1, 30) * SimClock.MILLI, this::start);
      } else {
        world.restartLater(this);
      }
    } catch (RuntimeException e) {
      running = false;
      fails(e);
    } finally {
      running = false;
      world.violations().rests();
    }
  }

  /** The process ends by itself. */
  private void fails(RuntimeException e) {
    EngineAgent ending = agent;
    if (ending != null && ending.hasLeft() && e instanceof RabiaException.NotAMember) {
      world.trace().node(index, () -> "leaves: " + e.getMessage());
      out = true;
      crash(false);
    } else if (world.differing().stops(index, e)) {
      disk.loseVotes();
      differsFrom = Long.MAX_VALUE;
      world.trace().node(index, () -> "stops: " + e.getMessage());
      crash(false);
      world.restartLater(this);
    } else if (isFoundOut(e)
        || doom.mayEnd() && e instanceof RabiaException.Storage
        || starting && e instanceof RabiaException.Checksum && disk.giveUp()) {
      world.trace().node(index, () -> "stops: " + e.getMessage());
      crash(false);
      world.restartLater(this);
    } else {
      world.trace().failure(e);
      broke(e);
      crash(false);
    }
  }

  // ---- what is watched

  void sent(int to, Frame frame, boolean again) {
    doom.sends(frame, again);
    world.sent(index, to, frame, again);
  }

  void tell(Supplier<String> text) {
    world.trace().node(index, text);
  }

  void received(int from, Frame frame) {
    world.trace().arrived(from, index, frame);
    world.oldCopies().sees(index, from, FrameHeader.logPosition(frame.body()));
    world.arrived(from, frame);
  }

  void refused(@Nullable String reason) {
    world.trace().node(index, () -> "refuses: " + reason);
  }

  private void broke(RuntimeException e) {
    String stopped = "stopped: " + e;
    if (e instanceof InvariantViolation broken && broken.slot() != InvariantViolation.NO_SLOT) {
      String known = world.outcomes().known(broken.slot());
      world.violations().add(broken.slot(), index, stopped + known);
    } else {
      violated(stopped);
    }
  }

  /** In no slot that could be named. */
  void violated(String what) {
    watch.violated(applied(), what);
  }

  private void check(EngineAgent active) {
    Member member = active.member();
    if (member != null) {
      lost &= active.state() != EngineState.SERVING;
      watch.check(member, config);
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
                    + (member == null
                        ? ""
                        : " pending="
                            + member.replica().pending()
                            + " held="
                            + member.replica().held())
                    + (lost ? " without votes" : "")
                    + " "
                    + agent.state()
                    + " "
                    + agent.reason());
  }

  NodeWatch watch() {
    return watch;
  }

  // ---- requests; false when nobody is there to take it

  boolean submit(Command command, long timeoutNanos, ResultHandler handler) {
    return ask(active -> active.submit(command, timeoutNanos, handler));
  }

  boolean openSession(long timeoutNanos, ResultHandler handler) {
    return ask(active -> active.openSession(timeoutNanos, handler));
  }

  boolean read(byte[] query, long timeoutNanos, ResultHandler handler) {
    return ask(active -> active.read(query, timeoutNanos, handler));
  }

  /** A request wakes a process that waits. */
  private boolean ask(Predicate<EngineAgent> request) {
    EngineAgent active = agent;
    boolean taken = active != null && !starting && request.test(active);
    if (taken) {
      wake();
    }
    return taken;
  }
}
