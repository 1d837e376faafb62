package io.rabia.core;

/**
 * Everything that callers and operators can meet, as one sealed family. Immutable. {@link
 * #retryable()} says whether the same call may succeed later without a change by the caller; for
 * {@link Timeout} the outcome is unknown, so only a retry with the same session and number is safe.
 */
public abstract sealed class RabiaException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final boolean retryable;

  private RabiaException(String message, Throwable cause, boolean retryable) {
    super(message, cause);
    this.retryable = retryable;
  }

  public boolean retryable() {
    return retryable;
  }

  /** A connection could not be made, broke, or spoke nonsense. */
  public static final class Network extends RabiaException {
    private static final long serialVersionUID = 1L;

    public Network(String message, Throwable cause) {
      super(message, cause, true);
    }
  }

  /** The disk failed or is full; the message says which, with the file. */
  public static final class Storage extends RabiaException {
    private static final long serialVersionUID = 1L;

    public Storage(String message, Throwable cause) {
      super(message, cause, false);
    }
  }

  /** What is stored contradicts itself: damage, named with file and offset. */
  public static final class Checksum extends RabiaException {
    private static final long serialVersionUID = 1L;

    public Checksum(String message) {
      super(message, null, false);
    }
  }

  /** The state machine threw; every replica answers the same. */
  public static final class StateMachineFailure extends RabiaException {
    private static final long serialVersionUID = 1L;

    public StateMachineFailure(String message) {
      super(message, null, false);
    }
  }

  /** Bytes that are not a message, batch, command or configuration. */
  public static final class Serialization extends RabiaException {
    private static final long serialVersionUID = 1L;

    public Serialization(String message) {
      super(message, null, false);
    }
  }

  /** A value outside its limits; nothing was done. */
  public static final class Validation extends RabiaException {
    private static final long serialVersionUID = 1L;

    public Validation(String message) {
      super(message, null, false);
    }
  }

  /** Fewer than a quorum of members can be reached; nothing was proposed. */
  public static final class NoQuorum extends RabiaException {
    private static final long serialVersionUID = 1L;

    public NoQuorum(String message) {
      super(message, null, true);
    }
  }

  /** No answer within the deadline. Outcome unknown: the command may still be executed, once. */
  public static final class Timeout extends RabiaException {
    private static final long serialVersionUID = 1L;

    public Timeout(String message) {
      super(message, null, true);
    }
  }

  /** A bounded queue is full; nothing was taken in. Back off and retry. */
  public static final class Overload extends RabiaException {
    private static final long serialVersionUID = 1L;

    public Overload(String message) {
      super(message, null, true);
    }
  }

  /**
   * This node takes nothing in for now, because its votes are lost or its disk is full: nothing was
   * done. Another node may serve, or this one later.
   */
  public static final class Unavailable extends RabiaException {
    private static final long serialVersionUID = 1L;

    public Unavailable(String message) {
      super(message, null, true);
    }
  }

  /**
   * The node or client is closed or closing. For a command handed in before, the outcome is
   * unknown.
   */
  public static final class Closed extends RabiaException {
    private static final long serialVersionUID = 1L;

    public Closed(String message) {
      super(message, null, false);
    }
  }

  /**
   * The session is not open (any more): the command was not executed now; if it was sent before,
   * its outcome is unknown.
   */
  public static final class SessionClosed extends RabiaException {
    private static final long serialVersionUID = 1L;

    public SessionClosed(String message) {
      super(message, null, false);
    }
  }

  /** The other side belongs to another cluster. */
  public static final class WrongCluster extends RabiaException {
    private static final long serialVersionUID = 1L;

    public WrongCluster(String message) {
      super(message, null, false);
    }
  }

  /** This node is not, or no longer, a member: refused, or its votes are lost. */
  public static final class NotAMember extends RabiaException {
    private static final long serialVersionUID = 1L;

    public NotAMember(String message) {
      super(message, null, false);
    }
  }

  /** The command carried a fencing token that is not valid any more: it was not executed. */
  public static final class Fenced extends RabiaException {
    private static final long serialVersionUID = 1L;

    public Fenced(String message) {
      super(message, null, false);
    }
  }

  /**
   * The answer is larger than the client, or the server's port, takes: a query for less may
   * succeed. A command was executed.
   */
  public static final class AnswerTooLarge extends RabiaException {
    private static final long serialVersionUID = 1L;

    public AnswerTooLarge(String message) {
      super(message, null, false);
    }
  }

  /** A change of the configuration was not made; {@link #reason()} says why. */
  public static final class ChangeRefused extends RabiaException {
    private static final long serialVersionUID = 1L;

    /** Why a change was refused. */
    public enum Reason {
      /** It was made for another epoch: the configuration has changed since. */
      STALE(false),
      /** Another change does not govern yet. */
      PENDING(true),
      /** No member, more than can be, one of them twice, or an impossible window. */
      INVALID(false),
      /** A token that was a member before, or one that does not replace the one it names. */
      OLD_TOKEN(false),
      /** Too few of the new members are connected and have caught up: it would stop the cluster. */
      UNSAFE(true);

      private final boolean retryable;

      Reason(boolean retryable) {
        this.retryable = retryable;
      }
    }

    private final Reason reason;

    public ChangeRefused(Reason reason, String message) {
      super(message, null, reason.retryable);
      this.reason = reason;
    }

    public Reason reason() {
      return reason;
    }

    /** What {@link #toText} wrote. */
    public static ChangeRefused of(String text) {
      for (Reason reason : Reason.values()) {
        if (text.startsWith(reason + ": ")) {
          return new ChangeRefused(reason, text.substring(reason.name().length() + 2));
        }
      }
      return new ChangeRefused(Reason.INVALID, text);
    }

    /** Reason and message in one line. */
    public String toText() {
      return reason + ": " + getMessage();
    }
  }
}
