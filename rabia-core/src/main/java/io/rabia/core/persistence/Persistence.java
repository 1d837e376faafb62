package io.rabia.core.persistence;

import io.rabia.core.RabiaException;
import io.rabia.core.statemachine.StateView;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

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

    /**
     * Before everything else, when some of what the member promised under its token is gone. The
     * log is moved aside: no group of it follows, only its newest snapshot, if there is one, whose
     * state may be used and whose identity may not. Called at every open until a group that was
     * appended after it is durable; the first one has to hold the new identity.
     *
     * @param why what was found, with file and offset
     * @throws RabiaException to refuse: then the log stays as it was found
     */
    default void onVotesLost(String why) {
      throw new RabiaException.Checksum("this member has lost its votes: " + why);
    }

    /**
     * Before the groups, when the log has a snapshot.
     *
     * @param first the group to go on with
     */
    default void onSnapshot(long first, InputStream content) throws IOException {
      throw new IllegalStateException("the log has a snapshot, and nobody takes it");
    }
  }

  Durability durability();

  /**
   * Takes the log, makes what it holds safe under the policy, then hands the newest snapshot, if
   * there is one, and every group that it does not stand for to {@code replay}.
   *
   * @param wakeup called, from any thread, whenever {@link #durable()} has risen outside a call
   * @return the number of the last group, {@link #NONE} for a fresh log
   */
  long open(GroupHandler replay, Runnable wakeup);

  /**
   * Shows what can be read and changes nothing: the newest intact snapshot, if there is one, then
   * the groups that it does not stand for, up to the first that is gone or damaged. Whether votes
   * are lost is told before that. For a log that is not open, and from within {@link
   * GroupHandler#onVotesLost}.
   *
   * @return whether there is a log, readable or not: false for a fresh one, for one that was moved
   *     aside, and for one that does not survive its process
   */
  default boolean look(GroupHandler handler) {
    return false;
  }

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
   * Reads groups again, from number {@code from} on or from the first that is kept, until the
   * handler returns false or the last one was read.
   */
  void read(long from, GroupHandler handler);

  /**
   * Keeps a snapshot that stands for all groups below {@code first}; durable when it returns. This
   * and {@link #beginSnapshot} are for another thread, while the engine's goes on; one snapshot at
   * a time. A damaged one is passed over at {@link #open}, so the one before is kept, too.
   *
   * @param first the group to go on with after the snapshot, never lower than the last one's; all
   *     below are durable
   * @return the first group that is needed by a snapshot that is kept
   */
  long snapshot(long first, StateView content);

  /**
   * As {@link #snapshot}, for content that comes piece by piece. One that is not committed when the
   * next one begins, or the process ends, is gone; groups below {@code first} need not be durable
   * before {@link SnapshotWriter#commit}.
   */
  SnapshotWriter beginSnapshot(long first);

  /**
   * Opens the newest snapshot, which can be read until the result is closed whatever becomes of it;
   * null if there is none. Called when no snapshot is being written. In memory it is the caller's
   * from now on, and kept by nobody else.
   */
  @Nullable SnapshotReader openSnapshot();

  /**
   * Lets go of groups below {@code first}, or some of them; none that a kept snapshot does not
   * stand for.
   */
  void compact(long first);

  /**
   * True while the disk has no room: appended groups wait in memory and are not durable, and every
   * {@link #flush} tries again. Whoever appends must stop making promises meanwhile. False for a
   * log that fails instead. Asked in every duty cycle: who has nothing to append learns here that
   * the writing of a snapshot has found the disk failed.
   */
  default boolean full() {
    return false;
  }

  /**
   * The votes in this log are not to be used any more: later opens tell {@link
   * GroupHandler#onVotesLost}. Durable when it returns; the caller stops after it. Does nothing to
   * a log that does not survive its process.
   *
   * @param stateIsRight whether the state in snapshots may be used; they go if not
   */
  default void disown(String why, boolean stateIsRight) {}

  /** Bytes of log kept. */
  long sizeBytes();

  /** Makes everything appended durable and gives the log free. Idempotent. */
  @Override
  void close();
}
