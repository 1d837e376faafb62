package io.rabia.engine;

import io.rabia.core.BatchId;
import io.rabia.core.Command;
import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import io.rabia.core.statemachine.StateMachine;
import io.rabia.core.statemachine.StateView;
import io.rabia.engine.protocol.Decided;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.Sessions;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies decided batches in slot order: sessions, the user's state machine, the answers. One
 * thread.
 */
final class Applier {
  private static final Logger LOG = LoggerFactory.getLogger(Applier.class);

  /** So many commands of a batch are worth preparing for. */
  static final int MANY = 16;

  private static final byte[] NOTHING = {};

  private final StateMachine stateMachine;
  private Sessions sessions = new Sessions();
  private final PendingResults pending;
  private final SessionKeeper keeper;
  private final CommandBatch.Cursor cursor = new CommandBatch.Cursor();
  private final Sessions.Execution execution = this::run;

  /** The batch that is being applied, and when. */
  private ByteBuffer commands = ByteBuffer.allocate(0);

  private long slot;
  private long logTime;

  /** Of the command that was executed last. */
  private byte[] result = NOTHING;

  Applier(StateMachine stateMachine, PendingResults pending, SessionKeeper keeper) {
    this.stateMachine = stateMachine;
    this.pending = pending;
    this.keeper = keeper;
  }

  Sessions sessions() {
    return sessions;
  }

  /**
   * @param ownOrigin ordinal whose batches carry this node's requests
   */
  void apply(Decided decided, int ownOrigin) {
    CommandBatch batch = decided.batch();
    if (batch == null) {
      return;
    }
    Request[] requests =
        BatchId.origin(batch.id()) == ownOrigin ? pending.take(BatchId.number(batch.id())) : null;
    cursor.wrap(batch);
    commands = ByteBuffer.wrap(cursor.array()).asReadOnlyBuffer();
    slot = decided.slot();
    logTime = decided.logTime();
    if (batch.count() >= MANY) {
      prepare();
      cursor.wrap(batch);
    }
    for (int index = 0; cursor.next(); index++) {
      byte outcome = execute(decided, index);
      if (requests != null) {
        answer(requests[index], outcome);
      }
    }
  }

  private void prepare() {
    ByteBuffer command = commands.duplicate();
    while (cursor.next()) {
      if (cursor.kind() == CommandBatch.KIND_APPLY) {
        int from = cursor.payloadOffset();
        prepare(command.limit(from + cursor.payloadLength()).position(from));
      }
    }
  }

  /** It changes nothing, so its failure is nothing either. */
  private void prepare(ByteBuffer command) {
    try {
      stateMachine.prepare(command);
    } catch (RuntimeException e) {
      LOG.debug("The state machine could not prepare for a command", e);
    }
  }

  /** Returns what came of it, as {@link Sessions} says; the rest is its {@link #result}. */
  private byte execute(Decided decided, int index) {
    result = NOTHING;
    switch (cursor.kind()) {
      case CommandBatch.KIND_OPEN_SESSION -> {
        return open(index);
      }
      case CommandBatch.KIND_CONFIGURE -> {
        byte[] changed = Objects.requireNonNull(decided.result());
        result = Arrays.copyOfRange(changed, 1, changed.length);
        return changed[0];
      }
      case CommandBatch.KIND_CLOSE_SESSION -> {
        sessions.close(cursor.session(), cursor.number());
        return Sessions.CLOSED;
      }
      default -> {
        keeper.seen(cursor.session());
        byte outcome =
            sessions.apply(
                cursor.session(), cursor.number(), cursor.lowestUnanswered(), slot, execution);
        result = sessions.result();
        return outcome;
      }
    }
  }

  private byte open(int index) {
    long session = sessions.open(slot, index);
    if (session == 0) {
      return Sessions.FULL;
    }
    keeper.seen(session);
    result = ByteBuffer.allocate(Long.BYTES).putLong(session).array();
    return Sessions.OK;
  }

  private byte[] run() {
    ByteBuffer command = commands.slice(cursor.payloadOffset(), cursor.payloadLength());
    return answer(stateMachine.apply(slot, logTime, command));
  }

