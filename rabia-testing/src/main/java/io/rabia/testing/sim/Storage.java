package io.rabia.testing.sim;

import io.rabia.core.persistence.Persistence;

/** What outlives the processes of one node. One thread. */
interface Storage {

  /** The log of a process that starts now. */
  Persistence open(Runnable mayCrash);

  /** The running process dies, with the power of its machine or without. */
  void crash(boolean power);

  /** The machine loses power, whatever the log promises, and comes up under another boot id. */
  void reboot();

  /** Every force takes so long from now on, in nanoseconds; 0 for none. */
  void slow(long nanos);
}
