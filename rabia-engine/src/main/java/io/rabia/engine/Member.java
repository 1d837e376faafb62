package io.rabia.engine;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.batching.CommandBatcher;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.transport.Handshake;
import io.rabia.engine.protocol.BatchSource;
import io.rabia.engine.protocol.ChangeResult;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Decided;
import io.rabia.engine.protocol.Internal;
import io.rabia.engine.protocol.Recovery;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.ReplicaStatistics;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A node that is a member of a formed cluster: its replica and what feeds and drains it. One
 * thread.
 */
@Internal
public final class Member implements AutoCloseable {
  private static final long TICK_NANOS = 1_000_000;
  private static final long SECOND = 1_000_000_000;

  /** How much was applied, and of what. */
  private record Applied(long slots, long batches, long ownBatches, long noops, long forfeits) {}

  private record QueuedRead(long ticket, Request request) {}

  private final EngineAgent.Parts parts;
  private final Replica replica;
  private final Persistence persistence;
  private final CommandBatcher batcher;
  private final PendingResults pending;
  private final SessionKeeper keeper;
  private final Applier applier;
  private final LogCatchUp logCatchUp;
  private final Snapshots snapshots;
  private final StateCheck stateCheck;
  private final ForceTimes forces;
  private final Outbox outbox;
  private final SnapshotExchange exchange;
  private final Decided decided = new Decided();
  private final Recovery recovery;
  private boolean logFound;
  private final ArrayDeque<QueuedRead> reads = new ArrayDeque<>();
  private final ArrayDeque<Request.Question> statusAt = new ArrayDeque<>();
  private final Links links;
  private final Membership membership;
  private final Consumer<Consumer<EngineListener>> tell;
  private Applied atStart = new Applied(0, 0, 0, 0, 0);
  private @Nullable KeptSnapshot restored;
  private boolean keepsVote;
  private long secondAt;

  Member(
      EngineAgent.Parts parts,
      LongSupplier clock,
      Supplier<SnapshotHead> head,
      Token own,
      Configuration founders,
      long coinKey0,
      long coinKey1,
      long clockStart,
      long nonceSeed,
      Completions completions,
      Consumer<Consumer<EngineListener>> tell,
      long now) {
    this.parts = parts;
    this.tell = tell;
    persistence = parts.persistence();
    RabiaConfig config = parts.config();
    batcher = new CommandBatcher(config.batching());
    pending = new PendingResults(completions, outstanding(founders.alpha()));
    keeper =
        new SessionKeeper(
            batcher, pending, config.sessionTimeToLive().toSeconds(), config.inboxCapacity());
    applier = new Applier(parts.stateMachine(), pending, keeper);
    replica =
        new Replica(
            founders,
            parts.id(),
            own,
            parts.coins().keyed(coinKey0, coinKey1),
            new Batches(),
            config.timing(),
            clockStart,
            config.retainedSlots(),
            config.retainedBytes(),
            nonceSeed);
    if (persistence.durability() == Durability.FSYNC) {
      replica.offersBatches();
    }
    recovery = replica.recovery(now, this::applyRecovered);
    links = new Links(replica, parts.id(), own, now);
    membership = new Membership(parts, replica, links, keeper, now);
    logCatchUp = new LogCatchUp(persistence, founders.alpha());
    SnapshotRequests requests = new SnapshotRequests(pending, head);
    snapshots = new Snapshots(parts, head, replica, applier, logCatchUp, requests, now);
    stateCheck = new StateCheck(replica, this::stateHash, config.stateCheckSlots());
    forces = new ForceTimes(config.slowForce().toNanos(), clock);
    outbox =
        new Outbox(
            parts.transport(),
            persistence,
            replica,
            links,
            logCatchUp,
            snapshots,
            this::unserved,
            parts.pool(),
            forces);
    exchange =
        new SnapshotExchange(
            parts,
            replica,
            links,
            snapshots,
            outbox,
            new SnapshotFetch(parts, head, replica, snapshots, outbox));
    replica.snapshots(exchange);
    secondAt = now;
  }

