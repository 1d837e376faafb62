package io.rabia.kvstore;

import io.rabia.core.RabiaException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** An operation on the store that did not succeed; {@link #error()} says why. Immutable. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final StoreError error;
  private final boolean outcomeUnknown;

  public StoreException(StoreError error, @Nullable String message, @Nullable Throwable cause) {
    this(error, message, cause, error.outcomeUnknown() || isLateEnd(cause));
  }

  private StoreException(
      StoreError error,
      @Nullable String message,
      @Nullable Throwable cause,
      boolean outcomeUnknown) {
    super(text(error, message, outcomeUnknown), cause);
    this.error = error;
    this.outcomeUnknown = outcomeUnknown;
  }

  private static String text(StoreError error, @Nullable String message, boolean outcomeUnknown) {
    String text = error + (message == null ? "" : ": " + message);
    return outcomeUnknown && !text.contains("unknown") ? text + "; outcome unknown" : text;
  }

  /** With these a node ends what it has taken in, as well as it refuses what comes then. */
  private static boolean isLateEnd(@Nullable Throwable cause) {
    return cause instanceof RabiaException.Storage || cause instanceof RabiaException.NotAMember;
  }

  public StoreError error() {
    return error;
  }

  /**
   * True when the same call may succeed later without a change by the caller. Where {@link
   * #outcomeUnknown()}, it may then be done twice.
   */
  public boolean recoverable() {
    return error.recoverable();
  }

  /** True when the call itself is at fault. */
  public boolean clientError() {
    return error.clientError();
  }

  /** True when it was a command, and may have been executed or may be yet. */
  public boolean outcomeUnknown() {
    return outcomeUnknown;
  }

  /** The store's form of whatever a submitter, client or future failed with. */
  public static StoreException from(Throwable failure) {
    Throwable cause = unwrap(failure);
    return cause instanceof StoreException store
        ? store
        : new StoreException(classify(cause), cause.getMessage(), cause);
  }

  /** The store's form of what a query failed with, which changes nothing. */
  static StoreException ofQuery(Throwable failure) {
    Throwable cause = unwrap(failure);
    return cause instanceof StoreException store
        ? store
        : new StoreException(classify(cause), cause.getMessage(), cause, false);
  }

  private static Throwable unwrap(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static StoreError classify(Throwable cause) {
    if (cause instanceof RabiaException.Timeout) {
      return StoreError.TIMEOUT;
    }
    if (cause instanceof RabiaException.NoQuorum
        || cause instanceof RabiaException.Network
        || cause instanceof RabiaException.NotAMember
        || cause instanceof RabiaException.Unavailable
        || cause instanceof RabiaException.Storage) {
      return StoreError.UNAVAILABLE;
    }
    if (cause instanceof RabiaException.Overload) {
      return StoreError.OVERLOADED;
    }
    if (cause instanceof RabiaException.SessionClosed) {
      return StoreError.SESSION_CLOSED;
    }
    if (cause instanceof RabiaException.Closed) {
      return StoreError.SHUTTING_DOWN;
    }
    if (cause instanceof RabiaException.AnswerTooLarge) {
      return StoreError.ANSWER_TOO_LARGE;
    }
    if (cause instanceof RabiaException.Fenced) {
      return StoreError.FENCED;
    }
    if (cause instanceof RabiaException.Serialization
        || cause instanceof RabiaException.Validation) {
      return StoreError.MALFORMED;
    }
    return StoreError.INTERNAL;
  }
}
