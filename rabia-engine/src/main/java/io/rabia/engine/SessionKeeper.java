package io.rabia.engine;

import io.rabia.core.Command;
import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import io.rabia.core.batching.CommandBatcher;
import io.rabia.engine.protocol.Sessions;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Objects;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The node's side of sessions: numbers the commands that came without one in a session of its own,
 * and proposes to close sessions that were silent for their time to live, counted in own ticks
 * (protocol.md section 8). One thread.
 */
final class SessionKeeper {
  private static final byte[] EMPTY = {};
  private static final long NO_TICK = -1;

  private final CommandBatcher batcher;
  private final PendingResults pending;
  private final long timeToLiveTicks;
  private final ArrayDeque<Request> deferred = new ArrayDeque<>();
  private final int deferredBound;
  private final Long2LongHashMap lastSeen = new Long2LongHashMap(NO_TICK);

  private @Nullable Request opening;
  private long session;
  private long nextNumber = 1;
  private long lowest = 1;
  private final BitSet done = new BitSet(Sessions.WINDOW);
  private long ticks;

  SessionKeeper(
      CommandBatcher batcher, PendingResults pending, long timeToLiveTicks, int deferredBound) {
    this.batcher = batcher;
    this.pending = pending;
    this.timeToLiveTicks = Math.max(1, Math.min(timeToLiveTicks, Integer.MAX_VALUE));
    this.deferredBound = deferredBound;
  }

  /**
   * Takes a command or the opening of a session into the batcher, or keeps it until the own session
   * has room.
   */
  void submit(Request request, long now) {
    Command command = request.command;
    if (command == null) {
      enqueue(request, CommandBatch.KIND_OPEN_SESSION, 0, 0, 0, EMPTY, now);
    } else if (command.session() != 0) {
      enqueue(
          request,
          CommandBatch.KIND_APPLY,
          command.session(),
          command.number(),
          command.lowestUnanswered(),
          command.payload(),
          now);
    } else if (deferred.size() >= deferredBound) {
      pending.fail(request, new RabiaException.Overload(deferredBound + " commands are waiting"));
    } else {
      deferred.add(request);
      numberDeferred(now);
    }
  }

  /**
   * Takes the end of a client's session into the batcher, whatever was applied in it last: its
   * client sends nothing more, and a copy that comes later finds it closed.
   */
  void close(Request request, long now) {
    long ended = Objects.requireNonNull(request.command).session();
    enqueue(request, CommandBatch.KIND_CLOSE_SESSION, ended, Long.MAX_VALUE, 0, EMPTY, now);
  }

  /** Takes a change of the configuration into the batcher. */
  void change(Request request, byte[] payload, long now) {
    enqueue(request, CommandBatch.KIND_CONFIGURE, 0, 0, 0, payload, now);
  }

  /** A change that nobody waits for. */
  void change(byte[] payload, long now) {
    Request request = Request.openSession(Long.MAX_VALUE / 4, PendingResults.ignored());
    change(request, payload, now);
  }

  private void numberDeferred(long now) {
    if (session == 0) {
      open(now);
      return;
    }
    while (!deferred.isEmpty() && nextNumber - lowest < Sessions.WINDOW) {
      Request request = deferred.remove();
      Command command = request.command;
      if (request.answered || command == null) {
        continue;
      }
      request.ownNumber = nextNumber;
      request.ownSession = session;
      if (enqueue(
          request, CommandBatch.KIND_APPLY, session, nextNumber, lowest, command.payload(), now)) {
        nextNumber++;
      } else {
        request.ownNumber = 0;
      }
    }
  }

  private void open(long now) {
    if (opening == null) {
      opening = Request.openSession(Long.MAX_VALUE / 4, PendingResults.ignored());
      if (!enqueue(opening, CommandBatch.KIND_OPEN_SESSION, 0, 0, 0, EMPTY, now)) {
        opening = null;
      }
    }
  }

  private boolean enqueue(
      Request request,
      byte kind,
      long inSession,
      long number,
      long lowestUnanswered,
      byte[] payload,
      long now) {
    try {
      batcher.enqueue(kind, inSession, number, lowestUnanswered, payload, now);
    } catch (RabiaException e) {
      pending.fail(request, e);
      return false;
    }
    pending.queued(request);
    return true;
  }

  /**
   * A command that this node took in was applied.
   *
   * @return false when it found the own session closed: it was not executed and goes again in the
   *     next one
   */
  boolean answered(Request request, byte outcome, byte[] result) {
    if (request == opening) {
      opening = null;
      if (outcome == Sessions.OK) {
        session = ByteBuffer.wrap(result).getLong();
        nextNumber = 1;
        lowest = 1;
        done.clear();
      } else {
        failDeferred(new RabiaException.Overload("too many sessions are open"));
      }
    } else if (request.ownNumber != 0) {
      if (outcome == Sessions.CLOSED) {
        again(request);
        return false;
      }
      if (request.ownSession == session) {
        finish(request.ownNumber);
      }
    }
    return true;
  }

  /** Without a session of its own this node can execute none of them; asking on would not help. */
  private void failDeferred(RabiaException failure) {
    while (!deferred.isEmpty()) {
      pending.fail(deferred.remove(), failure);
    }
  }

  /** A command that this node took in was applied, and nobody knows any more with what result. */
  void passed(Request request) {
    if (request == opening) {
      opening = null;
    } else if (request.ownNumber != 0 && request.ownSession == session) {
      finish(request.ownNumber);
    }
  }

  private void again(Request request) {
    if (request.ownSession == session) {
      session = 0;
    }
    request.ownNumber = 0;
    deferred.add(request);
  }

  private void finish(long number) {
    if (number < lowest) {
      return;
    }
    done.set((int) (number % Sessions.WINDOW));
    while (done.get((int) (lowest % Sessions.WINDOW))) {
      done.clear((int) (lowest % Sessions.WINDOW));
      lowest++;
    }
  }

  /** Goes on with commands that waited for the own session. */
  void advance(long now) {
    if (!deferred.isEmpty()) {
      numberDeferred(now);
    }
  }

  int deferred() {
    return deferred.size();
  }

  /** A command of the session was applied. */
  void seen(long id) {
    lastSeen.put(id, ticks);
  }

  /**
   * A second has passed, or much more: a pause is no time. Proposes to close what was silent for
   * too long.
   *
   * <p>One member does it first, the others follow a quarter of the time later each.
   */
  void tick(Sessions sessions, int self, int members, long now) {
    ticks++;
    Long2LongHashMap.EntryIterator entries = lastSeen.entrySet().iterator();
    while (entries.hasNext()) {
      entries.next();
      long id = entries.getLongKey();
      if (!sessions.isOpen(id)) {
        entries.remove();
      } else {
        long rank = Math.floorMod(id + self, members);
        long silent = ticks - entries.getLongValue();
        if (silent >= timeToLiveTicks + rank * timeToLiveTicks / 4 && id != session) {
          close(id, sessions.lastSlot(id), now);
          entries.setValue(ticks);
        }
      }
    }
  }

  private void close(long id, long lastSlot, long now) {
    Request request = Request.openSession(Long.MAX_VALUE / 4, PendingResults.ignored());
    enqueue(request, CommandBatch.KIND_CLOSE_SESSION, id, lastSlot, 0, EMPTY, now);
  }
}
