package io.rabia.kvstore;

import io.rabia.core.RabiaException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** An operation on the store that did not succeed; {@link #error()} says why. Immutable. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final StoreError error;

  public StoreException(StoreError error, @Nullable String message, @Nullable Throwable cause) {
    super(error + (message == null ? "" : ": " + message), cause);
    this.error = error;
  }

  public StoreError error() {
    return error;
  }

  /** True when the same call may succeed later without a change by the caller. */
  public boolean recoverable() {
    return error.recoverable();
  }

  /** True when the call itself is at fault. */
  public boolean clientError() {
    return error.clientError();
  }

  /** The store's form of whatever a submitter, client or future failed with. */
  public static StoreException from(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof StoreException store
        ? store
        : new StoreException(classify(cause), cause.getMessage(), cause);
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
