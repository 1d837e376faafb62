package io.rabia.core.persistence;

import java.nio.ByteBuffer;

/**
 * The log of a member's own promises and of what was decided: groups of records, opaque bytes here.
 * All methods are called by the engine's thread, one at a time, {@link #open} first. A group is all
 * or nothing: after a crash the readable groups are a prefix of the appended ones that holds at
 * least the durable ones. Every method throws {@link io.rabia.core.RabiaException.Storage} when the
 * disk fails, after which nothing more is written or called durable.
 */
public interface Persistence extends AutoCloseable {

  /** The running number before the first group. */
  long NONE = 0;

  /** Receives groups in the order of their numbers; {@code group} is valid only during the call. */
  @FunctionalInterface
  interface GroupHandler {
    /** Returns false to stop reading. */
    boolean onGroup(long number, ByteBuffer group);
  }

  Durability durability();

  /**
   * Takes the log, makes what it holds safe under the policy, then hands every group to {@code
   * replay}.
   *
   * @param wakeup called, from any thread, whenever {@link #durable()} has risen outside a call
   * @return the number of the last group, {@link #NONE} for a fresh log
   */
  long open(GroupHandler replay, Runnable wakeup);

  /**
   * Appends the bytes from position to limit as one group and returns its running number (1, 2,
   * ...). Copies.
   */
  long append(ByteBuffer group);

  /** Starts to make every appended group durable; may return before it is done. */
  void flush();

  /** The number of the last group that is safe under the policy. Never falls. */
  long durable();

  /**
   * Reads groups again, from number {@code from} on, until the handler returns false or the last
   * one was read.
   */
  void read(long from, GroupHandler handler);

  /** Bytes of log kept. */
  long sizeBytes();

  /** Makes everything appended durable and gives the log free. Idempotent. */
  @Override
  void close();
}
