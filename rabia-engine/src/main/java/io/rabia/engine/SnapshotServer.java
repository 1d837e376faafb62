package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.SnapshotReader;
import io.rabia.engine.protocol.Replica;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives snapshots to members that are behind what the log still holds: chunk by chunk, as they ask
 * for them. Who begins is offered the newest; who has begun with the one before gets it to its end.
 *
 * <p>What is fetched must last until it is there. A snapshot stands on the disk, and the log behind
 * it is kept, as long as it is one of the two newest, so a second one after it would leave the
 * member that fetches it with nothing to go on from: {@link #fetched} says what must wait for it,
 * and {@link Snapshots#advance} for how long. Who has not asked for {@link #FETCHED_NANOS} is done
 * or gone. Several members at once fetch the newest, or some of them the one before, to which none
 * is added. In memory what follows a snapshot is let go of without regard to it: one that no longer
 * leads on is of no use to whoever fetches it, and makes room for another.
 *
 * <p>One thread; a chunk is read from the disk by it, as decisions of the log are.
 */
final class SnapshotServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotServer.class);
  static final int CHUNK_BYTES = 64 << 10;
  private static final long IDLE_NANOS = 60_000_000_000L;

  /** Who hears nothing gives up after so long; until then it asks several times a second. */
  private static final long FETCHED_NANOS = SnapshotFetch.GIVE_UP_NANOS;

  /** What members fetch. */
  enum Fetched {
    NOTHING,
    /** The newest one: one more can be taken without harm to them. */
    NEWEST,
    /** The one before the newest: one more would take its place. */
    FORMER
  }

  private static final class Served {
    final KeptSnapshot kept;
    final SnapshotReader reader;
    long usedAt;
    long askedAt = -FETCHED_NANOS;

    Served(KeptSnapshot kept, SnapshotReader reader, long now) {
      this.kept = kept;
      this.reader = reader;
      usedAt = now;
    }

    boolean is(long applied, int checksum) {
      return kept.applied() == applied && kept.checksum() == checksum;
    }
  }

  private final EngineAgent.Parts parts;
  private final Replica replica;
  private final Outbox outbox;
  private final boolean inMemory;
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
  private @Nullable Served newest;

  /** The one before, while it is fetched. */
  private @Nullable Served former;

  private boolean wanted;

  SnapshotServer(EngineAgent.Parts parts, Replica replica, Outbox outbox) {
    this.parts = parts;
    this.replica = replica;
    this.outbox = outbox;
    inMemory = parts.persistence().durability() == Durability.MEMORY;
  }

  /** This is the newest one from now on. */
  void keeps(KeptSnapshot kept, long now) {
    Served before = newest;
    if (before != null && isFetched(before, now)) {
      close(former);
      former = before;
    } else {
      close(before);
    }
    SnapshotReader reader = parts.persistence().openSnapshot();
    newest = reader == null ? null : new Served(kept, reader, now);
    wanted = false;
  }

  /** What the newest one holds for every member. */
  InputStream shared() {
    Served served = Objects.requireNonNull(newest);
    return served.reader.stream(served.kept.own());
  }

  /** A member that is behind needs one beyond the newest. */
  boolean wanted() {
    return wanted;
  }

  /** What members are fetching now. */
  Fetched fetched(long now) {
    if (isFetched(former, now)) {
      return Fetched.FORMER;
    }
    return isFetched(newest, now) ? Fetched.NEWEST : Fetched.NOTHING;
  }

  private boolean isFetched(@Nullable Served served, long now) {
    return served != null && now - served.askedAt < FETCHED_NANOS && leadsOn(served.kept);
  }

  /**
   * Offers a snapshot to a member that asked for a slot that is no longer here; false when there is
   * none beyond it yet.
   */
  boolean offer(int to, long slot, long now) {
    Served served = newest;
    if (served == null || served.kept.applied() <= slot || !leadsOn(served.kept)) {
      wanted = true;
      return false;
    }
    KeptSnapshot kept = served.kept;
    served.usedAt = now;
    outbox.sendNow(
        to,
        MessageCodec.maxSize(null),
        out -> MessageCodec.snapshotOffer(out, kept.applied(), kept.length(), kept.checksum()),
        now);
    return true;
  }

  /** Without a log, what follows the snapshot must be in memory. */
  private boolean leadsOn(KeptSnapshot kept) {
    return !inMemory || replica.remembers(kept.applied());
  }

  void onRequest(int to, long applied, int checksum, long offset, long now) {
    Served served = former != null && former.is(applied, checksum) ? former : newest;
    if (served == null || !served.is(applied, checksum) || offset >= served.kept.length()) {
      offer(to, applied - 1, now);
      return;
    }
    served.usedAt = now;
    served.askedAt = now;
    chunk.clear().limit((int) Math.min(CHUNK_BYTES, served.kept.length() - offset));
    try {
      served.reader.read(served.kept.own() + offset, chunk);
    } catch (RabiaException e) {
      LOG.warn("Node {} cannot read its snapshot and takes another: {}", parts.id(), e.toString());
      wanted |= served == newest;
      forget(served);
      return;
    }
    chunk.flip();
    outbox.sendNow(
        to,
        MessageCodec.chunkSize(chunk.remaining()),
        out -> MessageCodec.snapshotChunk(out, applied, checksum, offset, chunk),
        now);
  }

  /** One is open as long as somebody takes it, and the newest of a log for ever. */
  void advance(long now) {
    if (former != null && !isFetched(former, now)) {
      forget(former);
    }
    if (inMemory && newest != null && now - newest.usedAt > IDLE_NANOS) {
      forget(newest);
    }
  }

  private void forget(Served served) {
    newest = served == newest ? null : newest;
    former = served == former ? null : former;
    close(served);
  }

  private static void close(@Nullable Served served) {
    if (served != null) {
      served.reader.close();
    }
  }

  @Override
  public void close() {
    close(former);
    close(newest);
    former = null;
    newest = null;
  }
}
