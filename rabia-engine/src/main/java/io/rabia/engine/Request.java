package io.rabia.engine;

import io.rabia.core.Command;
import io.rabia.core.RabiaException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a caller wants, on its way through the engine's thread and back with its outcome; links
 * itself into the list of what is unanswered, and then into that of what is answered. There is one
 * for every command, so it has nothing that only a {@link Question} needs.
 */
sealed class Request permits Request.Question {

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

  private static final byte[] NOTHING = {};

  final Kind kind;
  final @Nullable Command command;
  final long timeoutNanos;
  private final BiConsumer<byte @Nullable [], @Nullable Throwable> whenDone;
  long deadline;

  /** Number in the engine's own session, or 0. */
  long ownNumber;

  /** Which session that is. */
  long ownSession;

  /** The result is another's, and who asked may change it. */
  private final boolean copiesResult;

  boolean answered;
  @Nullable Request previous;
  @Nullable Request next;

  /** Of those that are answered and not told yet. */
  @Nullable Request answeredNext;

  private byte @Nullable [] result;
  private @Nullable RabiaException failure;

  private Request(
      Kind kind,
      @Nullable Command command,
      long timeoutNanos,
      boolean copiesResult,
      BiConsumer<byte @Nullable [], @Nullable Throwable> whenDone) {
    this.kind = kind;
    this.copiesResult = copiesResult;
    this.command = command;
    this.timeoutNanos = timeoutNanos;
    this.whenDone = whenDone;
  }

  /** Any node answers it out of what it knows. */
  boolean isLocal() {
    return switch (kind) {
      case LOCAL_READ, STATUS_AT, VIEW, SNAPSHOT, BACKUP -> true;
      default -> false;
    };
  }

  /** Itself, of a kind that is neither a command nor about sessions. */
  Question question() {
    return (Question) this;
  }

  // ---- its outcome

  void succeeded(byte[] newResult) {
    result = copiesResult ? newResult.clone() : newResult;
  }

  void failed(RabiaException newFailure) {
    failure = newFailure;
  }

  /** Tells the outcome to who asked, and keeps it no longer. */
  void tell() {
    byte[] toldResult = result;
    RabiaException toldFailure = failure;
    result = null;
    failure = null;
    whenDone.accept(toldResult, toldFailure);
  }

  /** Tells at once that nothing will come of it. */
  void refuse(RabiaException why) {
    failed(why);
    tell();
  }

  // ---- those that there are

  /** The result is the session table's own array. */
  static Request command(
      Command command,
      long timeoutNanos,
      BiConsumer<byte @Nullable [], @Nullable Throwable> whenDone) {
    return new Request(Kind.COMMAND, command, timeoutNanos, false, whenDone);
  }

  /** The result is a copy, with which the handler may do what it wants. */
  static Request command(Command command, long timeoutNanos, ResultHandler handler) {
    return new Request(Kind.COMMAND, command, timeoutNanos, true, new Told(handler));
  }

  static Request openSession(long timeoutNanos, ResultHandler handler) {
    return new Request(Kind.OPEN_SESSION, null, timeoutNanos, false, new Told(handler));
  }

  /** Answered as a command of a session that is closed. */
  static Request closeSession(long session, long timeoutNanos, ResultHandler handler) {
    Command last = new Command(session, Long.MAX_VALUE, 1, NOTHING);
    return new Request(Kind.CLOSE_SESSION, last, timeoutNanos, false, new Told(handler));
  }

  static Request read(byte[] query, boolean local, long timeoutNanos, ResultHandler handler) {
    Question read = new Question(local ? Kind.LOCAL_READ : Kind.READ, timeoutNanos, handler);
    read.query = query;
    return read;
  }

  /** The result is the configuration, encoded. */
  static Request change(ClusterView next, long timeoutNanos, ResultHandler handler) {
    Question change = new Question(Kind.CHANGE, timeoutNanos, handler);
    change.view = next;
    return change;
  }

  /** The result is the newest configuration, encoded. */
  static Request view(long timeoutNanos, ResultHandler handler) {
    return new Question(Kind.VIEW, timeoutNanos, handler);
  }

  /** The result is the head of a backup; when it is to be opened, that is there with it. */
  static Question snapshot(boolean open, long timeoutNanos, ResultHandler handler) {
    return new Question(open ? Kind.BACKUP : Kind.SNAPSHOT, timeoutNanos, handler);
  }

  static Request status(CompletableFuture<EngineStatus> future) {
    return new Question(Kind.STATUS, 0, future);
  }

  /** Answered when exactly {@code slot} slots are applied. */
  static Request statusAt(long slot, long timeoutNanos, CompletableFuture<EngineStatus> future) {
    Question status = new Question(Kind.STATUS_AT, timeoutNanos, future);
    status.slot = slot;
    return status;
  }

  /** What is no command and not about sessions. */
  static final class Question extends Request {
    private final @Nullable CompletableFuture<EngineStatus> future;
    private byte[] query = NOTHING;
    private long slot;

    /** What the configuration is to become. */
    private @Nullable ClusterView view;

    /** The snapshot that was asked for, with the answer. */
    @Nullable OpenBackup opened;

    private @Nullable EngineStatus status;

    private Question(Kind kind, long timeoutNanos, ResultHandler handler) {
      super(kind, null, timeoutNanos, false, new Told(handler));
      future = null;
    }

    private Question(Kind kind, long timeoutNanos, CompletableFuture<EngineStatus> future) {
      super(kind, null, timeoutNanos, false, (nothing, failure) -> fail(future, failure));
      this.future = future;
    }

    private static void fail(CompletableFuture<EngineStatus> future, @Nullable Throwable failure) {
      future.completeExceptionally(Objects.requireNonNull(failure));
    }

    byte[] query() {
      return query;
    }

    long slot() {
      return slot;
    }

    ClusterView view() {
      return Objects.requireNonNull(view);
    }

    void succeeded(EngineStatus newStatus) {
      status = newStatus;
    }

    @Override
    void tell() {
      EngineStatus told = status;
      if (future != null && told != null) {
        future.complete(told);
      } else {
        super.tell();
      }
    }
  }

  private record Told(ResultHandler handler)
      implements BiConsumer<byte @Nullable [], @Nullable Throwable> {
    @Override
    public void accept(byte @Nullable [] result, @Nullable Throwable failure) {
      if (result == null) {
        handler.onFailure((RabiaException) Objects.requireNonNull(failure));
      } else {
        handler.onResult(result);
      }
    }
  }
}
