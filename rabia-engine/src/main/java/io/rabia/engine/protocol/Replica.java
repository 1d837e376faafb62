package io.rabia.engine.protocol;

import static io.rabia.core.StateValue.CODE_V1;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.CommonCoin;
import io.rabia.core.InvariantViolation;
import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.Token;
import io.rabia.core.message.MessageHandler;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.SlotInstance.Stage;
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
public final class Replica {

  final Eras eras;
  int self;
  final Output output = new Output();
  final Window window;
  final Peers peers;
  final Batches batches;
  final Retention retention;
  final ReplicaStatistics statistics = new ReplicaStatistics();
  final Waits waits;
  final StateComparison states;

  private final CommonCoin coin;
  private final LogClock clock;
  final ReadBarrier barrier;
  private final Lanes lanes;
  private final Offers offers = new Offers(this);
  private final Retransmitter retransmitter;
  final CatchUp catchUp;
  final Incoming incoming = new Incoming(this);
  private final SlotInstance.Emitter emitter = new VoteEmitter();

  SnapshotMessages snapshots = SnapshotMessages.NONE;
  private long applied;
  private long limit;
  private long restoredTo;
  private long highestTaken = -1;
  long currentGroup = 1;
  private boolean recovering = true;
  private boolean pausing;
  long now;

  private long[] dirty = new long[64];
  private int dirtyCount;

