package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.engine.protocol.Output.Kind;
import io.rabia.engine.protocol.SlotInstance.Stage;
import io.rabia.engine.protocol.Window.Slot;
import org.jspecify.annotations.Nullable;

/**
 * Who proposes what (protocol.md section 3): every slot has an owner, whose next batch everyone
 * proposes in it; a round of slots that anyone started is filled by all. Chooses proposals only; no
 * counting rule knows of owners, so nothing here can break agreement.
 *
 * <p>Three choices beyond the page. An owner whose slot others have filled for it goes along with
 * them and puts its batch into a round of its own, rather than split the votes. Any batch of an
 * owner ends its quietness, an owner that is late as a rule is not waited for (it would make the
 * others run at its pace), its batches are proposed by the others. And an owner that had commands
 * for most of its slots waits for the next ones, four round trips at most, before it says NOOP:
 * under steady load its callers were just answered and are about to ask again.
 */
final class Lanes {
  /** In place of an id: nothing to propose yet. */
  private static final long WAIT = -2;

  private static final long NO_SLOT = -1;

  private static final int ALWAYS = 256;

  /** A lag counts as so many times the longest that is in time at most: one pause is no rule. */
  private static final int MOST_LAG = 4;

  private final Replica replica;
  private final BatchSource source;
  private long seen = NO_SLOT;
  private long started;
  private long cursor;

  /** How often own slots got a batch lately: 0 never, ALWAYS always. */
  private int busy;

  /** How many own slots in a row got none. */
  private int noops = Peer.IDLE_AFTER;

  /** Since when another owner's batch has waited with nothing open, or 0. */
  private long leftSince;

  Lanes(Replica replica, BatchSource source) {
    this.replica = replica;
    this.source = source;
  }

  /** A slot of this round or of a later one was seen: the round must be filled. */
  void started(long slot) {
    if (slot > seen) {
      seen = slot;
    }
    if (slot >= started) {
      started = replica.eras.roundEnd(slot);
    }
  }

  /** Rounds may be others than they were taken for: who is behind learns late who governs. */
  void changed() {
    started = seen == NO_SLOT ? 0 : replica.eras.roundEnd(seen);
  }

  /** The first slot that is not started. */
  long startedEnd() {
    return started;
  }

  /**
   * The owner's own Propose arrived for the first time.
   *
   * @param owner its place
   * @param lag how long the slot had been waiting for it, or 0 when this opened the slot
   */
  void ownerSpoke(int owner, Slot slot, long id, long lag) {
    Peer peer = replica.peers.get(owner);
    peer.lagged(Math.min(lag, MOST_LAG * replica.waits.slow()));
    if (BatchId.isBatch(id)) {
      ownerOffered(owner, slot, id);
    } else {
      peer.spokeNoop();
    }
  }

  /** The owner is about to propose this batch, or has. */
  void ownerOffered(int owner, Slot slot, long id) {
    replica.peers.get(owner).spokeBatch();
    boolean lost = slot.instance.decided() && slot.instance.decidedId() != id;
    if (!lost && replica.batches.known(id)) {
      replica.batches.of(id).open(BatchId.number(id), slot.number);
    }
  }

  void decided(Slot slot, long id) {
    if (BatchId.isBatch(id) && replica.batches.known(id)) {
      replica.batches.of(id).open(BatchId.number(id), slot.number);
    }
  }

  /**
   * Proposes wherever this replica can, and starts rounds for what its own callers want and for
   * what another owner left. What finds the output full goes on with the next call.
   */
  void fill(long now) {
    cursor = Math.max(cursor, replica.applied());
    startForLeft(now);
    while (true) {
      long end = Math.min(started, replica.limit());
      while (cursor < end && spoken(cursor)) {
        cursor++;
      }
      for (long number = cursor; number < end; number++) {
        if (replica.output.isFull()) {
          return;
        }
        if (!spoken(number)) {
          fill(replica.window.at(number, now), now);
        }
      }
      if (replica.output.isFull() || !start(now)) {
        return;
      }
    }
  }

  /**
   * Is there a slot that was started in which this replica will speak when it hears its owner, or
   * has commands? Not one whose batch it has asked for, which takes longer.
   */
  boolean areOpen() {
    long end = Math.min(started, replica.limit());
    for (long number = Math.max(cursor, replica.applied()); number < end; number++) {
      Slot slot = replica.window.peek(number);
      if (!spoken(number) && (slot == null || slot.fetchedAt == 0)) {
        return true;
      }
    }
    return false;
  }

