package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import io.rabia.core.statemachine.StateView;
import io.rabia.engine.protocol.Replica;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
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
 * <p>One thread, but for the writing.
 */
final class Snapshots {
  private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);

  /** What became of the writing: {@code needed} is 0 when it failed. */
  private record Outcome(long needed, long bytes) {}

  private final EngineAgent.Parts parts;
  private final Supplier<SnapshotHead> head;
  private final Replica replica;
  private final Applier applier;
  private final LogCatchUp logCatchUp;
  private final Executor aside;
  private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();

  /** A snapshot was begun and is not written. */
  private boolean writing;

  /** What is to be written, until it may be. */
  private @Nullable StateView view;

  private long slot;
  private long logBytes;
  private long lastBytes;
  private long lastFirst;
  private long needed;
  private long compacted;

  Snapshots(
      EngineAgent.Parts parts,
      Supplier<SnapshotHead> head,
      Replica replica,
      Applier applier,
      LogCatchUp logCatchUp) {
    this.parts = parts;
    this.head = head;
    this.replica = replica;
    this.applier = applier;
    this.logCatchUp = logCatchUp;
    aside = parts.snapshotExecutor();
  }

  /** The state came from a snapshot, and the log goes on with this group. */
  void restored(long first) {
    lastFirst = first;
    slot = replica.applied();
    logBytes = 0;
  }

  /** So many bytes went to the log, or were read from it. */
  void logged(long bytes) {
    logBytes += bytes;
  }

  /**
   * Begins a snapshot when one is due, has it written once the decisions before it are kept, since
   * members that are behind get those from the log, and lets go of the log when it is written.
   *
   * @param kept slots that this member has again after a crash
   * @param keptByAll slots that every member is known to have again after a crash: the decisions of
   *     later ones may be asked for out of the log
   */
  void advance(long kept, long keptByAll) {
    Outcome done = outcome.getAndSet(null);
    if (done != null) {
      writing = false;
      lastBytes = done.bytes();
      needed = Math.max(needed, done.needed());
    }
    long first = Math.min(needed, logCatchUp.groupFor(keptByAll));
    if (first > compacted) {
      compacted = first;
      parts.persistence().compact(first);
      logCatchUp.compacted(first);
    }
    StateView taken = view;
    if (taken != null && kept >= slot) {
      view = null;
      long goesOn = lastFirst;
      aside.execute(() -> write(goesOn, taken));
    }
    if (!writing && due()) {
      begin();
    }
  }

  private boolean due() {
    RabiaConfig config = parts.config();
    long slots = replica.applied() - slot;
    return parts.persistence().durability() != Durability.MEMORY
        && (slots >= config.snapshotSlots()
            || slots > 0 && logBytes >= Math.max(config.snapshotBytes(), lastBytes));
  }

  private void begin() {
    long first = Math.max(lastFirst, logCatchUp.groupFor(replica.applied()));
    if (first == Persistence.NONE) {
      return;
    }
    lastFirst = first;
    slot = replica.applied();
    logBytes = 0;
    try {
      view = view();
    } catch (IOException | RuntimeException e) {
      LOG.warn("The state machine of node {} gave no snapshot", parts.id(), e);
      return;
    }
    writing = true;
    parts.persistence().flush();
  }

  private StateView view() throws IOException {
    ByteArrayOutputStream own = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(own);
    head.get().write(out);
    replica.save(out);
    StateView state = applier.freeze(out);
    return target -> {
      own.writeTo(target);
      state.writeTo(target);
    };
  }

  private void write(long first, StateView view) {
    Outcome done = new Outcome(0, lastBytes);
    try {
      long[] bytes = {0};
      long oldest =
          parts
              .persistence()
              .snapshot(first, target -> view.writeTo(new CountingStream(target, bytes)));
      done = new Outcome(oldest, bytes[0]);
    } catch (RabiaException e) {
      LOG.warn("Node {} could not write a snapshot: {}", parts.id(), e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("Node {} could not write a snapshot", parts.id(), e);
    } finally {
      outcome.set(done);
    }
  }
}