  /** A state machine outside of null checks may break its contract. */
  private static byte[] answer(byte @Nullable [] answer) {
    return Objects.requireNonNull(answer, "the state machine answered nothing");
  }

  private void answer(@Nullable Request request, byte outcome) {
    if (request == null || !keeper.answered(request, outcome, result)) {
      return;
    }
    switch (outcome) {
      case Sessions.OK -> pending.succeed(request, result);
      case Sessions.CLOSED ->
          pending.fail(request, new RabiaException.SessionClosed("the session is not open"));
      case Sessions.FULL ->
          pending.fail(request, new RabiaException.Overload("too many sessions are open"));
      case Sessions.UNREAD -> pending.fail(request, unread(request));
      case Sessions.CHANGE_REFUSED ->
          pending.fail(
              request, RabiaException.ChangeRefused.of(new String(result, StandardCharsets.UTF_8)));
      case Sessions.FAILED ->
          pending.fail(
              request,
              new RabiaException.StateMachineFailure(new String(result, StandardCharsets.UTF_8)));
      default ->
          pending.fail(
              request,
              new RabiaException.Validation(
                  "number was answered before, or is more than "
                      + Sessions.WINDOW
                      + " above the lowest unanswered one; not executed"));
    }
  }

  /**
   * Final for its number, which is the sender's in a session of its own: that one is not sent
   * again.
   */
  private static RabiaException unread(Request request) {
    String text = "results that were not acknowledged fill the session table; not executed";
    return request.ownNumber != 0
        ? new RabiaException.Overload(text)
        : new RabiaException.Validation(text);
  }

  byte[] query(byte[] query) {
    return answer(stateMachine.query(ByteBuffer.wrap(query).asReadOnlyBuffer()));
  }

  /** The sessions and the state machine as they are now. */
  StateView freeze() throws IOException {
    StateView table = sessions.freeze();
    StateView state = stateMachine.freeze();
    return target -> {
      table.writeTo(target);
      state.writeTo(target);
    };
  }

  /** Takes what {@link #freeze} gave, in place of what is here. */
  void restore(DataInputStream in) throws IOException {
    Sessions restored = new Sessions();
    restored.load(in);
    stateMachine.restore(in);
    sessions = restored;
    sessions.forEachId(keeper::seen);
  }

  /**
   * Answers requests that were executed in slots that this member passed by a snapshot: with the
   * result that the session table holds, or that the outcome is unknown.
   */
  void answerPassed(List<Request> requests) {
    for (Request request : requests) {
      Command command = request.command;
      long session =
          request.ownNumber != 0 || command == null ? request.ownSession : command.session();
      long number =
          request.ownNumber != 0 || command == null ? request.ownNumber : command.number();
      byte outcome = sessions.recall(session, number);
      if (outcome >= 0) {
        result = sessions.result();
        answer(request, outcome);
      } else {
        keeper.passed(request);
        pending.fail(request, unknown(request, session));
      }
    }
  }

  /** That a session is closed is nothing to who sent a command without one. */
  private RabiaException unknown(Request request, long session) {
    return request.ownNumber == 0 && session != 0 && !sessions.isOpen(session)
        ? new RabiaException.SessionClosed("the session is not open; outcome unknown")
        : new RabiaException.Timeout("its slot was passed by a snapshot; outcome unknown");
  }

  /**
   * Hash of the state machine alone.
   *
   * @throws RabiaException.StateMachineFailure when it cannot tell
   */
  long dataHash() {
    try {
      return stateMachine.stateHash();
    } catch (RuntimeException e) {
      throw new RabiaException.StateMachineFailure(String.valueOf(e.getMessage()));
    }
  }

  /** Hash of everything replicated; throws as {@link #dataHash}. */
  long stateHash(Replica replica) {
    return stateHash(dataHash(), sessions, replica);
  }

  static long stateHash(long data, Sessions sessions, Replica replica) {
    return (data * 31 + sessions.hash()) * 31 + replica.tableHash();
  }
}
