package io.rabia.kvstore;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the store answers. The arrays are not copied and must not change. */
public sealed interface KvResult {

  /**
   * @param version of the value that was written
   */
  record Stored(long version) implements KvResult {}

  /**
   * @param count how many of the keys existed
   */
  record Deleted(int count) implements KvResult {}

  /**
   * @param current what the key has in place of what was expected; null: it does not exist
   */
  record Mismatch(@Nullable KvEntry current) implements KvResult {}

  /**
   * The number after an increment, a length, or a count; the version of what was written or read.
   */
  record Number(long value, long version) implements KvResult {}

  /** What a key has. */
  record Found(KvEntry entry) implements KvResult {}

  /** The key does not exist. */
  record Absent() implements KvResult {}

  /** Whether a key exists. */
  record Exists(boolean exists) implements KvResult {}

  /**
   * A value was written.
   *
   * @param old what the key had before; null: nothing
   */
  record Replaced(@Nullable KvEntry old, long version) implements KvResult {}

  /**
   * What several keys have at one slot.
   *
   * @param entries in the order of the keys; null for those that do not exist
   * @param version of the store then
   */
  record Entries(List<@Nullable KvEntry> entries, long version) implements KvResult {}

  /** A part of a range. */
  record Page(KvPage page) implements KvResult {}

  /**
   * How long a key still lives.
   *
   * @param nanos of log time from the last command on; {@link KvCommand.Put#FOREVER} without an end
   */
  record Remaining(long nanos) implements KvResult {}

  /** What is in the store. */
  record Counted(StoreStatistics statistics) implements KvResult {}

  /**
   * A transaction was executed.
   *
   * @param held whether the conditions held
   * @param results of the commands of the list that was executed
   */
  record Transacted(boolean held, List<KvResult> results) implements KvResult {}

  /**
   * Changes in their order.
   *
   * @param upTo version up to which there are no others that the filter lets pass; below the
   *     position that was asked for when the state has not come as far
   * @param missed how many changes after the position the history has lost, whatever the filter;
   *     -1: some, of slots that nobody knows any more
   */
  record Changes(List<KvEvent> events, long upTo, long missed) implements KvResult {}

  /** Refused alike at every replica. */
  record Failed(StoreError error, String message) implements KvResult {}
}
