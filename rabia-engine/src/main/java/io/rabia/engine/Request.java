package io.rabia.engine;

import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a caller wants, on its way through the engine's thread; links itself into the list of what
 * is unanswered.
 */
final class Request {

  enum Kind {
    COMMAND,
    OPEN_SESSION,
    CLOSE_SESSION,
    READ,
    LOCAL_READ,
    STATUS,
    STATUS_AT,
    CHANGE,
    VIEW,
    SNAPSHOT,
    BACKUP
  }

  final Kind kind;
  final @Nullable Command command;
  final byte[] query;
  final long slot;
  final long timeoutNanos;
  final ResultHandler handler;
  final @Nullable CompletableFuture<EngineStatus> status;

  /** What the configuration is to become. */
  @Nullable ClusterView view;

  /** The snapshot that was asked for, with the answer. */
  @Nullable OpenBackup opened;

  long deadline;

  /** Number in the engine's own session, or 0. */
  long ownNumber;

  /** Which session that is. */
  long ownSession;

  boolean answered;
  @Nullable Request previous;
  @Nullable Request next;

  private Request(
      Kind kind,
      @Nullable Command command,
      byte[] query,
      long slot,
      long timeoutNanos,
      ResultHandler handler,
      @Nullable CompletableFuture<EngineStatus> status) {
    this.kind = kind;
    this.command = command;
    this.query = query;
    this.slot = slot;
    this.timeoutNanos = timeoutNanos;
    this.handler = handler;
    this.status = status;
  }

  /** Any node answers it out of what it knows. */
  boolean isLocal() {
    return switch (kind) {
      case LOCAL_READ, STATUS_AT, VIEW, SNAPSHOT, BACKUP -> true;
      default -> false;
    };
  }

  private static final byte[] NOTHING = {};

  static Request command(Command command, long timeoutNanos, ResultHandler handler) {
    return new Request(Kind.COMMAND, command, NOTHING, 0, timeoutNanos, handler, null);
  }

  static Request openSession(long timeoutNanos, ResultHandler handler) {
    return new Request(Kind.OPEN_SESSION, null, NOTHING, 0, timeoutNanos, handler, null);
  }

  /** Answered as a command of a session that is closed. */
  static Request closeSession(long session, long timeoutNanos, ResultHandler handler) {
    Command last = new Command(session, Long.MAX_VALUE, 1, NOTHING);
    return new Request(Kind.CLOSE_SESSION, last, NOTHING, 0, timeoutNanos, handler, null);
  }

  static Request read(byte[] query, boolean local, long timeoutNanos, ResultHandler handler) {
    return new Request(
        local ? Kind.LOCAL_READ : Kind.READ, null, query, 0, timeoutNanos, handler, null);
  }

  /** The result is the configuration, encoded. */
  static Request change(ClusterView next, long timeoutNanos, ResultHandler handler) {
    Request request = new Request(Kind.CHANGE, null, NOTHING, 0, timeoutNanos, handler, null);
    request.view = next;
    return request;
  }

  /** The result is the newest configuration, encoded. */
  static Request view(long timeoutNanos, ResultHandler handler) {
    return new Request(Kind.VIEW, null, NOTHING, 0, timeoutNanos, handler, null);
  }

  /** The result is the head of a backup; when it is to be opened, that is there with it. */
  static Request snapshot(boolean open, long timeoutNanos, ResultHandler handler) {
    return new Request(
        open ? Kind.BACKUP : Kind.SNAPSHOT, null, NOTHING, 0, timeoutNanos, handler, null);
  }

  static Request status(CompletableFuture<EngineStatus> future) {
    return new Request(Kind.STATUS, null, NOTHING, 0, 0, new StatusFailure(future), future);
  }

  /** Answered when exactly {@code slot} slots are applied. */
  static Request statusAt(long slot, long timeoutNanos, CompletableFuture<EngineStatus> future) {
    return new Request(
        Kind.STATUS_AT, null, NOTHING, slot, timeoutNanos, new StatusFailure(future), future);
  }

  private record StatusFailure(CompletableFuture<EngineStatus> future) implements ResultHandler {
    @Override
    public void onResult(byte[] result) {
      throw new IllegalStateException("a status is no result");
    }

    @Override
    public void onFailure(RabiaException failure) {
      future.completeExceptionally(failure);
    }
  }
}
