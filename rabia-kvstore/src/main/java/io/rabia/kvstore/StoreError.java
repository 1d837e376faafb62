package io.rabia.kvstore;

/**
 * Why an operation on the store was refused or has no answer. {@link #recoverable()}: the same call
 * may succeed later without a change by the caller, but where {@link #outcomeUnknown()} it may then
 * be done twice; {@link #clientError()}: the call itself is at fault.
 */
public enum StoreError {
  /** The key is empty or longer than {@link KVStoreConfig#maxKeySize()}. Nothing was done. */
  INVALID_KEY(1, false, true),
  /** The value is longer than {@link KVStoreConfig#maxValueSize()}. Nothing was done. */
  VALUE_TOO_LARGE(2, false, true),
  /**
   * {@link KVStoreConfig#maxEntries()} or {@link KVStoreConfig#maxMemoryMb()} is reached. Nothing
   * was done.
   */
  STORE_FULL(3, true, false),
  /** The value to increment is not a decimal 64-bit number. Nothing was done. */
  NOT_A_NUMBER(4, false, true),
  /** The sum does not fit into 64 bits. Nothing was done. */
  OVERFLOW(5, false, true),
  /** The bytes are no command, query or result of this store. Nothing was done. */
  MALFORMED(6, false, true),
  /** No answer within the deadline: the command may still be executed, once. */
  TIMEOUT(7, true, false),
  /** Too few members, or no server, can be reached, or the node cannot serve. */
  UNAVAILABLE(8, true, false),
  /** A bounded queue is full; nothing was taken in. Back off and retry. */
  OVERLOADED(9, true, false),
  /** The session was closed; the outcome of what was sent in it before is unknown. */
  SESSION_CLOSED(10, true, false),
  /** The node or client is shutting down; the outcome of what was outstanding is unknown. */
  SHUTTING_DOWN(11, false, false),
  /** Anything else; the cause says what. */
  INTERNAL(12, false, false),
  /** A transaction found other values than it had read, over and over. Nothing was done. */
  TRANSACTION_CONFLICT(13, true, false),
  /**
   * What was asked for does not fit one answer: ask for less at once. Nothing was done, unless the
   * cause is AnswerTooLarge: then it is a client's own limit, and a command was executed.
   */
  ANSWER_TOO_LARGE(14, false, true),
  /** The store keeps no history of changes ({@link KVStoreConfig#enableNotifications()}). */
  NO_HISTORY(15, false, true),
  /** Changes that a subscriber has not seen are not in the history any more. */
  EVENTS_MISSED(16, false, false),
  /** The fencing token that the command carried is not valid any more. Nothing was done. */
  FENCED(17, false, false);

  private static final StoreError[] VALUES = values();

  private final byte code;
  private final boolean recoverable;
  private final boolean clientError;

  StoreError(int code, boolean recoverable, boolean clientError) {
    this.code = (byte) code;
    this.recoverable = recoverable;
    this.clientError = clientError;
  }

  public boolean recoverable() {
    return recoverable;
  }

  public boolean clientError() {
    return clientError;
  }

  /** Whether a command that failed so may have been executed, or may be yet. */
  public boolean outcomeUnknown() {
    return switch (this) {
      case TIMEOUT, SESSION_CLOSED, SHUTTING_DOWN, INTERNAL -> true;
      default -> false;
    };
  }

  byte code() {
    return code;
  }

  static StoreError of(byte code) {
    for (StoreError error : VALUES) {
      if (error.code == code) {
        return error;
      }
    }
    return INTERNAL;
  }
}