  /** A power of two above the number of own batches that can be outstanding. */
  private static int outstanding(int alpha) {
    return Integer.highestOneBit(4 * alpha - 1) << 1;
  }

  private final class Batches implements BatchSource {
    @Override
    public boolean isEmpty() {
      return batcher.isEmpty();
    }

    @Override
    public boolean ready(long now, int inFlight) {
      return batcher.ready(now, Math.max(0, inFlight - parts.config().ownWindow() + 1));
    }

    @Override
    public @Nullable CommandBatch poll(long id, long timestamp, long lowestOutstanding) {
      CommandBatch batch = batcher.poll(id, timestamp, lowestOutstanding);
      if (batch != null) {
        pending.batched(BatchId.number(id), batch.count());
      }
      return batch;
    }
  }

  // ---- recovery

  /** Takes a snapshot from behind its head. */
  void restore(long first, DataInputStream in, long now) throws IOException {
    restored = snapshots.restore(first, in, now);
    logCatchUp.restored(replica.applied());
  }

  void recover(long number, ByteBuffer group) {
    logFound = true;
    int bytes = group.remaining();
    MessageCodec.read(group, recovery);
    snapshots.recovered(bytes);
    logCatchUp.appended(number, replica.applied());
  }

  /**
   * At once, not after the group: the records that follow may be for slots that this makes room
   * for. Only the decision that was in the log: one that follows from own votes alone is taken, and
   * logged, after the restart.
   */
  private void applyRecovered() {
    if (replica.pollDecided(Long.MAX_VALUE, decided)) {
      applier.apply(decided, -1);
      stateCheck.applied();
      configured();
    }
  }

  /** What was applied may have been a change of the configuration. */
  private void configured() {
    if (decided.result() != null) {
      widen();
    }
  }

  private void widen() {
    pending.widen(outstanding(replica.widest()));
    logCatchUp.widen(replica.widest());
  }

  /** What the log says from here on was said under this token. */
  void speakAs(Token token) {
    replica.speakAs(token);
    links.speakAs(parts.id(), token);
  }

  void recovered(long lastGroup, long now) {
    replica.recovered(lastGroup, now);
    outbox.keepsApplied();
    if (restored != null) {
      if (logFound && !recovery.reaches(replica.applied())) {
        // A member's snapshot whose record was not durable. (A new log begins with its identity.)
        outbox.installed();
      }
      exchange.keeps(restored, now);
    }
    membership.recovered(tell);
    atStart = appliedSoFar();
  }

  // ---- peers

  void connected(Handshake peer, long now) {
    int place = links.place(peer.id(), peer.token());
    links.get(place).connected = true;
    links.get(place).heardAt = now;
    membership.connected(peer.id());
    replica.connected(place, now);
    outbox.heartbeat(place, now);
    exchange.connected(place, now);
  }

  void disconnected(NodeId peer, long now) {
    int place = links.connected(peer);
    if (place >= 0) {
      Links.Link link = links.get(place);
      link.connected = false;
      link.heard = false;
      link.lostAt = now;
      replica.disconnected(place);
      outbox.disconnected(place);
    }
  }

  boolean isConnected(NodeId peer) {
    return links.connected(peer) >= 0;
  }

  @Nullable String refuse(Handshake peer, long now) {
    return membership.refuse(peer, now);
  }

  @Nullable String refuseUnformed(Handshake peer, long now) {
    return membership.refuseUnformed(peer, now);
  }

  void refused(NodeId by, String reason) {
    membership.refused(by, reason);
  }

  void onFrame(NodeId peer, ByteBuffer body, long now) {
    int from = links.connected(peer);
    Links.Link link = links.get(from);
    link.heard = true;
    link.heardAt = now;
    exchange.begin(now);
    long applied = FrameHeader.applied(body);
    link.applied = Math.max(link.applied, applied);
    link.kept = Math.max(link.kept, FrameHeader.kept(body));
    FrameHeader.skip(body);
    MessageCodec.read(body, replica.from(from, applied, now));
  }

  /** Members that are connected, this node included if it is one. */
  int connected() {
    return links.count(membership.governing());
  }

