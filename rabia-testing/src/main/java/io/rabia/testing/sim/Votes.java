package io.rabia.testing.sim;

/**
 * Whether a node's log still holds all that it promised: when it may not, the node must start
 * without votes, and when it does, with them. One thread.
 */
final class Votes {
  /** Its log is written and not forced, and it ran, since it was closed in order last. */
  private boolean unforced;

  /** The same, but that start was not finished. */
  private boolean maybeUnforced;

  private boolean rebooted;
  private boolean gone;
  private boolean doubtful;
  private boolean mayBeLost;

  /** A process begins to start. */
  void begins() {
    mayBeLost = areDoomed();
    maybeUnforced = true;
  }

  /**
   * It has started; returns what is wrong with that, or an empty text.
   *
   * @param without whether it says that it has lost its votes
   * @param before whether it had lost them before and is not back yet
   */
  String started(boolean without, boolean before) {
    String wrong = "";
    if (gone && !without) {
      wrong = "started as if nothing had happened to what it had promised";
    } else if (rebooted && unforced && !without && !before) {
      wrong = "started with votes although its machine lost power under a log that was not forced";
    } else if (without && !mayBeLost && !before) {
      wrong = "says that it has lost its votes, and nothing had happened to them";
    }
    gone = false;
    doubtful = false;
    rebooted = false;
    unforced = true;
    return wrong;
  }

  /** The process ended in order. */
  void closed() {
    unforced = false;
    maybeUnforced = false;
  }

  /** The machine lost power, under a log that does not survive that. */
  void reboots() {
    rebooted = true;
  }

  /** A bit of what was forced has flipped, or its state was wrong. */
  void lose() {
    gone = true;
  }

  /** A bit of a snapshot has flipped: the log may begin with it. */
  void mayLose() {
    doubtful = true;
  }

  /**
   * A start ends by itself, since what its log lacks is in no intact snapshot; false when there was
   * no reason for that.
   */
  boolean giveUp() {
    gone |= doubtful;
    return gone;
  }

  /** Will the next process have lost its votes, or may it have? */
  boolean areDoomed() {
    return gone || doubtful || rebooted && maybeUnforced;
  }
}
