package io.rabia.engine;

import io.rabia.core.ClusterConfig;
import io.rabia.core.ClusterId;
import io.rabia.core.Command;
import io.rabia.core.CommonCoin;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.memory.MemoryPool;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import io.rabia.engine.protocol.Init;
import io.rabia.engine.protocol.Internal;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of a node: everything that happens to its protocol, log, peers and state machine
 * happens in {@link #doWork}, on one thread. A duty cycle: I/O of the peers, requests, protocol,
 * log, frames, apply, answers. Clock, randomness, transport and persistence come from outside, so
 * that the simulator drives the very same code.
 */
@Internal
public final class EngineAgent implements TransportListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EngineAgent.class);

  /** What a node is made of. */
  public record Parts(
      NodeId id,
      ClusterConfig cluster,
      RabiaConfig config,
      StateMachine stateMachine,
      Transport transport,
      Persistence persistence,
      MemoryPool pool,
      Executor completionExecutor,
      Executor snapshotExecutor,
      EngineListener listener,
      Coins coins) {}

  /** Makes the coin of a cluster whose secret hashes to these two words. */
  @FunctionalInterface
  public interface Coins {
    CommonCoin keyed(long key0, long key1);
  }

  private final Parts parts;
  private final LongSupplier clock;
  private final Inbox inbox;
  private final Completions completions;
  private final Boot boot;
  private final StateAlarm stateAlarm;
  private final SlownessAlarm slownessAlarm;

  private @Nullable Member member;
  private volatile EngineState state = EngineState.RECOVERING;
  private volatile String reason = "starting";
  private boolean quorum;
  private @Nullable RuntimeException thrown;

  /**
   * @param clock monotonic nanoseconds
   * @param wallClock nanoseconds since 1970, asked once, when this node founds a cluster
   * @param random bits for tokens and nonces, from a cryptographic source outside of simulations
   */
  public EngineAgent(Parts parts, LongSupplier clock, LongSupplier wallClock, LongSupplier random) {
    this.parts = parts;
    long early = Math.min(0, clock.getAsLong());
    this.clock = () -> clock.getAsLong() - early; // what has not happened yet was at 0
    inbox = new Inbox(parts.config().inboxCapacity(), parts.transport()::wakeup);
    completions = new Completions(parts.completionExecutor());
    boot = new Boot(parts, this.clock, wallClock, random, completions, this::tell, this::isMember);
    stateAlarm = new StateAlarm(parts.id(), parts.persistence(), this::tell);
    slownessAlarm = new SlownessAlarm(parts.id(), this::tell);
  }

  /** Where requests go in, from any thread. */
  Inbox inbox() {
    return inbox;
  }

  /**
   * Takes a command in, from any thread; false, without a call of the handler, when there is no
   * room.
   */
  public boolean submit(Command command, long timeoutNanos, ResultHandler handler) {
    return inbox.offer(Request.command(command, timeoutNanos, handler));
  }

  /** As {@link #submit}; the result is the id of the session, eight bytes. */
  public boolean openSession(long timeoutNanos, ResultHandler handler) {
    return inbox.offer(Request.openSession(timeoutNanos, handler));
  }

  /** As {@link #submit}, for a linearizable read. */
  public boolean read(byte[] query, long timeoutNanos, ResultHandler handler) {
    return inbox.offer(Request.read(query, false, timeoutNanos, handler));
  }

  /**
   * Opens the port and reads the log. Called once, on the thread that then calls {@link #doWork}.
   * In this order, a port that is taken leaves the log as it was; nobody is answered before the
   * first {@link #doWork}.
   */
  public void start() {
    parts.transport().start(this);
    member = boot.open(clock.getAsLong(), inbox::wakeup);
    boot.begin();
    form();
    updateState();
  }

  /**
   * One duty cycle.
   *
   * @param mayWait false to return at once when there is nothing to do
   * @return how much was done; 0 when nothing
   */
  public int doWork(boolean mayWait) {
    thrown = null;
    int work = parts.transport().poll(mayWait ? waitNanos() : 0);
    inbox.awake();
    if (thrown != null) {
      throw thrown;
    }
    long now = clock.getAsLong();
    Member active = member;
    if (active == null) {
      form();
      work += inbox.drain(this::refuseUnformed);
    } else {
      boolean full = parts.persistence().full(); // throws before a request is taken, not within
      work += inbox.drain(request -> take(active, request, full, now));
      work += active.advance(now);
    }
    updateState();
    completions.flush();
    parts.transport().flush();
    if (active != null) {
      slownessAlarm.watch(active, now);
      stateAlarm.watch(active, now);
    }
    return work;
  }

  private long waitNanos() {
    Member active = member;
    long wait =
        active == null
            ? parts.config().heartbeatInterval().toNanos()
            : active.waitNanos(clock.getAsLong());
    return inbox.maySleep() ? wait : 0;
  }

  private void take(Member active, Request request, boolean full, long now) {
    if (request.kind == Request.Kind.STATUS) {
      answer(request.question(), active);
    } else if (stateAlarm.isSilent(active)) {
      refuse(request, "members' states differ");
    } else if (request.isLocal()) {
      active.submit(request, now);
    } else if (!active.votes()) {
      String lost = lostVotes(active);
      refuse(
          request,
          lost == null ? "node " + parts.id() + " is not a member" : "it lost its votes: " + lost);
    } else if (full && request.kind != Request.Kind.READ) {
      refuse(request, "the disk is full");
    } else if (!quorum) {
      completions.failure(
          request,
          new RabiaException.NoQuorum(
              "connected to " + active.connected() + " of " + parts.cluster().members().size()));
    } else {
      active.submit(request, now);
    }
  }

  private void refuse(Request request, String why) {
    completions.failure(request, new RabiaException.Unavailable(why));
  }

  private void refuseUnformed(Request request) {
    if (request.kind == Request.Kind.STATUS) {
      completions.status(request.question(), unformedStatus());
    } else {
      completions.failure(request, new RabiaException.NoQuorum("the cluster is not formed yet"));
    }
  }

  private void answer(Request.Question request, Member active) {
    try {
      completions.status(request, active.status(parts.id(), state, reason));
    } catch (RabiaException.StateMachineFailure e) {
      completions.failure(request, e);
    }
  }

  private EngineStatus unformedStatus() {
    return EngineStatus.withoutHistory(
        parts.id(), state, reason, boot.connected() + 1, parts.transport().statistics());
  }

  private boolean isMember(Token token) {
    return member != null && member.replica().configuration().indexOf(token) >= 0;
  }

  private void form() {
    Init init = boot.advance(clock.getAsLong());
    if (init != null && member == null) {
      member = boot.become(init, clock.getAsLong());
      LOG.info(
          "Node {} formed cluster {} ({})", parts.id(), parts.cluster().name(), init.clusterId());
      boot.connectedPeers().forEach(peer -> parts.transport().disconnect(peer, "cluster formed"));
    }
  }

  private void updateState() {
    Member active = member;
    boolean now = active != null && active.hasQuorum();
    if (now != quorum) {
      quorum = now;
      if (now) {
        tell(EngineListener::onQuorumRegained);
      } else {
        tell(EngineListener::onQuorumLost);
      }
    }
    String lost = lostVotes(active);
    String good = active == null || quorum ? "" : lostForGood(active.lostForGood());
    if (lost != null) {
      running(EngineState.DEGRADED, good + lost.replace(' ', '_'));
    } else if (parts.persistence().full()) {
      running(EngineState.DEGRADED, "disk-full");
    } else if (active == null) {
      running(EngineState.RECOVERING, boot.joins() ? "joining" : "forming");
    } else if (!quorum) {
      running(EngineState.RECOVERING, good + "no-quorum");
    } else if (stateAlarm.isSilent(active)) {
      running(EngineState.RECOVERING, "states-differ");
    } else if (!active.keepsVote()) {
      running(EngineState.CATCHING_UP, "learner");
    } else if (active.farBehind()) {
      running(EngineState.CATCHING_UP, active.fetches() ? "takes-a-snapshot" : "behind");
    } else {
      running(EngineState.SERVING, "");
    }
  }

  /** Not even all members together can decide anything any more: only a new cluster goes on. */
  private static String lostForGood(List<NodeId> members) {
    if (members.isEmpty()) {
      return "";
    }
    String ids = members.stream().map(NodeId::toString).collect(Collectors.joining(","));
    return "majority-lost-its-votes:" + ids + ";";
  }

  /** Why this node may not vote as the member that it was, or null. */
  private @Nullable String lostVotes(@Nullable Member active) {
    if (active != null && active.votes()) {
      return null;
    }
    String lost = boot.votesLost();
    return lost == null && active != null && active.comesBack() ? "its votes are lost" : lost;
  }

  private void running(EngineState newState, String newReason) {
    if (state(newState, newReason)) {
      LOG.info("Node {} is {} {}", parts.id(), newState, newReason);
    }
  }

  /** Returns whether that is a change. */
  private boolean state(EngineState newState, String newReason) {
    if (state == newState && reason.equals(newReason)) {
      return false;
    }
    state = newState;
    reason = newReason;
    tell(listener -> listener.onStateChanged(newState, newReason));
    return true;
  }

  /** A listener's bug is not the node's end. */
  static void tell(Parts parts, Consumer<EngineListener> event) {
    try {
      event.accept(parts.listener());
    } catch (RuntimeException e) {
      LOG.warn("A listener of node {} failed", parts.id(), e);
    }
  }

  private void tell(Consumer<EngineListener> event) {
    tell(parts, event);
  }

  public EngineState state() {
    return state;
  }

  /** Why the state is what it is. */
  public String reason() {
    return reason;
  }

  /** The member's part once the cluster is formed, for the simulator. */
  public @Nullable Member member() {
    return member;
  }

  public ClusterId clusterId() {
    return boot.clusterId();
  }

  /** Did this node stop because it is a member no more? */
  public boolean hasLeft() {
    Member active = member;
    return active != null && active.hasLeft();
  }

  /** The newest configuration that is known here, or null before there is one. */
  public @Nullable ClusterView view() {
    Member active = member;
    return active == null ? null : active.view();
  }

  /** Takes in what the configuration is to become, from any thread; false when there is no room. */
  public boolean changeMembership(ClusterView next, long timeoutNanos, ResultHandler handler) {
    return inbox.offer(Request.change(next, timeoutNanos, handler));
  }

  /** Nothing waits for an answer. */
  boolean drained() {
    Member active = member;
    return inbox.isEmpty() && (active == null || active.drained());
  }

  /** Fails what waits; nothing is taken in any more. The log and the ports are given free. */
  void stop(EngineState last, String why, RabiaException failure) {
    state(last, why);
    inbox.close();
    Request waiting = inbox.pollClosed();
    while (waiting != null) {
      completions.failure(waiting, failure);
      waiting = inbox.pollClosed();
    }
    Member active = member;
    if (active != null) {
      active.failAll(failure);
    }
    completions.flush();
    close();
  }

  @Override
  public void close() {
    Member active = member;
    member = null;
    if (active != null) {
      active.close();
    }
    try {
      parts.transport().close();
    } finally {
      parts.persistence().close();
    }
  }

  // ---- the transport, from within poll

  @Override
  public Handshake handshakeFor(NodeId peer) {
    Member active = member;
    return active == null
        ? boot.handshakeFor(peer, boot.asks() ? Handshake.JOINS : 0, parts.cluster().alpha())
        : boot.handshakeFor(peer, active.view().epoch(), active.view().alpha());
  }

  @Override
  public @Nullable String refuse(Handshake peer) {
    String reason = boot.refuse(peer);
    Member active = member;
    if (reason != null || active == null) {
      return reason;
    }
    long now = clock.getAsLong();
    return peer.clusterId().equals(boot.clusterId())
        ? active.refuse(peer, now)
        : active.refuseUnformed(peer, now);
  }

  @Override
  public void onRefused(NodeId peer, String why) {
    Member active = member;
    try {
      if (active == null) {
        boot.refused(why);
      } else {
        active.refused(peer, why);
      }
    } catch (RabiaException.NotAMember e) {
      thrown = e;
    }
  }

  @Override
  public boolean mayJoin(Handshake peer) {
    return member != null;
  }

  @Override
  public void onConnected(Handshake peer) {
    Member active = member;
    try {
      boot.connected(peer); // before anything is sent
    } catch (RabiaException.NotAMember | RabiaException.Storage e) {
      thrown = e;
      return;
    }
    if (active != null && peer.clusterId().equals(boot.clusterId())) {
      active.connected(peer, clock.getAsLong());
    }
    tell(listener -> listener.onMemberConnected(peer.id()));
  }

  @Override
  public void onDisconnected(NodeId peer, String why) {
    Member active = member;
    if (active != null) {
      active.disconnected(peer, clock.getAsLong());
    }
    boot.disconnected(peer);
    tell(listener -> listener.onMemberDisconnected(peer, why));
  }

  @Override
  public void onFrame(NodeId peer, ByteBuffer body) {
    Member active = member;
    try {
      if (active == null || !active.isConnected(peer)) {
        if (!boot.onFrame(peer, body) && active != null) {
          // Its handshake was on its way when it became a member: it must introduce itself again.
          parts.transport().disconnect(peer, "a member since its handshake");
        }
      } else {
        boot.seen(peer, body);
        active.onFrame(peer, body, clock.getAsLong());
      }
    } catch (InvariantViolation e) {
      thrown = e.saidBy(peer);
    } catch (RabiaException.NotAMember | RabiaException.Storage e) {
      thrown = e;
    }
  }
}
