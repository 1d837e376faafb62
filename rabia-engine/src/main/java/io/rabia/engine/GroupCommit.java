package io.rabia.engine;

import io.rabia.engine.protocol.Patience;

/**
 * When promises are forced: at once, or a moment later, for others that the same force can take.
 * With clients at several members each has a batch to propose at about the same time and hears of
 * the others' while it forces its own: that made two forces or three of one, each in the way of
 * those of the other members where they share a disk. Waits as long as four forces take, and a
 * millisecond, at most.
 *
 * <p>To force later is what any slow disk does: a promise leaves, or counts, when it is durable
 * (protocol.md section 2). One thread; times in nanoseconds.
 */
final class GroupCommit {
  /**
   * A wait for the time of so many. More than the one or two that it saves: fewer forces are faster
   * ones, and whoever ends a round together begins the next one together.
   */
  static final int FORCES = 4;

  /** A member on the same network has said by then what it had to say. */
  private static final long MOST_NANOS = 1_000_000;

  private final ForceTimes forces;
  private final Patience patience = new Patience();
  private boolean pending;

  /** More than one. */
  private boolean joined;

  private long since;

  GroupCommit(ForceTimes forces) {
    this.forces = forces;
  }

  /** The log holds a promise that is not forced. */
  void promised(long now) {
    joined = pending;
    if (!pending) {
      pending = true;
      since = now;
    }
  }

  /** Is there one? */
  boolean isPending() {
    return pending;
  }

  /** They were forced with something else. */
  void forced() {
    pending = false;
  }

  /**
   * Is it time to force what is pending?
   *
   * @param more other promises are about to be made
   */
  boolean isDue(boolean more, long now) {
    if (more && now < deadline() && patience.allows(now)) {
      return false;
    }
    if (now > since) {
      waited(now);
    }
    pending = false;
    return true;
  }

  /** One other promise is one force less, also when it was not all that was waited for. */
  private void waited(long now) {
    if (joined) {
      patience.paid();
    } else {
      patience.ranOut(longest(), now);
    }
  }

  /** When it is time at the latest; {@link Long#MAX_VALUE} when there is nothing to force. */
  long deadline() {
    return pending ? since + longest() : Long.MAX_VALUE;
  }

  private long longest() {
    return Math.min(FORCES * forces.nanos(), MOST_NANOS);
  }
}
