package io.rabia.testing.sim;

import io.rabia.core.persistence.Persistence;

/** What outlives the processes of one node. One thread. */
interface Storage {

  /** The log of a process that starts now. */
  Persistence open(Deaths deaths);

  /**
   * The running process dies, with the power of its machine or without. Returns what is lost of
   * what it wrote, for people; empty for nothing.
   */
  String crash(boolean power);

  /**
   * The machine loses power, whatever the log promises, and comes up under another boot id. Returns
   * what {@link #crash} does.
   */
  String reboot();

  /**
   * Every force takes so long from now on, in nanoseconds; 0 for none. False when this log does not
   * feel it.
   */
  boolean slow(long nanos);

  /** Is what was written and not forced there after a process died, and gone after a power loss? */
  boolean hasPageCache();
}
