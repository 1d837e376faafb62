package io.rabia.engine.protocol;

import static io.rabia.core.StateValue.CODE_V1;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.CommonCoin;
import io.rabia.core.InvariantViolation;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.message.MessageHandler;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.Window.Slot;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One member's part in the protocol: opens slots, routes messages to them, answers laggards, hands
 * out decisions in slot order. Pure: one thread, time comes in as a number, all effects go out
 * through {@link Output}.
 *
 * <p>A duty cycle of its owner: {@link #begin} and the messages of a frame, for every frame; {@link
 * #advance}; append the records of {@link #output} as one log group and say its number with {@link
 * #appended}; send the messages once that group is durable; {@link #pollDecided} until it returns
 * false; again from {@code advance} while there is output.
 */
@Internal
public final class Replica implements MessageHandler {

  private static final int RETAINED_SLOTS = 1 << 16;

  final Configuration configuration;
  final int self;
  final Output output = new Output();
  final Window window;
  final Peer[] peers;
  final Batches batches;
  final Retention retention;
  final ReplicaStatistics statistics = new ReplicaStatistics();
  final Waits waits;
  final StateComparison states;

  private final CommonCoin coin;
  private final LogClock clock;
  private final ReadBarrier barrier;
  private final Lanes lanes;
  private final Retransmitter retransmitter;
  private final CatchUp catchUp;
  private final SlotInstance.Emitter emitter = new VoteEmitter();

  private long applied;
  private long restoredTo;
  private long highestTaken = -1;
  private long currentGroup = 1;
  private boolean recovering = true;
  private int from;
  private long now;

  private long[] dirty = new long[64];
  private int dirtyCount;

  /**
   * @param self own index in the configuration
   * @param clockStart first log time of the cluster
   * @param retainedBytes bound of the decided batches kept in memory for members that are behind
   * @param nonceSeed random, so that answers to a former run's read probes are not taken for this
   *     one's
   */
  public Replica(
      Configuration configuration,
      int self,
      CommonCoin coin,
      BatchSource source,
      Timing timing,
      long clockStart,
      long retainedBytes,
      long nonceSeed) {
    this.configuration = configuration;
    this.self = self;
    this.coin = coin;
    int n = configuration.size();
    window = new Window(configuration, self);
    peers = new Peer[n];
    for (int i = 0; i < n; i++) {
      peers[i] = new Peer();
    }
    peers[self].connected = true;
    clock = new LogClock(clockStart);
    retention = new Retention(RETAINED_SLOTS, retainedBytes);
    batches = new Batches(configuration, self, window, retention, output);
    barrier = new ReadBarrier(configuration.quorum(), self, nonceSeed);
    waits = new Waits(timing);
    states = new StateComparison(configuration.members().get(self).origin());
    lanes = new Lanes(this, source);
    retransmitter = new Retransmitter(this);
    catchUp = new CatchUp(this);
  }

  // ---- restart: the own log is fed through recovery(), decisions are taken with pollDecided, then
  // recovered()

  /**
   * Takes records of the own log; use until {@link #recovered}.
   *
   * @param now the time at which log time goes on from what the log says
   * @param decided called after each decision, to take it with {@link #pollDecided} before the next
   *     record
   */
  public MessageHandler recovery(long now, Runnable decided) {
    this.now = now;
    return new Recovery(this, decided);
  }

  /**
   * Writes what a replica must know beside the sessions and the state machine: a snapshot's part.
   */
  public void save(DataOutput out) throws IOException {
    out.writeLong(applied);
    out.writeLong(clock.applied());
    batches.save(out);
  }

  /**
   * Takes what {@link #save} wrote, before the records of the log from then on; what they say of
   * the slots before is passed over.
   */
  public void load(DataInput in, long now) throws IOException {
    InvariantViolation.check(recovering && applied == 0, "a snapshot is taken first of all");
    applied = in.readLong();
    restoredTo = applied;
    clock.apply(in.readLong(), now);
    batches.load(in);
    if (applied > 0) {
      lanes.started(applied - 1);
    }
  }

  /** The log was read to its end, at number {@code lastGroup}; from now on this replica speaks. */
  public void recovered(long lastGroup, long now) {
    this.now = now;
    recovering = false;
    currentGroup = lastGroup + 1;
    batches.resume();
    retransmitter.restart(now);
  }

  Lanes lanes() {
    return lanes;
  }

  void restoreBatch(CommandBatch batch) {
    if (batches.known(batch.id())) {
      batches.hold(batch);
      if (applied > restoredTo || restoredTo == 0) {
        // What stands before a snapshot's first decision may be too far from the next ones.
        batches.of(batch.id()).setLogged(BatchId.number(batch.id()), applied);
      }
    }
  }

  /** Was this slot applied in the state that a snapshot restored? */
  boolean restored(long number) {
    return number < restoredTo;
  }

  Slot openAtRecovery(long number) {
    return window.at(number, now);
  }

  void restoreOwn(Slot slot) {
    slot.gate = 0;
    highestTaken = Math.max(highestTaken, slot.number);
    lanes.started(slot.number);
  }

  // ---- connections

  public void connected(int peer, long now) {
    this.now = now;
    peers[peer].connected = true;
    retransmitter.resendTo(peer, now);
  }

  public void disconnected(int peer) {
    peers[peer].connected = false;
  }

  // ---- messages in

  /**
   * Announces the sender of the messages that follow, with its applied prefix from the frame's
   * header.
   */
  public void begin(int from, long peerApplied, long now) {
    this.from = from;
    this.now = now;
    peers[from].applied = Math.max(peers[from].applied, peerApplied);
  }

  @Override
  public void onPropose(long number, long id, @Nullable CommandBatch batch) {
    boolean opened = window.peek(number) != null;
    Slot slot = place(number, id);
    if (batch != null) {
      batches.hold(batch);
    }
    if (slot == null) {
      return;
    }
    lanes.started(number);
    boolean lost = slot.instance.decided() && slot.instance.decidedId() != id;
    if (batch != null && slot.body == null && !lost && number >= applied) {
      slot.body = batch;
    }
    if (!slot.instance.onPropose(from, id)) {
      catchUp.repeated(slot, from, now);
      return;
    }
    if (configuration.owner(number) == from) {
      lanes.ownerSpoke(from, slot, id, opened ? now - slot.seenAt : 0);
    }
    touch(slot);
  }

  @Override
  public void onVote1(long number, int phase, byte value, long id) {
    Slot slot = place(number, id);
    if (slot != null) {
      lanes.started(number);
      voted(slot, slot.instance.onVote1(from, phase, value, id));
    }
  }

  @Override
  public void onVote2(long number, int phase, byte value, long id) {
    Slot slot = place(number, id);
    if (slot != null) {
      lanes.started(number);
      voted(slot, slot.instance.onVote2(from, phase, value, id));
    }
  }

  private void voted(Slot slot, boolean fresh) {
    if (fresh) {
      touch(slot);
    } else {
      catchUp.repeated(slot, from, now);
    }
  }

  @Override
  public void onDecide(long number, long id, @Nullable CommandBatch batch) {
    Slot slot = place(number, id);
    if (slot == null || number < applied) {
      return;
    }
    lanes.started(number);
    if (batch != null) {
      slot.body = batch;
    }
    slot.heard |= slot.instance.onDecide(id);
    settle(slot);
  }

  @Override
  public void onBatchRequest(long id) {
    CommandBatch batch = batches.find(id, applied);
    if (batch != null) {
      output.add(
          Kind.BATCH_REPLY, Output.SEND | Output.SEND_BATCH, from, 0, 0, (byte) 0, id, batch);
    }
  }

  @Override
  public void onBatchReply(CommandBatch batch) {
    batches.hold(batch);
    for (long number = applied; number < Math.min(lanes.startedEnd(), limit()); number++) {
      Slot slot = window.peek(number);
      if (slot != null && slot.body == null && names(slot, batch.id())) {
        slot.body = batch;
        touch(slot);
      }
    }
  }

  private boolean names(Slot slot, long id) {
    if (slot.instance.decided()) {
      return slot.instance.decidedId() == id;
    }
    for (int i = 0; i < peers.length; i++) {
      if (slot.instance.proposal(i) == id) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void onCatchUpRequest(long fromSlot, int maxBytes) {
    catchUp.onRequest(from, fromSlot, maxBytes);
  }

  @Override
  public void onCatchUpEnd(long nextSlot) {
    catchUp.answered(from);
  }

  @Override
  public void onReadProbe(long nonce) {
    output.add(Kind.READ_REPLY, Output.SEND, from, nonce, 0, (byte) 0, highestTakenPart(), null);
  }

  @Override
  public void onReadReply(long nonce, long highestSlot) {
    barrier.onReply(from, nonce, highestSlot);
    barrier.onApplied(applied);
  }

  @Override
  public void onHeartbeat() {}

  @Override
  public void onStateHash(long afterSlots, long hash) {
    states.said(configuration, configuration.members().get(from).origin(), afterSlots, hash);
  }

  @Override
  public void onFormationAsk(Token founder) {}

  @Override
  public void onFormationPromise(Token founder, Token own) {}

  @Override
  public void onInit(ByteBuffer init) {}

  @Override
  public void onIdentity(int nodeId, Token token) {}

  @Override
  public void onNumbers(long end) {}

  /** The place of a slot that a message is for, or null when there is none. */
  private @Nullable Slot place(long number, long id) {
    if (BatchId.isBatch(id) && !batches.known(id)) {
      throw new RabiaException.Serialization("batch of an unknown origin");
    }
    if (number < applied) {
      return window.peek(number);
    }
    return window.holds(number, applied) ? window.at(number, now) : null;
  }

  // ---- moving on

  /** Does everything that the messages, commands and time since the last call allow. */
  public void advance(long now) {
    this.now = now;
    do {
      evaluateTouched();
      lanes.fill(now);
    } while (dirtyCount > 0);
    retransmitter.advance(now, catchUp.behind());
    catchUp.advance(now, retransmitter.progressAt());
    barrier.advance(now, waits.resend(), highestTakenPart(), output);
    barrier.onApplied(applied);
  }

  /**
   * True while something waits for others or for time, so that {@link #advance} must be called
   * every millisecond.
   */
  public boolean busy() {
    return applied < lanes.startedEnd()
        || barrier.active()
        || catchUp.behind()
        || lanes.holdsLeft();
  }

  void touch(Slot slot) {
    if (slot.dirty) {
      return;
    }
    if (dirtyCount == dirty.length) {
      dirty = Arrays.copyOf(dirty, dirty.length * 2);
    }
    slot.dirty = true;
    dirty[dirtyCount++] = slot.number;
  }

  private void evaluateTouched() {
    for (int i = 0; i < dirtyCount; i++) {
      Slot slot = window.peek(dirty[i]);
      if (slot != null) {
        slot.dirty = false;
        evaluate(slot);
      }
    }
    dirtyCount = 0;
  }

  private void evaluate(Slot slot) {
    if (slot.number >= applied && slot.number < limit() && !slot.instance.decided()) {
      boolean patient = slot.graceSince == 0 || now - slot.graceSince < waits.grace();
      boolean waiting = slot.instance.evaluate(patient ? awaited() : 0, coin, emitter);
      if (!waiting) {
        slot.graceSince = 0;
      } else if (slot.graceSince == 0) {
        slot.graceSince = now;
      }
    }
    settle(slot);
  }

  /** Evaluates again the slots whose wait for a majority may have run out. */
  void evaluateWaiting() {
    for (long number = applied; number < Math.min(lanes.startedEnd(), limit()); number++) {
      Slot slot = window.peek(number);
      if (slot != null && slot.graceSince != 0) {
        evaluate(slot);
      }
    }
  }

  private long awaited() {
    long mask = 0;
    for (int i = 0; i < peers.length; i++) {
      mask |= peers[i].connected && !late(i) ? 1L << i : 0;
    }
    return mask;
  }

  /** The own Propose in a slot. */
  void propose(Slot slot, long id) {
    int flags = Output.LOG | Output.SEND | Output.PROMISE;
    CommandBatch body = null;
    if (BatchId.isBatch(id)) {
      body = batches.body(slot, id);
      InvariantViolation.check(body != null, "proposed a batch that is not held");
      slot.body = body;
      OriginBatches origin = batches.of(id);
      if (!origin.isLogged(BatchId.number(id), applied)) {
        flags |= Output.LOG_BATCH;
        origin.setLogged(BatchId.number(id), applied);
      }
      origin.open(BatchId.number(id), slot.number);
      flags |= configuration.owner(slot.number) == self ? Output.SEND_BATCH : 0;
    }
    speak(slot);
    int owner = configuration.owner(slot.number);
    slot.proposedAt = owner == self || slot.instance.proposed(owner) ? now : 0;
    slot.spokeFirst = slot.instance.isSilent();
    output.add(Kind.PROPOSE, flags, Output.ALL, slot.number, 0, (byte) 0, id, body);
    slot.instance.propose(id);
    touch(slot);
  }

  private void speak(Slot slot) {
    InvariantViolation.check(slot.number < limit(), "took part outside the window");
    slot.gate = currentGroup;
    highestTaken = Math.max(highestTaken, slot.number);
  }

  private final class VoteEmitter implements SlotInstance.Emitter {
    @Override
    public void emitVote1(SlotInstance instance, int phase, byte value, long id) {
      vote(Kind.VOTE1, instance, phase, value, id);
    }

    @Override
    public void emitVote2(SlotInstance instance, int phase, byte value, long id) {
      vote(Kind.VOTE2, instance, phase, value, id);
    }

    private void vote(Kind kind, SlotInstance instance, int phase, byte value, long id) {
      Slot slot = window.at(instance.slot(), now);
      speak(slot);
      boolean rides = kind == Kind.VOTE2 && phase == 0 && value == CODE_V1 && slot.spokeFirst;
      int flags =
          Output.LOG | Output.SEND | Output.PROMISE | (rides && allConnected() ? Output.LAZY : 0);
      output.add(kind, flags, Output.ALL, slot.number, phase, value, id, null);
    }
  }

  /** With n = 3 nobody needs the vote of who spoke first while the other two have each other's. */
  private boolean allConnected() {
    if (peers.length != 3) {
      return false;
    }
    for (Peer peer : peers) {
      if (!peer.connected) {
        return false;
      }
    }
    return true;
  }

  /** Takes notice of a decision, once. */
  private void settle(Slot slot) {
    if (slot.settled || !slot.instance.decided()) {
      return;
    }
    slot.settled = true;
    long id = slot.instance.decidedId();
    if (BatchId.isBatch(id)) {
      slot.body = batches.body(slot, id);
    }
    for (int i = 0; i < peers.length; i++) {
      long proposal = slot.instance.proposal(i);
      if (BatchId.isBatch(proposal) && proposal != id && batches.known(proposal)) {
        batches.of(proposal).release(BatchId.number(proposal), slot.number);
      }
    }
    if (!recovering) {
      lanes.decided(slot, id);
      count(slot, id);
      announce(slot, id);
    }
  }

  private void count(Slot slot, long id) {
    statistics.decided++;
    if (!slot.heard) {
      statistics.phase(slot.instance.decidedPhase());
      if (slot.batchProposed(peers.length)) {
        statistics.batchProposed++;
        statistics.fast += slot.instance.decidedPhase() == 0 && BatchId.isBatch(id) ? 1 : 0;
      }
      int owner = configuration.owner(slot.number);
      if (slot.proposedAt != 0
          && BatchId.isBatch(id)
          && id == slot.instance.proposal(self)
          && id == slot.instance.proposal(owner)) {
        waits.sample(owner == self, now - slot.proposedAt);
      }
    }
  }

  /** Off the fast path the others may lack the votes that decided: they are told the outcome. */
  private void announce(Slot slot, long id) {
    if (!slot.heard && slot.instance.decidedPhase() > 0) {
      output.add(Kind.DECIDE, Output.SEND, Output.ALL, slot.number, 0, (byte) 0, id, null);
    }
  }

  long stamp() {
    return clock.stamp(now);
  }

  // ---- decisions out

  /**
   * Hands out the next decision, if there is one whose batch is held and that may be acted on.
   *
   * @param durable number of the last durable log group
   */
  public boolean pollDecided(long durable, Decided target) {
    Slot slot = window.peek(applied);
    if (slot == null || !slot.instance.decided() || output.isFull()) {
      return false;
    }
    settle(slot);
    if (slot.gate > durable && !slot.instance.decidedByOthers()) {
      return false;
    }
    long id = slot.instance.decidedId();
    CommandBatch body = null;
    if (BatchId.isBatch(id)) {
      InvariantViolation.check(batches.known(id), "decided a batch of an unknown origin");
      boolean skipped = batches.of(id).isApplied(BatchId.number(id));
      body = skipped ? null : batches.body(slot, id);
      if (body == null && !skipped) {
        return false;
      }
    }
    take(slot, id, body, target);
    return true;
  }

  private void take(Slot slot, long id, @Nullable CommandBatch body, Decided target) {
    if (!recovering) {
      boolean logged = body == null || batches.of(id).isLogged(BatchId.number(id), applied);
      output.add(
          Kind.DECIDE,
          Output.LOG | (logged ? 0 : Output.LOG_BATCH),
          Output.ALL,
          applied,
          0,
          (byte) 0,
          id,
          body);
    }
    target.slot = applied;
    target.id = id;
    target.batch = body;
    if (body != null) {
      batches.of(id).apply(BatchId.number(id), body.lowestOutstanding());
      clock.apply(body.timestamp(), now);
      statistics.batches++;
      statistics.batchesOf[BatchId.origin(id)]++;
    }
    statistics.noops += id == BatchId.NOOP ? 1 : 0;
    statistics.forfeits += id == BatchId.NONE ? 1 : 0;
    target.logTime = clock.applied();
    retention.add(applied, id, body);
    slot.body = null;
    applied++;
    Slot opened = window.peek(limit() - 1);
    if (opened != null) {
      touch(opened);
    }
    barrier.onApplied(applied);
    if (!recovering) {
      retransmitter.progress(now);
    }
  }

  // ---- reads

  /**
   * Queues a linearizable read; it may be done once {@link #readsReleased} has reached the returned
   * ticket.
   */
  public long queueRead() {
    return barrier.queue();
  }

  public long readsReleased() {
    return barrier.released();
  }

  private long highestTakenPart() {
    return Math.max(highestTaken, applied - 1);
  }

  // ---- what the owner of a replica sees

  public Output output() {
    return output;
  }

  /**
   * The records of the last output became the log group of this number; the next ones will be in
   * the one after.
   */
  public void appended(long group) {
    currentGroup = group + 1;
  }

  /** How many slots are applied: the next slot to apply. */
  public long applied() {
    return applied;
  }

  /** All slots below this one are known as decided, applied or not. */
  public long decidedPrefix() {
    long prefix = applied;
    Slot slot = window.peek(prefix);
    while (slot != null && slot.instance.decided() && window.holds(prefix, applied)) {
      prefix++;
      slot = window.peek(prefix);
    }
    return prefix;
  }

  /** The first slot that this replica may not take part in. */
  public long limit() {
    return applied + configuration.alpha();
  }

  public ReplicaStatistics statistics() {
    return statistics;
  }

  public Configuration configuration() {
    return configuration;
  }

  /** What the members' states hash to. */
  public StateComparison states() {
    return states;
  }

  /** The state after the applied slots has this hash. */
  public void hashed(long hash) {
    states.own(configuration, applied, hash);
  }

  public int self() {
    return self;
  }

  /** The slot's agreement as far as it is held here, for the checkers. */
  public @Nullable SlotInstance instance(long number) {
    Slot slot = window.peek(number);
    return slot == null ? null : slot.instance;
  }

  /** Slots that are open here. */
  public long pending() {
    return Math.max(0, lanes.startedEnd() - applied);
  }

  /** Batches that wait here to be applied. */
  public int held() {
    return batches.heldCount();
  }

  /**
   * Does it speak so late as a rule that nobody waits for it? So it is when it is much later than
   * decisions take, or later than that and than three times what a quorum takes to speak, this one
   * among them: those decide without it.
   */
  public boolean late(int peer) {
    long lag = peers[peer].lag();
    if (lag <= waits.decision()) {
      return false;
    }
    int sooner = 1;
    for (Peer other : peers) {
      sooner += other.connected && other.lag() > 0 && 3 * other.lag() < lag ? 1 : 0;
    }
    return lag > waits.slow() || sooner >= configuration.quorum();
  }

  public boolean quiet(int peer) {
    return peers[peer].quiet();
  }

  /** A hash of the applied-batch table, equal at replicas that applied the same slots. */
  public long tableHash() {
    return batches.rowsHash(clock.applied());
  }
}