  boolean hasQuorum() {
    return connected() >= membership.governing().quorum();
  }

  /** Did this node stop because it is a member no more? */
  boolean hasLeft() {
    return membership.hasLeft();
  }

  /** Has this node a vote? */
  boolean votes() {
    return membership.votes();
  }

  /**
   * Has this node a vote that is still one after a crash? Its token votes from a slot on, and until
   * what it applied before that is durable, a crash takes it back to where it counts for lost: so
   * long nobody may be told that another member can be spared.
   */
  boolean keepsVote() {
    keepsVote |= votes() && outbox.kept() >= replica.firstVote();
    return keepsVote && votes();
  }

  /** {@link Membership#lostForGood}. */
  List<NodeId> lostForGood() {
    return membership.lostForGood();
  }

  /** Is this node a member under another token, of which it has not the votes? */
  boolean comesBack() {
    return membership.comesBack();
  }

  ClusterView view() {
    return membership.view();
  }

  /** More than a window behind a connected member, or not told by a quorum where it is. */
  boolean farBehind() {
    Configuration governing = membership.governing();
    if (links.heard(governing) < governing.quorum()) {
      return true;
    }
    for (int i = 0; i < links.size(); i++) {
      Links.Link link = links.get(i);
      if (link.connected && link.applied - replica.applied() > governing.alpha()) {
        return true;
      }
    }
    return false;
  }

  // ---- requests

  void submit(Request request, long now) {
    pending.add(request, now);
    switch (request.kind) {
      case COMMAND, OPEN_SESSION -> keeper.submit(request, now);
      case CLOSE_SESSION -> keeper.close(request, now);
      case READ -> queueRead(request);
      case LOCAL_READ -> read(request);
      case VIEW -> pending.succeed(request, ChangeResult.encode(replica.configuration()));
      case CHANGE -> membership.submit(request, pending, now);
      case SNAPSHOT, BACKUP -> snapshots.request(request);
      default -> {
        answerStatusAt();
        if (hasRoom(statusAt, request)) {
          statusAt.add(request.question());
          answerStatusAt();
        }
      }
    }
  }

  private void queueRead(Request request) {
    QueuedRead oldest = reads.peek();
    while (oldest != null && oldest.request().answered) {
      reads.remove();
      oldest = reads.peek();
    }
    if (hasRoom(reads, request)) {
      reads.add(new QueuedRead(replica.queueRead(), request));
    }
  }

  private boolean hasRoom(ArrayDeque<?> queue, Request request) {
    boolean room = queue.size() < parts.config().inboxCapacity();
    if (!room) {
      pending.fail(request, new RabiaException.Overload(queue.size() + " are waiting"));
    }
    return room;
  }

  private void read(Request request) {
    if (request.answered) {
      return;
    }
    try {
      pending.succeed(request, applier.query(request.question().query()));
    } catch (RuntimeException e) {
      pending.fail(request, new RabiaException.StateMachineFailure(String.valueOf(e.getMessage())));
    }
  }

  private void answerStatusAt() {
    if (statusAt.isEmpty()) {
      return;
    }
    long applied = replica.applied();
    statusAt.removeIf(
        request -> {
          long slot = request.slot();
          if (slot == applied) {
            answerStatus(request);
          } else if (slot < applied) {
            pending.fail(
                request,
                new RabiaException.Validation("slot " + slot + " is passed; applied=" + applied));
          }
          return request.answered;
        });
  }

  private void answerStatus(Request.Question request) {
    try {
      pending.succeed(request, status(parts.id(), EngineState.SERVING, ""));
    } catch (RabiaException.StateMachineFailure e) {
      pending.fail(request, e);
    }
  }

  private void unserved(int from, long slot, long now) {
    exchange.unserved(from, slot, now);
  }

  /** Is a snapshot on its way here? */
  boolean fetches() {
    return exchange.fetches();
  }

  // ---- the duty cycle

