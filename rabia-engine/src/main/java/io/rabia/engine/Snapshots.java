package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.statemachine.StateView;
import io.rabia.engine.SnapshotServer.Fetched;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Replica;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Snapshots of a member (protocol.md section 7): a view of the state is taken between two slots on
 * the engine's thread, written aside, and the log that it stands for is let go of.
 *
 * <p>Where the log must go on after a snapshot at slot S: every own vote for a slot from S on is in
 * a group that was written when at least S - ALPHA slots were applied, since nobody takes part
 * beyond its window, and the batch that it names, or that a decision from S on names, is at most
 * two windows further back ({@link LogCatchUp}). So nothing is copied forward: the log is kept from
 * {@link LogCatchUp#groupFor} on.
 *
 * <p>How far the log is let go of: never beyond what the older of the two kept snapshots needs. So
 * a member serves every slot that it has applied, either out of its log or by its newest snapshot,
 * which is beyond all that its log has lost. Up to there the log goes as far as every member has
 * kept; further only when it has grown beyond its bound, for then whoever is still behind takes a
 * snapshot.
 *
 * <p>One thread, but for the writing.
 */
final class Snapshots {
  private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);

  /** Bytes of a state that may be written at any time. */
  private static final long SMALL = 1 << 20;

  /** How many times as long as a larger one took there is none after it. */
  private static final long RESTS = 50;

  /** After the first failure; twice as long after each further one. */
  private static final long FIRST_PAUSE_NANOS = 1_000_000_000L;

  private static final long LONGEST_PAUSE_NANOS = 60_000_000_000L;

  /** What became of the writing: {@code needed} is 0 and nothing kept when it failed. */
  private record Outcome(long needed, @Nullable KeptSnapshot kept) {}

  private final EngineAgent.Parts parts;
  private final Supplier<SnapshotHead> head;
  private final Replica replica;
  private final Applier applier;
  private final LogCatchUp logCatchUp;
  private final SnapshotRequests requests;
  private final Executor aside;
  private final boolean inMemory;
  private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();

  /** A snapshot was begun and is not written. */
  private boolean writing;

  /** What is to be written, until it may be. */
  private @Nullable Content content;

  /** Of the last one that was written. */
  private long slot;

  private long takenAt;

  /** What {@code logBytes} was when one was due first. */
  private long dueBytes = Long.MAX_VALUE;

  private long lastBytes;

  /** Since the last one that was written, and before the one that is being written. */
  private long logBytes;

  private long bytesBefore;
  private long begunAt;

  /** How long the last one took to be written. */
  private long tookNanos;

  /** How long after a failure the next one is begun, and when that is. */
  private long pause;

  private long notBefore;
  private long lastFirst;
  private long needed;
  private long mayGo;
  private long compacted;

  Snapshots(
      EngineAgent.Parts parts,
      Supplier<SnapshotHead> head,
      Replica replica,
      Applier applier,
      LogCatchUp logCatchUp,
      SnapshotRequests requests,
      long now) {
    this.parts = parts;
    this.head = head;
    this.replica = replica;
    this.applier = applier;
    this.logCatchUp = logCatchUp;
    this.requests = requests;
    aside = parts.snapshotExecutor();
    inMemory = parts.persistence().durability() == Durability.MEMORY;
    takenAt = now;
  }

  /** Reads the state from behind the head; the log goes on with this group. */
  KeptSnapshot restore(long first, DataInputStream in, long now) throws IOException {
    replica.restoreNumbers(in.readLong());
    ChecksumInput through = new ChecksumInput(in);
    DataInputStream shared = new DataInputStream(through);
    head.get().requireShared(shared);
    replica.load(shared, now);
    applier.restore(shared);
    shared.transferTo(OutputStream.nullOutputStream());
    lastFirst = first;
    slot = replica.applied();
    lastBytes = through.bytes();
    return new KeptSnapshot(slot, head.get().own(0).length, lastBytes, through.checksum());
  }

  /** Reads the state of another member from the shared part of its snapshot. */
  void install(DataInputStream shared, long now) throws IOException {
    head.get().requireShared(shared);
    replica.install(shared, now);
    applier.restore(shared);
  }

  /** So many bytes went to the log. */
  void logged(long bytes) {
    logBytes += bytes;
  }

  /** A group of so many bytes was read from the log: the first ones are of before the snapshot. */
  void recovered(long bytes) {
    logBytes += replica.applied() > slot ? bytes : 0;
  }

  /** A caller wants one of now. */
  void request(Request request) {
    requests.add(request);
  }

  /**
   * The callers of the one that was written get it, before anybody else does; false when in memory
   * one of them took it.
   */
  boolean handOver(KeptSnapshot written) {
    boolean[] opened = {false};
    requests.written(
        written,
        () -> {
          opened[0] = true;
          return parts.persistence().openSnapshot();
        });
    return !inMemory || !opened[0];
  }

  /** Is one being written? */
  boolean writing() {
    return writing;
  }

  /**
   * Where the log goes on after the snapshot that is now begun: no later one may go on before.
   *
   * @return the group; all records of now and of later that such a snapshot does not stand for are
   *     from there on
   */
  long goesOnWith() {
    lastFirst = Math.max(1, Math.max(lastFirst, logCatchUp.groupFor(replica.applied())));
    return lastFirst;
  }

  /** A member's snapshot was taken: the log is needed from that group on. */
  void installed(KeptSnapshot kept, long neededNow, long now) {
    letGo(neededNow);
    slot = Math.max(slot, kept.applied());
    takenAt = now;
    tookNanos = 0;
    lastBytes = kept.length();
    logBytes = 0;
  }

  /**
   * Begins a snapshot when one is due or wanted, has it written once the decisions before it are
   * kept, and lets go of the log when it is written.
   *
   * @param kept slots that this member has again after a crash
   * @param keptByAll slots that every member is known to have again after a crash: the decisions of
   *     later ones may be asked for
   * @param wanted a member that is behind needs one beyond the last
   * @param mayBegin no other one is being taken
   * @param fetched what members fetch
   * @return one that was written since the last call, or null
   */
  @Nullable KeptSnapshot advance(
      long kept, long keptByAll, boolean wanted, boolean mayBegin, Fetched fetched, long now) {
    KeptSnapshot written = null;
    Outcome done = outcome.getAndSet(null);
    if (done != null) {
      writing = false;
      written = done.kept();
      if (written == null) {
        failed("the snapshot could not be written, see the node's log", now);
      } else {
        written(written, now);
      }
      letGo(done.needed());
    }
    compact(keptByAll);
    Content taken = content;
    if (taken != null && kept >= taken.applied) {
      content = null;
      long goesOn = lastFirst;
      aside.execute(() -> write(goesOn, taken));
    }
    boolean due = !inMemory && due(keptByAll, now);
    dueBytes = due ? Math.min(dueBytes, logBytes) : Long.MAX_VALUE;
    boolean mayBeginNow = !writing && mayBegin && now >= notBefore;
    if (mayBeginNow && isTime(due, wanted || requests.wanted(), fetched)) {
      begin(now);
    }
    return written;
  }

  private void written(KeptSnapshot kept, long now) {
    slot = kept.applied();
    takenAt = begunAt;
    tookNanos = now - begunAt;
    lastBytes = kept.length();
    logBytes -= bytesBefore;
    dueBytes = Long.MAX_VALUE;
    pause = 0;
  }

  /** It is as due as it was, but not at once: what failed for one will mostly fail for the next. */
  private void failed(String why, long now) {
    pause = Math.min(LONGEST_PAUSE_NANOS, Math.max(FIRST_PAUSE_NANOS, 2 * pause));
    notBefore = now + pause;
    requests.failed(why);
  }

  /**
   * One that is only due waits while members fetch the newest; one that is asked for is taken, and
   * what they fetch stays as the older of the two that are kept. When the older one is fetched, any
   * waits. But none any more once the log has grown by as much as a snapshot since one was due:
   * whoever has not fetched one by then has a connection that carries less than the log grows, and
   * would not come to the end of the log either. So members that fetch one after another, or one
   * that asks for the same chunk for ever, put no snapshot off for longer than that.
   */
  private boolean isTime(boolean due, boolean asked, Fetched fetched) {
    boolean late = due && logBytes - dueBytes >= Math.max(SMALL, lastBytes);
    return switch (fetched) {
      case NOTHING -> due || asked;
      case NEWEST -> late || asked;
      case FORMER -> late;
    };
  }

  /** The kept snapshots need the log from this group on. */
  private void letGo(long neededNow) {
    needed = Math.max(needed, neededNow);
    if (parts.persistence().sizeBytes() > parts.config().retainedLogBytes()) {
      mayGo = needed;
    }
  }

  private void compact(long keptByAll) {
    long first = Math.min(needed, Math.max(mayGo, logCatchUp.groupFor(keptByAll)));
    if (first > compacted) {
      compacted = first;
      parts.persistence().compact(first);
      logCatchUp.compacted(first);
    }
  }

  private boolean due(long keptByAll, long now) {
    RabiaConfig config = parts.config();
    long slots = replica.applied() - slot;
    boolean enough = slots >= slotsBetween() || logBytes >= config.snapshotBytes();
    boolean waits = keptByAll >= slot && !rested(now) && !muchLogged();
    boolean worthIt = logBytes >= (lastBytes - SMALL) / 3 && !waits;
    return slots > 0 && (enough && worthIt || now - takenAt >= config.snapshotEvery().toNanos());
  }

  /**
   * A state that is written all the time would slow all else down. But who is behind the last one
   * is to find one with little log behind it.
   */
  private boolean rested(long now) {
    return lastBytes <= SMALL || now - takenAt >= RESTS * tookNanos;
  }

  /** So much that a start would take long, however slow the disk is to write another one. */
  private boolean muchLogged() {
    long several = Math.min(parts.config().snapshotBytes(), Long.MAX_VALUE / 4) * 4;
    return logBytes >= Math.max(several, lastBytes);
  }

  /**
   * Members take turns within an interval: while a disk is busy with one, the others decide. Who
   * took one for another cause less than half an interval before its turn passes that one over.
   */
  private long slotsBetween() {
    long every = Math.min(parts.config().snapshotSlots(), Long.MAX_VALUE / 2);
    Configuration governing = replica.governing();
    int place = Math.max(0, governing.indexOf(parts.id()));
    long turn = every / governing.members().size() * place;
    long next = every - Math.floorMod(slot - turn, every);
    return slot > 0 && next < every / 2 ? next + every : next;
  }

  private void begin(long now) {
    goesOnWith();
    begunAt = now;
    bytesBefore = logBytes;
    try {
      Content taken = content();
      requests.begun(() -> applier.stateHash(replica), applier::dataHash);
      content = taken;
    } catch (IOException | RuntimeException e) {
      LOG.warn("The state machine of node {} gave no snapshot", parts.id(), e);
      failed("the state machine gave no snapshot: " + e, now);
      return;
    }
    writing = true;
    parts.persistence().flush();
  }

  private Content content() throws IOException {
    ByteArrayOutputStream shared = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(shared);
    head.get().writeShared(out);
    replica.save(out);
    StateView state = applier.freeze();
    return new Content(replica.applied(), head.get().own(replica.numbersEnd()), shared, state);
  }

  /** What is written, and what it was then. */
  private static final class Content implements StateView {
    private final long applied;
    private final byte[] own;
    private final ByteArrayOutputStream shared;
    private final StateView state;
    private @Nullable KeptSnapshot kept;

    Content(long applied, byte[] own, ByteArrayOutputStream shared, StateView state) {
      this.applied = applied;
      this.own = own;
      this.shared = shared;
      this.state = state;
    }

    @Override
    public void writeTo(OutputStream target) throws IOException {
      target.write(own);
      ChecksumStream through = new ChecksumStream(target);
      shared.writeTo(through);
      state.writeTo(through);
      kept = new KeptSnapshot(applied, own.length, through.bytes(), through.checksum());
    }
  }

  private void write(long first, Content taken) {
    Outcome done = new Outcome(0, null);
    try {
      long oldest = parts.persistence().snapshot(first, taken);
      done = new Outcome(oldest, taken.kept);
    } catch (RabiaException e) {
      LOG.warn("Node {} could not write a snapshot: {}", parts.id(), e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("Node {} could not write a snapshot", parts.id(), e);
    } finally {
      outcome.set(done);
    }
  }
}
