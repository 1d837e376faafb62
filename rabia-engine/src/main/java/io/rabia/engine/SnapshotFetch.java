package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.persistence.SnapshotWriter;
import io.rabia.engine.protocol.Replica;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a snapshot from a member that no longer has the decisions that this one lacks: asks for its
 * chunks in order, a bounded number ahead of what is written, has them written beside the own
 * snapshots and their sum checked, and only then, by one rename, made the newest own one. Who does
 * not answer for a while is asked again from where it stopped; who does not answer at all, or whose
 * bytes are damaged, of another cluster or of another format, is left for another member; who has a
 * newer one by now, or another one, is begun with anew.
 *
 * <p>One thread, but for the writing, of which one piece is under way at a time.
 */
final class SnapshotFetch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotFetch.class);
  private static final long AHEAD_BYTES = 16L * SnapshotServer.CHUNK_BYTES;
  private static final long ASK_AGAIN_NANOS = 250_000_000;
  static final long GIVE_UP_NANOS = 3_000_000_000L;

  private final EngineAgent.Parts parts;
  private final Supplier<SnapshotHead> head;
  private final Replica replica;
  private final Snapshots snapshots;
  private final Outbox outbox;
  private final Persistence persistence;

  private @Nullable Download download;

  /** Something of the download that is or was the current one is being written. */
  private boolean writing;

  private final AtomicReference<@Nullable Written> written = new AtomicReference<>();

  /** What became of a piece of writing: how many bytes of the shared part are written by then. */
  private record Written(
      Download of,
      long bytes,
      long needed,
      boolean committed,
      @Nullable RuntimeException failure) {}

  /** A snapshot that was fetched whole and is the newest own one. */
  record Fetched(int from, KeptSnapshot kept, long needed) {}

  private static final class Download {
    final int from;
    final long applied;
    final long length;
    final int checksum;
    final long first;
    final byte[] own;

    /** Used by who writes. */
    final CRC32C sum = new CRC32C();

    @Nullable SnapshotWriter writer;

    List<ByteBuffer> arrived = new ArrayList<>();
    long requested;
    long received;
    long written;
    long heardAt;
    long askedAt;

    Download(int from, long applied, long length, int checksum, long first, byte[] own, long now) {
      this.from = from;
      this.applied = applied;
      this.length = length;
      this.checksum = checksum;
      this.first = first;
      this.own = own;
      heardAt = now;
      askedAt = now;
    }

    boolean is(int member, long slots, int sum) {
      return from == member && applied == slots && checksum == sum;
    }
  }

  SnapshotFetch(
      EngineAgent.Parts parts,
      Supplier<SnapshotHead> head,
      Replica replica,
      Snapshots snapshots,
      Outbox outbox) {
    this.parts = parts;
    this.head = head;
    this.replica = replica;
    this.snapshots = snapshots;
    this.outbox = outbox;
    persistence = parts.persistence();
  }

  /** Is one on its way, or being written? */
  boolean active() {
    return download != null || writing;
  }

  // ---- what members say

  void onOffer(int from, long applied, long length, int checksum, long now) {
    Download current = download;
    if (current != null && (current.from != from || current.is(from, applied, checksum))) {
      return;
    }
    if (current != null) {
      drop(current);
    }
    if (applied <= replica.applied() || writing || snapshots.writing()) {
      return;
    }
    LOG.info(
        "Node {} takes a snapshot of {} slots, {} bytes, from {}; it has applied {}",
        parts.id(),
        applied,
        length,
        member(from),
        replica.applied());
    long first = snapshots.goesOnWith();
    persistence.flush();
    byte[] own = head.get().own(replica.numbersEnd());
    download = new Download(from, applied, length, checksum, first, own, now);
    replica.takesSnapshot(true);
  }

  void onChunk(int from, long applied, int checksum, long offset, ByteBuffer bytes, long now) {
    Download current = download;
    if (current == null
        || !current.is(from, applied, checksum)
        || offset != current.received
        || bytes.remaining() > current.length - offset) {
      return;
    }
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    current.heardAt = now;
    if (offset == 0 && !mayTake(copy)) {
      giveUp(current);
      return;
    }
    current.arrived.add(copy);
    current.received += copy.remaining();
    current.requested = Math.max(current.requested, current.received);
  }

  private boolean mayTake(ByteBuffer beginning) {
    try {
      head.get().requireShared(new DataInputStream(new ByteArrayInputStream(beginning.array())));
      return true;
    } catch (RabiaException | IOException e) {
      LOG.warn("Node {} refuses a snapshot: {}", parts.id(), e.getMessage());
      return false;
    }
  }

  /** The connection is back: what was asked for on the former one will not come. */
  void connected(int peer, long now) {
    Download current = download;
    if (current != null && current.from == peer) {
      askAgain(current, now);
    }
  }

  // ---- moving on

  /** Returns a snapshot once it is whole and safe. */
  @Nullable Fetched advance(long now) {
    Written done = written.getAndSet(null);
    Fetched fetched = done == null ? null : onWritten(done);
    Download current = download;
    if (current == null) {
      return fetched;
    }
    if (current.applied <= replica.applied()) {
      drop(current);
    } else {
      write(current);
      ask(current, now);
    }
    return fetched;
  }

  private @Nullable Fetched onWritten(Written done) {
    writing = false;
    Download of = done.of();
    of.written = done.bytes();
    if (done.failure() != null) {
      LOG.warn("Node {} could not take a snapshot: {}", parts.id(), done.failure().getMessage());
      if (download == of) {
        giveUp(of);
      } else {
        discard(of);
      }
    } else if (done.committed()) {
      if (download == of) {
        forget();
      }
      KeptSnapshot kept = new KeptSnapshot(of.applied, of.own.length, of.length, of.checksum);
      return new Fetched(of.from, kept, done.needed());
    } else if (download != of) {
      discard(of);
    }
    return null;
  }

  private void write(Download current) {
    if (writing) {
      return;
    }
    if (!current.arrived.isEmpty()) {
      List<ByteBuffer> pieces = current.arrived;
      current.arrived = new ArrayList<>();
      long end = current.received;
      writing = true;
      parts.snapshotExecutor().execute(() -> written.set(append(current, pieces, end)));
    } else if (current.written == current.length && persistence.durable() >= current.first - 1) {
      writing = true;
      parts.snapshotExecutor().execute(() -> written.set(commit(current)));
    }
  }

  private Written append(Download current, List<ByteBuffer> pieces, long end) {
    try {
      SnapshotWriter writer = current.writer;
      if (writer == null) {
        writer = persistence.beginSnapshot(current.first);
        current.writer = writer;
        writer.write(ByteBuffer.wrap(current.own));
      }
      for (ByteBuffer piece : pieces) {
        writer.write(piece);
        current.sum.update(piece);
      }
      return new Written(current, end, 0, false, null);
    } catch (RuntimeException e) {
      return new Written(current, end, 0, false, e);
    }
  }

  private Written commit(Download current) {
    try {
      SnapshotWriter writer = current.writer;
      if (writer == null || (int) current.sum.getValue() != current.checksum) {
        throw new RabiaException.Checksum("what came is not what was offered");
      }
      return new Written(current, current.length, writer.commit(), true, null);
    } catch (RuntimeException e) {
      return new Written(current, current.length, 0, false, e);
    }
  }

  private void ask(Download current, long now) {
    if (current.received == current.length) {
      return;
    }
    long end = Math.min(current.length, current.written + AHEAD_BYTES);
    if (current.requested == current.received && current.requested >= end) {
      current.heardAt = now; // its turn comes when the disk has taken what is here
    }
    if (now - current.heardAt > GIVE_UP_NANOS) {
      LOG.warn("Node {} hears no more of the snapshot of {}", parts.id(), member(current.from));
      giveUp(current);
    } else if (now - Math.max(current.heardAt, current.askedAt) > ASK_AGAIN_NANOS) {
      askAgain(current, now);
    } else {
      while (current.requested < end) {
        request(current, now);
      }
    }
  }

  private void askAgain(Download current, long now) {
    current.requested = current.received;
    current.askedAt = now;
    if (current.requested < current.length) {
      request(current, now);
    }
  }

  private void request(Download current, long now) {
    long offset = current.requested;
    outbox.sendNow(
        current.from,
        MessageCodec.maxSize(null),
        out -> MessageCodec.snapshotRequest(out, current.applied, current.checksum, offset),
        now);
    current.requested = Math.min(current.length, offset + SnapshotServer.CHUNK_BYTES);
  }

  private String member(int place) {
    return "member " + replica.idOf(place);
  }

  private void giveUp(Download current) {
    drop(current);
    replica.snapshotFailed(current.from);
  }

  private void drop(Download current) {
    forget();
    if (!writing) {
      discard(current);
    }
  }

  private void forget() {
    download = null;
    replica.takesSnapshot(false);
  }

  private void discard(Download of) {
    SnapshotWriter writer = of.writer;
    of.writer = null;
    if (writer != null) {
      try {
        writer.discard();
      } catch (RabiaException e) {
        LOG.warn("Node {} could not discard a snapshot: {}", parts.id(), e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    Download current = download;
    if (current != null && !writing) {
      discard(current);
    }
  }
}
