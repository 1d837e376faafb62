package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.CommonCoin;
import io.rabia.core.InvariantViolation;
import io.rabia.core.StateValue;
import io.rabia.core.message.Message;
import io.rabia.core.message.MessageHandler;
import io.rabia.engine.protocol.BatchSource;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Decided;
import io.rabia.engine.protocol.Output;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.Timing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A production {@link Replica} with a model of its log and outbox: groups of records of which a
 * prefix is durable, and frames that wait for their group. Outlives crashes. One thread.
 */
final class ReplicaNode {

  /** Messages on their way. */
  record Frame(long number, int from, int to, long applied, List<Message> messages) {}

  /** Where frames go. */
  interface Network {
    void send(int from, int to, long applied, List<Message> messages);
  }

  private record Held(int gate, int to, long applied, List<Message> messages) {}

  private record Read(long ticket, int floor) {}

  private static final long RETAINED_BYTES = 1 << 20;

  final int index;
  private final Configuration configuration;
  private final CommonCoin coin;
  private final ClusterOracle oracle;
  private final Network network;
  private final Trace trace;
  private final List<List<Message>> log = new ArrayList<>();
  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private final List<Message> lazy = new ArrayList<>();
  private final ArrayDeque<String> commands = new ArrayDeque<>();
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
  private @Nullable Replica replica;

  ReplicaNode(
      int index,
      Configuration configuration,
      CommonCoin coin,
      ClusterOracle oracle,
      Network network,
      Trace trace) {
    this.index = index;
    this.configuration = configuration;
    this.coin = coin;
    this.oracle = oracle;
    this.network = network;
    this.trace = trace;
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
    public @Nullable CommandBatch poll(long id, long timestamp, long lowestOutstanding) {
      if (commands.isEmpty()) {
        return null;
      }
      encoder.add(
          CommandBatch.KIND_APPLY, 1, 1, 1, commands.remove().getBytes(StandardCharsets.UTF_8));
      oracle.made(id, runs);
      own.add(id);
      holds.add(id);
      return encoder.build(id, timestamp, lowestOutstanding);
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
            configuration,
            configuration.members().get(index).id(),
            configuration.members().get(index).token(),
            coin,
            new Commands(),
            Timing.defaults(),
            1,
            RETAINED_BYTES,
            1000L * ++runs);
    history.clear();
    appliedIds.clear();
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
    replica = fresh;
    step(now);
  }

  /** Loses everything but the first groups of the log. */
  void crash(int keptGroups) {
    InvariantViolation.check(
        keptGroups >= durable && keptGroups <= log.size(), "lost what was durable");
    log.subList(keptGroups, log.size()).clear();
    replica = null;
    held.clear();
    lazy.clear();
    commands.clear();
    reads.clear();
    own.clear();
    holds.clear();
    logged.clear();
  }

  void connected(int peer, long now) {
    replica().connected(peer, now);
    step(now);
  }

  void disconnected(int peer, long now) {
    replica().disconnected(peer);
    held.removeIf(frame -> frame.to == peer);
    step(now);
  }

  // ---- what happens to it

  void submit(String command, long now) {
    commands.add(command);
    step(now);
  }

  void read(long now) {
    reads.add(new Read(replica().queueRead(), oracle.applied()));
    step(now);
  }

  void receive(List<Frame> frames, long now) {
    for (Frame frame : frames) {
      replica().begin(frame.from(), frame.applied(), now);
      for (Message message : frame.messages()) {
        message.accept(replica());
        keep(message, holds);
      }
    }
    step(now);
  }

  /** Makes the whole log durable. */
  void force(long now) {
    durable = log.size();
    release();
    step(now);
  }

  /** Sends what waited for company. */
  void flush() {
    if (!lazy.isEmpty()) {
      List<Message> messages = List.copyOf(lazy);
      lazy.clear();
      for (int to = 0; to < configuration.size(); to++) {
        if (to != index) {
          post(to, messages);
        }
      }
    }
  }