  /** This replica has nothing to say there (any more). */
  private boolean spoken(long number) {
    Slot slot = replica.window.peek(number);
    return slot != null
        ? slot.instance.stage() != Stage.IDLE || slot.era.self < 0
        : replica.eras.of(number).self < 0;
  }

  private void fill(Slot slot, long now) {
    long id = choose(slot, now);
    if (id != WAIT) {
      replica.propose(slot, id);
    }
  }

  /**
   * Starts the round of the own next slot, when there is a batch for it and a place in the window.
   */
  private boolean start(long now) {
    long next = ownNext(Math.max(started, replica.applied()));
    if (next == NO_SLOT) {
      return false;
    }
    OriginBatches own = replica.batches.own();
    if (own.next() == null
        && !(source.ready(now, own.heldCount()) && replica.batches.mayNumber())) {
      return false;
    }
    started(next);
    return true;
  }

  /** The own next slot from this one on that is in the window. */
  private long ownNext(long from) {
    Era era = replica.eras.of(from);
    if (era.self < 0 && era.end == Long.MAX_VALUE) {
      return NO_SLOT;
    }
    for (long number = from; number < replica.limit(); number++) {
      era = number < era.end ? era : replica.eras.of(number);
      if (era.self >= 0 && era.owner(number) == era.self) {
        return number;
      }
    }
    return NO_SLOT;
  }

  /**
   * A batch that lost its slot would wait for the others' next commands when its owner is gone, or
   * was and came back without it. An owner that has it starts a round for it at once. One member
   * after the other, so that two who hold each other's do not split each other's votes for ever.
   */
  private void startForLeft(long now) {
    if (!holdsLeft()) {
      leftSince = 0;
    } else if (leftSince == 0) {
      leftSince = now;
    } else if (now - leftSince >= (1L + governing().self) * replica.waits.owner()) {
      leftSince = 0;
      suspectWhoLeft();
      started(replica.applied());
    }
  }

  /** Is nothing open while a batch of another owner is in no slot? */
  boolean holdsLeft() {
    Era era = governing();
    if (replica.applied() < started || era.self < 0) {
      return false;
    }
    for (int i = 0; i < era.size(); i++) {
      if (left(era, i)) {
        return true;
      }
    }
    return false;
  }

  private Era governing() {
    return replica.eras.of(replica.applied());
  }

  private void suspectWhoLeft() {
    Era era = governing();
    for (int i = 0; i < era.size(); i++) {
      if (left(era, i)) {
        replica.peers.get(era.place(i)).suspect();
      }
    }
  }

  private boolean left(Era era, int owner) {
    return owner != era.self && waiting(era, owner) != null;
  }

  private @Nullable CommandBatch waiting(Era era, int owner) {
    return replica.batches.waiting(era.configuration.members().get(owner));
  }

  private long choose(Slot slot, long now) {
    int owner = slot.era.owner(slot.number);
    if (owner == slot.era.self) {
      return slot.isUnheardOf() ? ownNext(slot, now) : followAnyBatch(slot, now);
    }
    Peer peer = replica.peers.get(slot.era.place(owner));
    if (slot.instance.proposed(owner)) {
      return follow(slot, slot.instance.proposal(owner), now);
    }
    if (slot.offered != BatchId.NONE) {
      return follow(slot, slot.offered, now);
    }
    if (!peer.quiet() && !late(peer)) {
      if (now - slot.seenAt < replica.waits.owner()) {
        return WAIT;
      }
      peer.suspect();
    }
    CommandBatch waiting = waiting(slot.era, owner);
    // Members that hold different ones would split each other's votes for ever.
    boolean spoken = slot.batchProposed() || slot.offeredInstead != BatchId.NONE;
    return waiting == null || spoken ? followAnyBatch(slot, now) : waiting.id();
  }

  /** A batch that others proposed here, or are about to; NOOP when they have none, either. */
  private long followAnyBatch(Slot slot, long now) {
    for (int i = 0; i < slot.era.size(); i++) {
      if (BatchId.isBatch(slot.instance.proposal(i))) {
        return follow(slot, slot.instance.proposal(i), now);
      }
    }
    if (slot.offeredInstead != BatchId.NONE) {
      return follow(slot, slot.offeredInstead, now);
    }
    return BatchId.NOOP;
  }

