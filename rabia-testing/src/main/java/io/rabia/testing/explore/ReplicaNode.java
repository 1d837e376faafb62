package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.message.Message;
import io.rabia.core.message.MessageHandler;
import io.rabia.engine.protocol.BatchSource;
import io.rabia.engine.protocol.Change;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Decided;
import io.rabia.engine.protocol.Output;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.SlotInstance;
import io.rabia.engine.protocol.Timing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One life of a member, or of one that may become one: a production {@link Replica} with a model of
 * its log, groups of records of which a prefix is durable. Outlives crashes. One thread.
 */
final class ReplicaNode {

  /** Messages on their way. */
  record Frame(long number, int from, int to, long applied, List<Message> messages) {}

  private record Read(long ticket, int floor) {}

  private record Wish(byte kind, byte[] payload) {}

  private static final int RETAINED_SLOTS = 1 << 16;
  private static final long RETAINED_BYTES = 1 << 20;

  final int index;
  final NodeId id;
  final Token token;
  private final ReplicaCluster cluster;
  private final ClusterOracle oracle;
  private final Trace trace;
  private final Outgoing outgoing;
  private final List<List<Message>> log = new ArrayList<>();
  private final ArrayDeque<Wish> commands = new ArrayDeque<>();
  private final ArrayDeque<Read> reads = new ArrayDeque<>();
  private final Set<Long> own = new HashSet<>();
  private final Set<Long> holds = new HashSet<>();
  private final Set<Long> logged = new HashSet<>();
  private final Set<Long> appliedIds = new HashSet<>();
  private final Decided decided = new Decided();
  private final List<Long> history = new ArrayList<>();
  private int durable;
  private int lastPromise;
  private int answered;
  private int readsDone;
  private int runs;
  private boolean asleep;
  private @Nullable Replica replica;

  /**
   * @param id not in use by another life, or that of a member which has lost its votes
   */
  ReplicaNode(ReplicaCluster cluster, int index, NodeId id, Token token) {
    this.cluster = cluster;
    this.index = index;
    this.id = id;
    this.token = token;
    oracle = cluster.oracle();
    trace = cluster.trace();
    outgoing = new Outgoing((to, applied, messages) -> cluster.send(this, to, applied, messages));
  }

  private final class Commands implements BatchSource {
    private final CommandBatch.Encoder encoder = new CommandBatch.Encoder();

    @Override
    public boolean isEmpty() {
      return commands.isEmpty();
    }

    @Override
    public boolean ready(long now, int inFlight) {
      return !commands.isEmpty();
    }

    @Override
    public @Nullable CommandBatch poll(long batch, long timestamp, long lowestOutstanding) {
      Wish wish = commands.poll();
      if (wish == null) {
        return null;
      }
      int session = wish.kind == CommandBatch.KIND_APPLY ? 1 : 0;
      encoder.add(wish.kind, session, session, session, wish.payload);
      oracle.made(batch, index, runs);
      own.add(batch);
      holds.add(batch);
      return encoder.build(batch, timestamp, lowestOutstanding);
    }
  }

  boolean up() {
    return replica != null;
  }

  Replica replica() {
    InvariantViolation.check(replica != null, "replica is down");
    return replica;
  }

  // ---- life

  /** Starts from the log, all of which is made durable first. */
  void start(long now) {
    Replica fresh =
        new Replica(
            cluster.founders(),
            id,
            token,
            cluster.coin(),
            new Commands(),
            Timing.defaults(),
            1,
            RETAINED_SLOTS,
            RETAINED_BYTES,
            1000L * ++runs);
    if (cluster.offers()) {
      fresh.offersBatches();
    }
    history.clear();
    appliedIds.clear();
    replica = fresh;
    MessageHandler recovery =
        fresh.recovery(
            now,
            () -> {
              while (fresh.pollDecided(Long.MAX_VALUE, decided)) {
                took(fresh);
              }
            });
    for (List<Message> group : log) {
      for (Message message : group) {
        message.accept(recovery);
        keep(message, logged);
      }
    }
    holds.addAll(logged);
    durable = log.size();
    lastPromise = durable;
    fresh.recovered(log.size(), now);
    step(now);
  }