  void heartbeat(int to) {
    network.send(index, to, replica().applied(), List.of(new Message.Heartbeat()));
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
    }
    if (batch != null) {
      ids.add(batch.id());
    }
  }

  private void took(Replica active) {
    history.add(decided.id());
    oracle.applied(decided.slot(), decided.id(), active.tableHash());
    InvariantViolation.check(
        decided.batch() == null || appliedIds.add(decided.id()), "applied a batch twice");
  }

  private void applied(Replica active) {
    took(active);
    CommandBatch batch = decided.batch();
    String skipped = batch == null && BatchId.isBatch(decided.id()) ? " again, skipped" : "";
    trace.add(
        name() + " applies " + decided.slot() + " = " + BatchId.toString(decided.id()) + skipped);
    if (batch != null && own.contains(batch.id())) {
      answered++;
    }
  }

  private boolean transfer(Replica active) {
    Output output = active.output();
    if (output.size() == 0) {
      return false;
    }
    append(active, output);
    send(output);
    output.clear();
    return true;
  }

  private void append(Replica active, Output output) {
    List<Message> group = new ArrayList<>();
    boolean promises = false;
    for (int i = 0; i < output.size(); i++) {
      if (output.has(i, Output.LOG)) {
        Message message = message(output, i, output.has(i, Output.LOG_BATCH));
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

  private void send(Output output) {
    List<List<Message>> frames = new ArrayList<>();
    for (int to = 0; to < configuration.size(); to++) {
      frames.add(new ArrayList<>());
    }
    boolean broadcast = false;
    for (int i = 0; i < output.size(); i++) {
      if (!output.has(i, Output.SEND)) {
        InvariantViolation.check(output.has(i, Output.LOG), "asked for old decisions from the log");
        continue;
      }
      Message message = message(output, i, output.has(i, Output.SEND_BATCH));
      if (output.has(i, Output.LAZY)) {
        lazy.add(message);
      } else if (output.to(i) == Output.ALL) {
        frames.forEach(frame -> frame.add(message));
        broadcast = true;
      } else {
        frames.get(output.to(i)).add(message);
      }
    }
    if (broadcast) {
      frames.forEach(frame -> frame.addAll(lazy));
      lazy.clear();
    }
    for (int to = 0; to < frames.size(); to++) {
      if (to != index && !frames.get(to).isEmpty()) {
        post(to, frames.get(to));
      }
    }
  }

  private void post(int to, List<Message> messages) {
    held.add(new Held(lastPromise, to, replica().applied(), messages));
    release();
  }

  private void release() {
    while (!held.isEmpty() && held.peek().gate() <= durable) {
      Held frame = held.remove();
      network.send(index, frame.to(), frame.applied(), frame.messages());
    }
  }

  private static Message message(Output output, int i, boolean withBatch) {
    CommandBatch batch = withBatch ? output.batch(i) : null;
    long slot = output.slot(i);
    long id = output.id(i);
    int phase = output.phase(i);
    return switch (output.kind(i)) {
      case PROPOSE -> new Message.Propose(slot, id, batch);
      case VOTE1 -> new Message.Vote1(slot, phase, StateValue.of(output.value(i)), id);
      case VOTE2 -> new Message.Vote2(slot, phase, StateValue.of(output.value(i)), id);
      case DECIDE -> new Message.Decide(slot, id, batch);
      case BATCH_REQUEST -> new Message.BatchRequest(id);
      case BATCH_REPLY -> new Message.BatchReply(Objects.requireNonNull(output.batch(i)));
      case CATCH_UP_REQUEST -> new Message.CatchUpRequest(slot, phase);
      case CATCH_UP_END -> new Message.CatchUpEnd(slot);
      case READ_PROBE -> new Message.ReadProbe(slot);
      case READ_REPLY -> new Message.ReadReply(slot, id);
      case NUMBERS -> new Message.Numbers(slot);
    };
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
    return up() && !lazy.isEmpty();
  }

  boolean idle() {
    return up() && reads.isEmpty() && commands.isEmpty() && !replica().busy();
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
