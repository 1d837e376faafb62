package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.SnapshotReader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Callers that want a snapshot of a slot that is not before their call: each gets the first one
 * that was begun after it. One thread.
 */
final class SnapshotRequests {
  private final PendingResults pending;
  private final Supplier<SnapshotHead> head;
  private List<Request> waiting = new ArrayList<>();
  private List<Request> begun = new ArrayList<>();
  private long hash;
  private long data;

  SnapshotRequests(PendingResults pending, Supplier<SnapshotHead> head) {
    this.pending = pending;
    this.head = head;
  }

  void add(Request request) {
    waiting.add(request);
  }

  /** Does anybody want one that is not begun? */
  boolean wanted() {
    waiting.removeIf(request -> request.answered);
    return !waiting.isEmpty();
  }

  /** One was begun of a state with these hashes, which only callers need. */
  void begun(LongSupplier hashNow, LongSupplier dataNow) {
    if (!wanted()) {
      return;
    }
    try {
      hash = hashNow.getAsLong();
      data = dataNow.getAsLong();
      begun = waiting;
      waiting = new ArrayList<>();
    } catch (RabiaException.StateMachineFailure e) {
      failed("the state machine has no hash: " + e.getMessage());
    }
  }

  /** The one that was begun last will not be, or none could be begun. */
  void failed(String why) {
    begun.addAll(waiting);
    waiting = new ArrayList<>();
    takeBegun().forEach(request -> pending.fail(request, new RabiaException.Storage(why, null)));
  }

  /**
   * The one that was begun last is written.
   *
   * @param open opens it, for one more reader; null when it cannot have any
   */
  void written(KeptSnapshot kept, Supplier<@Nullable SnapshotReader> open) {
    for (Request request : takeBegun()) {
      Backup backup =
          new Backup(head.get().init(), kept.applied(), hash, data, kept.length(), kept.checksum());
      if (request.kind == Request.Kind.BACKUP && !request.answered) {
        SnapshotReader reader = open.get();
        if (reader == null) {
          pending.fail(request, new RabiaException.Overload("another one takes it"));
          continue;
        }
        request.question().opened = new OpenBackup(backup, reader, kept.own());
      }
      pending.succeed(request, backup.head());
    }
  }

  private List<Request> takeBegun() {
    List<Request> taken = begun;
    begun = new ArrayList<>();
    return taken;
  }
}
