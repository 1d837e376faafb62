package io.rabia.testing.sim;

/**
 * Whether a node's log still holds all that it promised: when it may not, the node must refuse to
 * start, and when it does, it must not. One thread.
 */
final class Votes {
  /** Its log is written and not forced, and it ran, since it was closed in order last. */
  private boolean unforced;

  /** The same, but that start was not finished. */
  private boolean maybeUnforced;

  private boolean rebooted;
  private boolean gone;
  private boolean mayRefuse;

  /** A process begins to start. */
  void begins() {
    mayRefuse = gone || rebooted && maybeUnforced;
    maybeUnforced = true;
  }

  /** It has started; returns why it must not have, or an empty text. */
  String started() {
    String wrong = "";
    if (gone) {
      wrong = "started as if nothing had happened to what it had promised";
    } else if (rebooted && unforced) {
      wrong = "started although its machine lost power under a log that was not forced";
    }
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

  boolean areGone() {
    return gone;
  }

  /** May the process that starts now say that it has lost its votes? */
  boolean mayRefuse() {
    return mayRefuse;
  }
}