  /** Loses everything but the first groups of the log. */
  void crash(int keptGroups) {
    InvariantViolation.check(
        keptGroups >= durable && keptGroups <= log.size(), "lost what was durable");
    log.subList(keptGroups, log.size()).clear();
    replica = null;
    outgoing.clear();
    commands.clear();
    reads.clear();
    own.clear();
    holds.clear();
    logged.clear();
  }

  /** Does nothing by itself from now on, hears nothing, and nobody knows. */
  void fallAsleep() {
    asleep = true;
  }

  /** Is it up, or about to come up, and awake? */
  boolean asleep() {
    return asleep;
  }

  /** The place that this replica has for another life. */
  private int place(ReplicaNode peer) {
    int place = replica().place(peer.id, peer.token);
    outgoing.place(place, peer.index);
    return place;
  }

  void connected(ReplicaNode peer, long now) {
    replica().connected(place(peer), now);
    step(now);
  }

  void disconnected(ReplicaNode peer, long now) {
    replica().disconnected(place(peer));
    outgoing.disconnected(peer.index);
    step(now);
  }

  // ---- what happens to it

  void submit(String command, long now) {
    commands.add(new Wish(CommandBatch.KIND_APPLY, command.getBytes(StandardCharsets.UTF_8)));
    step(now);
  }

  void change(Change change, long now) {
    commands.add(new Wish(CommandBatch.KIND_CONFIGURE, change.encode()));
    step(now);
  }

  void read(long now) {
    reads.add(new Read(replica().queueRead(), oracle.applied()));
    step(now);
  }

  void receive(List<Frame> frames, long now) {
    for (Frame frame : frames) {
      int from = place(cluster.node(frame.from()));
      MessageHandler taken = replica().from(from, frame.applied(), now);
      for (Message message : frame.messages()) {
        message.accept(taken);
        keep(message, holds);
      }
    }
    step(now);
    for (Frame frame : frames) {
      frame.messages().forEach(message -> checkCounted(slot(message)));
    }
  }

  /** Makes the whole log durable. */
  void force(long now) {
    durable = log.size();
    outgoing.release(durable);
    step(now);
  }

  /** Sends what waited for company. */
  void flush() {
    outgoing.flush(index, cluster.size(), replica().applied(), lastPromise);
    outgoing.release(durable);
  }

  void heartbeat(int to) {
    cluster.send(this, to, replica().applied(), List.of(new Message.Heartbeat()));
  }

  /** The duty cycle that {@link Replica} asks of its owner. */
  void step(long now) {
    Replica active = replica();
    boolean more = true;
    while (more) {
      active.advance(now);
      more = transfer(active);
      while (active.pollDecided(durable, decided)) {
        applied(active);
        more = true;
      }
    }
    while (!reads.isEmpty() && reads.peek().ticket() <= active.readsReleased()) {
      Read read = reads.remove();
      InvariantViolation.check(
          active.applied() >= read.floor(),
          "a barrier let a read see less than what was applied before it");
      readsDone++;
      trace.add(name() + " reads at " + active.applied());
    }
  }

  private static void keep(Message message, Set<Long> ids) {
    CommandBatch batch = null;
    if (message instanceof Message.Propose propose) {
      batch = propose.batch();
    } else if (message instanceof Message.Decide decide) {
      batch = decide.batch();
    } else if (message instanceof Message.BatchReply reply) {
      batch = reply.batch();
    } else if (message instanceof Message.Offer offer) {
      batch = offer.batch();
    }
    if (batch != null) {
      ids.add(batch.id());
    }
  }

