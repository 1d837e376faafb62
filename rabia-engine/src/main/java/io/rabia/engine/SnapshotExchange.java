package io.rabia.engine;

import io.rabia.core.NodeId;
import io.rabia.core.RabiaException;
import io.rabia.core.message.MessageCodec;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.SnapshotMessages;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The own snapshots, those that others get, and those that are taken from others. One thread. */
final class SnapshotExchange implements SnapshotMessages, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotExchange.class);

  private final EngineAgent.Parts parts;
  private final Replica replica;
  private final Links links;
  private final Snapshots snapshots;
  private final Outbox outbox;
  private final SnapshotServer server;
  private final SnapshotFetch fetch;
  private long now;

  SnapshotExchange(
      EngineAgent.Parts parts,
      Replica replica,
      Links links,
      Snapshots snapshots,
      Outbox outbox,
      SnapshotFetch fetch) {
    this.parts = parts;
    this.replica = replica;
    this.links = links;
    this.snapshots = snapshots;
    this.outbox = outbox;
    this.fetch = fetch;
    server = new SnapshotServer(parts, replica, outbox);
  }

  /** Messages of this time follow. */
  void begin(long now) {
    this.now = now;
  }

  @Override
  public void onOffer(int from, long applied, long length, int checksum) {
    fetch.onOffer(from, applied, length, checksum, now);
  }

  @Override
  public void onRequest(int from, long applied, int checksum, long offset) {
    server.onRequest(from, applied, checksum, offset, now);
  }

  @Override
  public void onChunk(int from, long applied, int checksum, long offset, ByteBuffer bytes) {
    fetch.onChunk(from, applied, checksum, offset, bytes, now);
  }

  void connected(int peer, long now) {
    fetch.connected(peer, now);
  }

  /** A member asked for a slot that is no longer in the log. */
  void unserved(int from, long slot, long now) {
    if (!server.offer(from, slot, now)) {
      outbox.sendNow(
          from, MessageCodec.maxSize(null), out -> MessageCodec.catchUpEnd(out, slot), now);
    }
  }

  /** Is a snapshot on its way here? */
  boolean fetches() {
    return fetch.active();
  }

  /** The member started from this one. */
  void keeps(KeptSnapshot restored, long now) {
    server.keeps(restored, now);
  }

  /**
   * Goes on with what is fetched; true when a snapshot was installed.
   *
   * @param installed called when the state is the new one, before anything else is done with it
   */
  boolean takeFetched(Runnable installed, long now) {
    SnapshotFetch.Fetched fetched = fetch.advance(now);
    if (fetched == null) {
      return false;
    }
    snapshots.installed(fetched.kept(), fetched.needed(), now);
    server.keeps(fetched.kept(), now);
    boolean later = fetched.kept().applied() > replica.applied();
    if (later) {
      install(fetched, installed, now);
    }
    return later;
  }

  /**
   * Replaces the state by that of a snapshot which is already the newest own one, so that a crash
   * leaves either the state before or this one. Blocks the engine's thread while the state machine
   * reads it: until then this member is silent, as if it were paused, and says nothing that the old
   * or a half read state would make it say.
   */
  private void install(SnapshotFetch.Fetched fetched, Runnable installed, long now) {
    long before = replica.applied();
    NodeId from = links.get(fetched.from()).id;
    try (InputStream shared = server.shared()) {
      snapshots.install(new DataInputStream(shared), now);
    } catch (IOException | RuntimeException e) {
      throw new RabiaException.Storage(
          "the snapshot of " + fetched.kept().applied() + " slots cannot be installed: " + e, e);
    }
    replica.installedFrom(fetched.from());
    installed.run();
    outbox.installed();
    LOG.info(
        "Node {} installed a snapshot of {} slots from member {}; it had applied {}",
        parts.id(),
        replica.applied(),
        from,
        before);
    EngineAgent.tell(
        parts, listener -> listener.onSnapshotInstalled(fetched.kept().applied(), from));
  }

  /** Goes on with the own snapshots, and lets go of the log. */
  void takeOwn(long keptByAll, long now) {
    KeptSnapshot taken =
        snapshots.advance(
            outbox.kept(), keptByAll, server.wanted(), !fetch.active(), server.fetched(now), now);
    if (taken != null && snapshots.handOver(taken)) {
      server.keeps(taken, now);
    }
    if (taken != null) {
      EngineAgent.tell(
          parts,
          listener -> listener.onSnapshotTaken(taken.applied(), taken.own() + taken.length()));
    }
    server.advance(now);
  }

  @Override
  public void close() {
    fetch.close();
    server.close();
  }
}