  /**
   * @param founders the first configuration of the cluster
   * @param own the life that this replica speaks for; not a member of it: it listens until it is
   *     one
   * @param clockStart first log time of the cluster
   * @param retainedSlots bound of the decisions kept in memory for members that are behind
   * @param retainedBytes bound of their batches
   * @param nonceSeed random, so that answers to a former run's read probes are not taken for this
   *     one's
   */
  public Replica(
      Configuration founders,
      NodeId id,
      Token own,
      CommonCoin coin,
      BatchSource source,
      Timing timing,
      long clockStart,
      int retainedSlots,
      long retainedBytes,
      long nonceSeed) {
    this.coin = coin;
    eras = new Eras(founders, id, own);
    self = eras.self();
    peers = eras.peers;
    limit = eras.limit(applied);
    window = new Window(eras);
    clock = new LogClock(clockStart);
    retention = new Retention(retainedSlots, retainedBytes);
    batches = new Batches(eras, window, retention, output);
    barrier = new ReadBarrier(nonceSeed);
    waits = new Waits(timing);
    states = new StateComparison();
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
  public Recovery recovery(long now, Runnable decided) {
    this.now = now;
    return new Recovery(this, decided);
  }

  /** The last batch number of its own that a member may have used: its own part of a snapshot. */
  public long numbersEnd() {
    return batches.numbersEnd();
  }

  /** Takes what {@link #numbersEnd} gave, before {@link #load}. */
  public void restoreNumbers(long end) {
    batches.restoreNumbers(end);
  }

  /** Writes what every replica knows beside sessions and state machine: a snapshot's part. */
  public void save(DataOutput out) throws IOException {
    out.writeLong(applied);
    out.writeLong(clock.applied());
    eras.save(out);
    batches.save(out);
  }

  /** Begins in this slot and at this time, with the state of a cluster that was. */
  public void beginAt(long slot, long logTime) {
    InvariantViolation.check(recovering && applied == 0, "a cluster begins once");
    applied = slot;
    clock.apply(logTime, now);
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
    eras.load(in);
    window.changed(dropped -> {});
    batches.load(in, applied);
    limit = eras.limit(applied);
    settleChange();
  }

  /**
   * Takes what {@link #save} wrote at another member that had applied more, up to slot Y. Slots
   * below Y end: their decisions are in the state. Own votes for slots from Y on stay what they
   * are, so that none of them is ever given again; batches that stood in a slot that has ended are
   * free for another, or were applied in it.
   */
  public void install(DataInput in, long now) throws IOException {
    long end = in.readLong();
    InvariantViolation.check(!recovering && end > applied, "a snapshot of what is applied");
    this.now = now;
    clock.apply(in.readLong(), now);
    eras.load(in);
    batches.load(in, end);
    window.endBelow(end);
    window.changed(this::forget);
    lanes.changed();
    retention.clear();
    applied = end;
    lanes.started(applied - 1);
    for (long number = applied; number < limit; number++) {
      Slot slot = window.peek(number);
      if (slot != null) {
        touch(slot);
      }
    }
    limit = Math.max(limit, applied);
    open(eras.limit(applied));
    settleChange();
    barrier.onApplied(applied, eras.of(applied));
    retransmitter.progress(now);
  }

  /** Who hears the messages about snapshots. */
  public void snapshots(SnapshotMessages messages) {
    snapshots = messages;
  }

  /** Records take a while to be durable: the others are to propose a batch meanwhile. */
  public void offersBatches() {
    offers.enable();
  }

  /** While a snapshot comes, nobody is asked for decisions. */
  public void takesSnapshot(boolean taking) {
    catchUp.takesSnapshot(taking);
  }

  /** {@link #install} took this member's snapshot: it is asked for what follows. */
  public void installedFrom(int peer) {
    catchUp.installed(peer);
  }

  /** A member's snapshot did not come or is damaged: another is asked next, if there is one. */
  public void snapshotFailed(int peer) {
    catchUp.inVain(peer);
  }

  /** Was the own batch of this number applied, or has this life left, so that it never will be? */
  public boolean isPassed(long ownNumber) {
    return !batches.hasOwn() || batches.own().isApplied(ownNumber);
  }

  /** Are the decisions from this slot on all in memory? */
  public boolean remembers(long slot) {
    return slot == applied || retention.holds(slot);
  }

  /** The log was read to its end, at number {@code lastGroup}; from now on this replica speaks. */
  public void recovered(long lastGroup, long now) {
    this.now = now;
    recovering = false;
    currentGroup = lastGroup + 1;
    batches.resume();
    retransmitter.restart(now);
  }

  /**
   * What the log says from here on, and this replica when it has read it, is said under this token:
   * what a snapshot was taken under may be a former one.
   */
  public void speakAs(Token token) {
    InvariantViolation.check(recovering, "a life ends with its process");
    eras.speakAs(token);
    self = eras.self();
    batches.changed();
  }

  /** The life that this replica speaks for. */
  public Token own() {
    return eras.own();
  }

  /**
   * Makes no promise while that is so, because none can be kept; what was promised before stands,
   * and others' decisions are taken.
   */
  public void pausePromises(boolean pause, long now) {
    this.now = now;
    if (pausing && !pause) {
      for (long number = applied; number < Math.min(lanes.startedEnd(), limit); number++) {
        touch(window.at(number, now));
      }
    }
    pausing = pause;
  }

  /** Is this replica about to propose more, as soon as it hears what? */
  public boolean isAboutToPropose() {
    return lanes.areOpen();
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

  /** The place of this life of a member, or of one that may become one, whoever asks. */
  public int place(NodeId id, Token token) {
    return eras.place(id, token);
  }

  public void connected(int peer, long now) {
    this.now = now;
    peers.get(peer).connected = true;
    retransmitter.resendTo(peer, now);
  }

  public void disconnected(int peer) {
    peers.get(peer).connected = false;
  }

  // ---- messages in

  /**
   * Takes the messages of one frame.
   *
   * @param peer place of the sender
   * @param peerApplied its applied prefix, from the frame's header
   */
  public MessageHandler from(int peer, long peerApplied, long now) {
    this.now = now;
    return incoming.from(peer, peerApplied);
  }

  // ---- moving on

  /** Does everything that the messages, commands and time since the last call allow. */
  public void advance(long now) {
    this.now = now;
    offers.begin();
    do {
      evaluateTouched();
      if (!pausing) {
        lanes.fill(now);
      }
    } while (dirtyCount > 0);
    retransmitter.advance(now, catchUp.behind());
    catchUp.advance(now, retransmitter.progressAt());
    barrier.advance(now, waits.resend(), highestTakenPart(), eras.of(applied), output);
    barrier.onApplied(applied, eras.of(applied));
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

  /**
   * When {@link #advance} must be called at the latest, even if that is in less than a millisecond;
   * {@link Long#MAX_VALUE} when there is no such time.
   */
  public long deadline() {
    return offers.deadline();
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
    if (slot.number >= limit) {
      return;
    }
    boolean open = slot.number >= applied && slot.era.self >= 0 && !slot.instance.decided();
    if (open && !pausing && !offers.holds(slot, now)) {
      boolean patient = slot.graceSince == 0 || now - slot.graceSince < waits.grace();
      boolean waiting =
          slot.instance.evaluate(patient ? lanes.awaited(slot.era) : 0, coin, emitter);
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
    for (long number = applied; number < Math.min(lanes.startedEnd(), limit); number++) {
      Slot slot = window.peek(number);
      if (slot != null && (slot.graceSince != 0 || slot.heldSince > 0)) {
        evaluate(slot);
      }
    }
  }

  /** The own Propose in a slot. */
  void propose(Slot slot, long id) {
    int owner = slot.era.owner(slot.number);
    int flags = Output.LOG | Output.SEND | Output.PROMISE;
    CommandBatch body = null;
    if (BatchId.isBatch(id)) {
      body = batches.body(slot, id);
      if (body == null) {
        String text = slot.era.configuration.text(id);
        throw new InvariantViolation(slot.number, "proposes " + text + ", which is not held");
      }
      slot.body = body;
      OriginBatches origin = batches.of(id);
      if (!origin.isLogged(BatchId.number(id), applied)) {
        flags |= Output.LOG_BATCH;
        origin.setLogged(BatchId.number(id), applied);
      }
      origin.open(BatchId.number(id), slot.number);
    }
    boolean ahead = offers.offer(slot, id, body);
    flags |= owner == slot.era.self && body != null && !ahead ? Output.SEND_BATCH : 0;
    lanes.started(slot.number);
    speak(slot);
    boolean follows = slot.offered != BatchId.NONE || slot.instance.proposed(owner);
    slot.proposedAt = follows || owner == slot.era.self ? now : 0;
    slot.spokeFirst = slot.instance.isSilent() && !follows;
    output.add(Kind.PROPOSE, flags, Output.ALL, slot.number, 0, (byte) 0, id, body);
    slot.instance.propose(id);
    touch(slot);
  }

  private void speak(Slot slot) {
    InvariantViolation.check(slot.number < limit, slot.number, "took part outside the window");
    InvariantViolation.check(slot.era.self >= 0, slot.number, "took part without a vote");
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
          Output.LOG
              | Output.SEND
              | Output.PROMISE
              | (rides && lanes.mayRide(slot.era) ? Output.LAZY : 0);
      output.add(kind, flags, Output.ALL, slot.number, phase, value, id, null);
    }
  }

  /** Takes notice of a decision, once. */
  void settle(Slot slot) {
    if (slot.settled || !slot.instance.decided()) {
      return;
    }
    slot.settled = true;
    long id = slot.instance.decidedId();
    if (BatchId.isBatch(id)) {
      slot.body = batches.body(slot, id);
    }
    batches.release(slot, id);
    offers.decided(slot);
    if (!recovering) {
      lanes.decided(slot, id);
      statistics.decided(slot, id);
      waits.decided(slot, id, now);
      announce(slot, id);
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
    batches.durable(durable);
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
      InvariantViolation.check(
          BatchId.origin(id) < eras.origins(), applied, "decided a batch of an unknown origin");
      boolean skipped = !batches.known(id) || batches.of(id).isApplied(BatchId.number(id));
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
    target.result = null;
    if (body != null) {
      batches.of(id).apply(BatchId.number(id), body.lowestOutstanding());
      clock.apply(body.timestamp(), now);
      statistics.batches++;
      statistics.batchOf(BatchId.origin(id));
      if (body.isChange()) {
        target.result = change(body);
      }
    } else if (id == BatchId.NOOP) {
      statistics.noops++;
    } else {
      statistics.forfeits++;
    }
    target.logTime = clock.applied();
    retention.add(applied, id, body);
    slot.body = null;
    applied++;
    if (eras.isChanging()) {
      goOn();
    }
    open(eras.limit(applied));
    barrier.onApplied(applied, eras.of(applied));
    if (!recovering) {
      retransmitter.progress(now);
    }
  }

  // ---- changes of the configuration

  /**
   * A change is applied in the next slot. It governs from a slot on in which nobody can have taken
   * part, and all slots before that are filled, so that it does so on an idle cluster, too.
   */
  private byte[] change(CommandBatch batch) {
    CommandBatch.Cursor command = batch.cursor();
    command.next();
    ByteBuffer payload =
        ByteBuffer.wrap(command.array(), command.payloadOffset(), command.payloadLength()).slice();
    try {
      Configuration next = eras.apply(payload, applied);
      window.changed(this::forget);
      batches.changed();
      lanes.changed();
      lanes.started(next.firstSlot() - 1);
      return ChangeResult.made(next);
    } catch (RabiaException.ChangeRefused e) {
      return ChangeResult.refused(e);
    }
  }

  private void forget(Slot slot) {
    InvariantViolation.check(
        slot.instance.stage() == Stage.IDLE || slot.instance.decided(),
        slot.number,
        "took part in a slot before its configuration was known");
    batches.release(slot, BatchId.NONE);
  }

  /** A snapshot was taken after all changes that it knows of. */
  private void settleChange() {
    if (applied >= eras.newest().first()) {
      batches.dropOrphans(eras.newest().configuration);
      lanes.started(applied - 1);
    } else {
      lanes.started(eras.newest().first() - 1);
    }
  }

  /** What is past in a cluster whose configuration has changed is let go of. */
  private void goOn() {
    if (applied == eras.newest().first()) {
      batches.dropOrphans(eras.newest().configuration);
    }
    batches.farewell(applied);
    eras.forgetBelow(applied - window.size());
  }

  /** Slots below {@code end} may be taken part in: it is known who votes there. */
  private void open(long end) {
    while (limit < end) {
      Slot slot = window.peek(limit);
      if (slot != null) {
        slot.instance.release();
        touch(slot);
      }
      limit++;
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

  public long highestTakenPart() {
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
    InvariantViolation.check(group == currentGroup, "records are in another log group");
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
    return limit;
  }

  public ReplicaStatistics statistics() {
    return statistics;
  }

  /** The newest configuration that is known here; it governs from its first slot on. */
  public Configuration configuration() {
    return eras.newest().configuration;
  }

  /** What the members' states hash to. */
  public StateComparison states() {
    return states;
  }

  /** The state after the applied slots has this hash. */
  public void hashed(long hash) {
    states.own(eras.of(applied - 1).configuration, ownOrigin(), applied, hash);
  }

  /** The first slot in which the own token has a vote, as far as that is known here. */
  public long firstVote() {
    return eras.firstVote();
  }

  /** The one that governs the next slot to apply. */
  public Configuration governing() {
    return eras.of(applied).configuration;
  }

  /** The one that governs this slot, as far as is known here: below {@link #limit} that is so. */
  public Configuration configurationOf(long slot) {
    return eras.of(slot).configuration;
  }

  /** The largest ALPHA so far, which bounds what is held. */
  public int widest() {
    return eras.widest();
  }

  /** Who is found at this place. */
  public NodeId idOf(int place) {
    return peers.get(place).id;
  }

  /** The own place. */
  public int self() {
    return self;
  }

  /** The number of the own token, or -1 while it was never a member. */
  public int ownOrigin() {
    return batches.ownOrigin();
  }

  /** Is or was this a member, in whatever life? */
  public boolean wasMember(NodeId id) {
    return eras.wasMember(id);
  }

  /** The number of this token among all that were members, or -1. */
  public int origin(Token token) {
    return eras.origin(token);
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

  /** Does who is at this place speak so late as a rule that nobody waits for it? */
  public boolean late(int place) {
    return lanes.late(peers.get(place));
  }

  /** The time of the last batch that was applied. */
  public long logTime() {
    return clock.applied();
  }

  /** A hash of the applied-batch table, equal at replicas that applied the same slots. */
  public long tableHash() {
    return batches.rowsHash(clock.applied() * 31 + eras.hash());
  }
}
