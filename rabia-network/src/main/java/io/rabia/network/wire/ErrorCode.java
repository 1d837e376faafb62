package io.rabia.network.wire;

import io.rabia.core.RabiaException;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * How a response says what became of its request: the kinds of {@link RabiaException} as a byte.
 * {@link #anotherServerMayServe()}: the request may be sent again, with the same session and
 * number, to another server.
 */
public enum ErrorCode {
  OK(
      0,
      false,
      RabiaException.class,
      m -> {
        throw new IllegalStateException("no failure");
      }),
  NETWORK(1, true, RabiaException.Network.class, m -> new RabiaException.Network(m, null)),
  STORAGE(2, true, RabiaException.Storage.class, m -> new RabiaException.Storage(m, null)),
  CHECKSUM(3, false, RabiaException.Checksum.class, RabiaException.Checksum::new),
  STATE_MACHINE(
      4, false, RabiaException.StateMachineFailure.class, RabiaException.StateMachineFailure::new),
  SERIALIZATION(5, false, RabiaException.Serialization.class, RabiaException.Serialization::new),
  VALIDATION(6, false, RabiaException.Validation.class, RabiaException.Validation::new),
  NO_QUORUM(7, true, RabiaException.NoQuorum.class, RabiaException.NoQuorum::new),
  TIMEOUT(8, false, RabiaException.Timeout.class, RabiaException.Timeout::new),
  OVERLOAD(9, true, RabiaException.Overload.class, RabiaException.Overload::new),
  CLOSED(10, true, RabiaException.Closed.class, RabiaException.Closed::new),
  SESSION_CLOSED(11, false, RabiaException.SessionClosed.class, RabiaException.SessionClosed::new),
  WRONG_CLUSTER(12, false, RabiaException.WrongCluster.class, RabiaException.WrongCluster::new),
  NOT_A_MEMBER(13, true, RabiaException.NotAMember.class, RabiaException.NotAMember::new),
  UNAVAILABLE(14, true, RabiaException.Unavailable.class, RabiaException.Unavailable::new),
  CHANGE_REFUSED(15, false, RabiaException.ChangeRefused.class, RabiaException.ChangeRefused::of),
  FENCED(16, false, RabiaException.Fenced.class, RabiaException.Fenced::new),
  ANSWER_TOO_LARGE(
      17, false, RabiaException.AnswerTooLarge.class, RabiaException.AnswerTooLarge::new);

  private static final ErrorCode[] VALUES = values();

  private final byte code;
  private final boolean anotherServerMayServe;
  private final Class<? extends RabiaException> type;
  private final Function<String, RabiaException> factory;

  ErrorCode(
      int code,
      boolean anotherServerMayServe,
      Class<? extends RabiaException> type,
      Function<String, RabiaException> factory) {
    this.code = (byte) code;
    this.anotherServerMayServe = anotherServerMayServe;
    this.type = type;
    this.factory = factory;
  }

  public byte code() {
    return code;
  }

  /** What says nearly the same to who speaks this version of the protocol. */
  public ErrorCode in(int version) {
    return version == 1 && code > CHANGE_REFUSED.code ? VALIDATION : this;
  }

  public boolean anotherServerMayServe() {
    return anotherServerMayServe;
  }

  /**
   * @throws RabiaException.Serialization for a byte that is no code
   */
  public static ErrorCode of(byte code) {
    if (code < 0 || code >= VALUES.length) {
      throw new RabiaException.Serialization("error code " + code);
    }
    return VALUES[code];
  }

  /**
   * The kind of a failure; what is no {@link RabiaException} is a bug that stops the node: {@link
   * #CLOSED}.
   */
  public static ErrorCode of(Throwable failure) {
    Class<?> type = unwrap(failure).getClass();
    for (ErrorCode code : VALUES) {
      if (code.type == type) {
        return code;
      }
    }
    return CLOSED;
  }

  /** What a response says of a failure of this kind, for {@link #exception}. */
  public static String text(Throwable failure) {
    Throwable cause = unwrap(failure);
    return cause instanceof RabiaException.ChangeRefused refused
        ? refused.toText()
        : String.valueOf(cause.getMessage());
  }

  /** The failure itself, without the wrapping of futures. */
  public static Throwable unwrap(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /**
   * @throws IllegalStateException for {@link #OK}
   */
  public RabiaException exception(String message) {
    return factory.apply(message);
  }
}