  int advance(long now) {
    int work = 0;
    pending.expire(now);
    tickSeconds(now);
    if (exchange.takeFetched(this::widen, now)) {
      applier.answerPassed(pending.takeAll(replica::isPassed));
      answerStatusAt();
    }
    outbox.releaseHeld(now);
    boolean more = true;
    while (more) {
      keeper.advance(now);
      replica.pausePromises(persistence.full(), now);
      replica.advance(now);
      more = outbox.transfer(now);
      while (outbox.hasRoom() && replica.pollDecided(persistence.durable(), decided)) {
        applier.apply(decided, replica.ownOrigin());
        stateCheck.applied();
        configured();
        answerStatusAt();
        more = true;
      }
      work += more ? 1 : 0;
    }
    releaseReads();
    membership.advance(tell, now);
    exchange.takeOwn(keptByAll(), now);
    long heartbeat = parts.config().heartbeatInterval().toNanos();
    stateCheck.advance(now, heartbeat);
    outbox.advance(now, heartbeat);
    return work;
  }

  /** So many slots every member is known to have again after a crash. */
  private long keptByAll() {
    return Math.min(
        outbox.kept(),
        Math.min(links.kept(membership.governing()), links.kept(replica.configuration())));
  }

  private void releaseReads() {
    QueuedRead first = reads.peek();
    while (first != null && first.ticket() <= replica.readsReleased()) {
      read(first.request());
      reads.remove();
      first = reads.peek();
    }
  }

  private void tickSeconds(long now) {
    if (now - secondAt >= SECOND) {
      secondAt = now;
      if (hasQuorum() && votes()) {
        int members = membership.governing().size();
        keeper.tick(applier.sessions(), membership.index(), members, now);
      }
    }
  }

  /** How long the engine may sleep if nothing comes in. */
  long waitNanos(long now) {
    long wait = parts.config().heartbeatInterval().toNanos();
    if (replica.busy() || forces.isPending() || outbox.waitsForTime() || !batcher.isEmpty()) {
      wait = TICK_NANOS;
    }
    long deadline =
        Math.min(outbox.deadline(), Math.min(pending.nearestDeadline(), replica.deadline()));
    return deadline == Long.MAX_VALUE ? wait : Math.max(0, Math.min(wait, deadline - now));
  }

  boolean drained() {
    return pending.size() == 0;
  }

  void failAll(RabiaException failure) {
    pending.failAll(failure);
  }

  @Override
  public void close() {
    exchange.close();
    outbox.close();
  }

  // ---- what others see

  ForceTimes forceTimes() {
    return forces;
  }

  /** Connected members that speak so late as a rule that nobody waits for them. */
  List<NodeId> late() {
    List<NodeId> late = new ArrayList<>();
    for (int place = 0; place < links.size(); place++) {
      Links.Link link = links.get(place);
      if (place != replica.self() && link.connected && replica.late(place)) {
        late.add(link.id);
      }
    }
    return late;
  }

  /** The protocol's part, for the simulator's checkers. */
  @Internal
  public Replica replica() {
    return replica;
  }

  /** Hash of everything replicated. */
  @Internal
  public long stateHash() {
    return applier.stateHash(replica);
  }

  private Applied appliedSoFar() {
    ReplicaStatistics statistics = replica.statistics();
    return new Applied(
        replica.applied(),
        statistics.batches(),
        statistics.batchesOf(replica.ownOrigin()),
        statistics.noops(),
        statistics.forfeits());
  }

  EngineStatus status(NodeId id, EngineState state, String reason) {
    Applied now = appliedSoFar();
    return new EngineStatus(
        id,
        state,
        reason,
        membership.governing().epoch(),
        replica.decidedPrefix(),
        replica.applied(),
        stateHash(),
        applier.dataHash(),
        now.slots() - atStart.slots(),
        now.batches() - atStart.batches(),
        now.noops() - atStart.noops(),
        now.forfeits() - atStart.forfeits(),
        replica.statistics().fastRatio(),
        pending.size() + replica.pending(),
        connected(),
        now.ownBatches() - atStart.ownBatches(),
        forces.nanos() / 1000,
        late(),
        parts.transport().statistics());
  }
}