  private static long slot(Message message) {
    if (message instanceof Message.Propose propose) {
      return propose.slot();
    } else if (message instanceof Message.Vote1 vote) {
      return vote.slot();
    } else if (message instanceof Message.Vote2 vote) {
      return vote.slot();
    } else if (message instanceof Message.Offer offer) {
      return offer.slot();
    }
    return -1;
  }

  /** Only what those said counts who have a vote there. */
  private void checkCounted(long slot) {
    SlotInstance instance = replica().instance(slot);
    if (slot >= 0 && instance != null && slot < replica().limit()) {
      oracle.counted(this, slot, instance);
    }
  }

  private void took(Replica active) {
    history.add(decided.id());
    oracle.applied(this, decided.slot(), decided.id(), decided.batch(), active.tableHash());
    InvariantViolation.check(
        decided.batch() == null || appliedIds.add(decided.id()), "applied a batch twice");
  }

  private void applied(Replica active) {
    took(active);
    checkCounted(decided.slot());
    CommandBatch batch = decided.batch();
    String skipped = batch == null && BatchId.isBatch(decided.id()) ? " again, skipped" : "";
    trace.add(
        name() + " applies " + decided.slot() + " = " + BatchId.toString(decided.id()) + skipped);
    if (batch != null && own.contains(batch.id())) {
      answered++;
    }
    if (decided.result() != null && trace.wanted()) {
      Configuration newest = active.configuration();
      trace.add(
          "  epoch "
              + newest.epoch()
              + " from slot "
              + newest.firstSlot()
              + ": "
              + cluster.names(newest));
    }
  }

  private boolean transfer(Replica active) {
    Output output = active.output();
    if (output.size() == 0) {
      return false;
    }
    append(active, output);
    outgoing.take(output, index, cluster.size(), active.applied(), lastPromise);
    outgoing.release(durable);
    output.clear();
    return true;
  }

  private void append(Replica active, Output output) {
    List<Message> group = new ArrayList<>();
    boolean promises = false;
    for (int i = 0; i < output.size(); i++) {
      if (output.has(i, Output.LOG)) {
        Message message = Outgoing.message(output, i, output.has(i, Output.LOG_BATCH));
        group.add(message);
        keep(message, logged);
        checkHeld(message);
        promises |= output.has(i, Output.PROMISE);
      }
    }
    if (!group.isEmpty()) {
      log.add(group);
      active.appended(log.size());
      lastPromise = promises ? log.size() : lastPromise;
    }
  }

  /** Who proposes a batch must have it after a restart, too: so a decided batch is never lost. */
  private void checkHeld(Message message) {
    if (message instanceof Message.Propose propose && BatchId.isBatch(propose.id())) {
      InvariantViolation.check(
          logged.contains(propose.id()), "proposed a batch that is not in the log");
    }
  }

  // ---- what can be seen

  char name() {
    return (char) ('A' + index);
  }

  /** Groups in the log, durable or not. */
  int groups() {
    return log.size();
  }

  int durableGroups() {
    return durable;
  }

  boolean waitsForForce() {
    return up() && durable < log.size();
  }

  boolean waitsForCompany() {
    return up() && outgoing.waitsForCompany();
  }

  /** Has it nothing to do? What callers want of one that is no member is never done. */
  boolean idle() {
    return up() && reads.isEmpty() && (commands.isEmpty() || !isMember()) && !replica().busy();
  }

  /** Is this life in the newest configuration that it knows? */
  boolean isMember() {
    return replica().configuration().indexOf(token) >= 0;
  }

  /** Ids of the batches that it has, or had until they were applied. */
  Set<Long> holds() {
    return holds;
  }

  /** How often it was started. */
  int runs() {
    return runs;
  }

  /** Batches of this run that were applied here. */
  int answered() {
    return answered;
  }

  int readsDone() {
    return readsDone;
  }

  /** Ids of the applied slots, in order. */
  List<Long> history() {
    return history;
  }
}
