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
 * Gives the newest snapshot to members that are behind what the log still holds: chunk by chunk, as
 * they ask for them. One thread; a chunk is read from the disk by it, as decisions of the log are.
 */
final class SnapshotServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotServer.class);
  static final int CHUNK_BYTES = 64 << 10;
  private static final long IDLE_NANOS = 60_000_000_000L;

  private final EngineAgent.Parts parts;
  private final Replica replica;
  private final Outbox outbox;
  private final boolean inMemory;
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
  private @Nullable KeptSnapshot newest;
  private @Nullable SnapshotReader reader;
  private boolean wanted;
  private long usedAt;

  SnapshotServer(EngineAgent.Parts parts, Replica replica, Outbox outbox) {
    this.parts = parts;
    this.replica = replica;
    this.outbox = outbox;
    inMemory = parts.persistence().durability() == Durability.MEMORY;
  }

  /** This is the newest one from now on. */
  void keeps(KeptSnapshot kept, long now) {
    forget();
    reader = parts.persistence().openSnapshot();
    newest = kept;
    wanted = false;
    usedAt = now;
  }

  /** What the newest one holds for every member. */
  InputStream shared() {
    return Objects.requireNonNull(reader).stream(Objects.requireNonNull(newest).own());
  }

  /** A member that is behind needs one beyond the newest. */
  boolean wanted() {
    return wanted;
  }

  /**
   * Offers a snapshot to a member that asked for a slot that is no longer here; false when there is
   * none beyond it yet.
   */
  boolean offer(int to, long slot, long now) {
    KeptSnapshot kept = newest;
    if (kept == null || kept.applied() <= slot || !leadsOn(kept)) {
      wanted = true;
      return false;
    }
    usedAt = now;
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
    KeptSnapshot kept = newest;
    SnapshotReader from = reader;
    if (kept == null
        || from == null
        || kept.applied() != applied
        || kept.checksum() != checksum
        || offset >= kept.length()) {
      offer(to, applied - 1, now);
      return;
    }
    usedAt = now;
    chunk.clear().limit((int) Math.min(CHUNK_BYTES, kept.length() - offset));
    try {
      from.read(kept.own() + offset, chunk);
    } catch (RabiaException e) {
      LOG.warn("Node {} cannot read its snapshot and takes another: {}", parts.id(), e.toString());
      forget();
      wanted = true;
      return;
    }
    chunk.flip();
    outbox.sendNow(
        to,
        MessageCodec.chunkSize(chunk.remaining()),
        out -> MessageCodec.snapshotChunk(out, applied, checksum, offset, chunk),
        now);
  }

  /** In memory one is kept only as long as somebody takes it. */
  void advance(long now) {
    if (inMemory && newest != null && now - usedAt > IDLE_NANOS) {
      forget();
    }
  }

  private void forget() {
    SnapshotReader open = reader;
    reader = null;
    newest = null;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void close() {
    forget();
  }
}
