package io.rabia.testing.sim;

import io.rabia.core.persistence.Durability;
import io.rabia.core.persistence.Persistence;
import org.jspecify.annotations.Nullable;

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

  /**
   * Flips a bit of what the log has forced and since then stated to be safe, or of a snapshot.
   * Returns null when there is none, or this log is in no files.
   */
  @Nullable Flip flipBit();

  /**
   * A bit that flipped.
   *
   * @param where it was, for people
   * @param ofLog false for one of a snapshot
   */
  record Flip(String where, boolean ofLog) {}

  /** What is durable now, on a disk of its own in the same machine. */
  Storage copy();

  /** How much of the log's files would not survive a loss of power; 0 for a log in no files. */
  long unforcedBytes();

  /** What its log promises. */
  Durability durability();

  /** Is what was written and not forced there after a process died, and gone after a power loss? */
  boolean hasPageCache();
}