  private long ownNext(Slot slot, long now) {
    CommandBatch batch = replica.batches.own().next();
    if (batch == null && !source.isEmpty() && replica.batches.mayNumber()) {
      batch = newBatch();
    }
    if (batch == null && busy > ALWAYS / 2 && now - slot.seenAt < replica.waits.holdBack()) {
      return WAIT;
    }
    noops = batch != null ? 0 : noops + 1;
    busy += ((batch != null ? ALWAYS : 0) - busy) / 8;
    return batch == null ? BatchId.NOOP : batch.id();
  }

  /** Do the others wait for the own word, because it was a batch lately? */
  boolean isAwaited() {
    return noops < Peer.IDLE_AFTER;
  }

  private @Nullable CommandBatch newBatch() {
    CommandBatch batch =
        source.poll(
            replica.batches.nextId(replica.currentGroup),
            replica.stamp(),
            replica.batches.lowestOutstanding());
    if (batch != null) {
      replica.batches.took(batch);
    }
    return batch;
  }

  /** Proposes what another proposed, if its batch is held; else asks for the batch, for a while. */
  private long follow(Slot slot, long id, long now) {
    if (id == BatchId.NOOP || replica.batches.body(slot, id) != null) {
      return id;
    }
    if (now - slot.seenAt >= replica.waits.owner()) {
      return BatchId.NOOP;
    }
    fetch(slot, id, now);
    return WAIT;
  }

  /**
   * Asks for a batch that is named in a slot and not held: first a member that proposed it, which
   * holds it, then all in turn.
   */
  void fetch(Slot slot, long id, long now) {
    if (slot.fetchedAt != 0 && now - slot.fetchedAt < replica.waits.owner() / 4) {
      return;
    }
    int n = replica.peers.size();
    int next = slot.fetchedAt == 0 ? proposer(slot, id) : (slot.fetchedFrom + 1) % n;
    slot.fetchedAt = now;
    for (int tried = 0; tried < n; tried++) {
      int candidate = (next + tried) % n;
      if (candidate != replica.self && replica.peers.get(candidate).connected) {
        slot.fetchedFrom = candidate;
        replica.output.add(Kind.BATCH_REQUEST, Output.SEND, candidate, 0, 0, (byte) 0, id, null);
        return;
      }
    }
  }

  private int proposer(Slot slot, long id) {
    int proposer = 0;
    while (proposer < slot.era.size() - 1 && slot.instance.proposal(proposer) != id) {
      proposer++;
    }
    return slot.era.place(proposer);
  }

  /**
   * Does it speak so late as a rule that nobody waits for it? So it is when it is much later than
   * decisions take; or later than a prompt one and than three times what a quorum takes to speak,
   * this one among them: those decide without it. Who was found late is late until it takes half of
   * that, or one whose lag lies at the bound would be waited for and given up by turns.
   */
  boolean late(Peer peer) {
    peer.late = isLate(peer.late ? 2 * peer.lag() : peer.lag());
    return peer.late;
  }

  private boolean isLate(long lag) {
    if (lag > replica.waits.slow() || lag <= replica.waits.prompt()) {
      return lag > replica.waits.slow();
    }
    Era era = replica.eras.of(replica.applied());
    int sooner = era.self >= 0 ? 1 : 0;
    for (int i = 0; i < era.size(); i++) {
      Peer other = replica.peers.get(era.place(i));
      sooner += other.connected && other.lag() > 0 && 3 * other.lag() < lag ? 1 : 0;
    }
    return sooner >= era.configuration.quorum();
  }

  /** A bit for each member of an era that may still speak soon. */
  long awaited(Era era) {
    long mask = 0;
    for (int i = 0; i < era.size(); i++) {
      Peer peer = replica.peers.get(era.place(i));
      mask |= peer.connected && !late(peer) ? 1L << i : 0;
    }
    return mask;
  }

  /** With n = 3 nobody needs the vote of who spoke first while the other two have each other's. */
  boolean mayRide(Era era) {
    return era.size() == 3 && awaited(era) == 7;
  }
}
