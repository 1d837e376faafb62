package io.rabia.core;

/**
 * A bug, here or in a peer: an invariant of the protocol does not hold. The node that finds it
 * stops for good; going on could lose or contradict what was answered.
 */
public final class InvariantViolation extends IllegalStateException {
  /** In place of a slot: it is about none, or about several. */
  public static final long NO_SLOT = -1;

  private static final long serialVersionUID = 1L;

  private final long slot;

  public InvariantViolation(String message) {
    super(message);
    slot = NO_SLOT;
  }

  public InvariantViolation(String message, Throwable cause) {
    super(message, cause);
    slot = NO_SLOT;
  }

  /** In this slot, which the message then begins with. */
  public InvariantViolation(long slot, String message) {
    super("slot " + slot + ": " + message);
    this.slot = slot;
  }

  private InvariantViolation(InvariantViolation found, String where) {
    super(found.getMessage() + where, found);
    slot = found.slot;
  }

  /** The same, found in what this member said. */
  public InvariantViolation saidBy(NodeId member) {
    return new InvariantViolation(this, "; said by member " + member);
  }

  /** Where, or {@link #NO_SLOT}. */
  public long slot() {
    return slot;
  }

  /** Throws unless {@code holds}; callers on the hot path pass a constant message. */
  public static void check(boolean holds, String message) {
    if (!holds) {
      throw new InvariantViolation(message);
    }
  }

  /** The same, about this slot. */
  public static void check(boolean holds, long slot, String message) {
    if (!holds) {
      throw new InvariantViolation(slot, message);
    }
  }
}
