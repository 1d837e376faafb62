package io.rabia.kvstore;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What changes the store. The arrays are not copied and must not change; whoever shares no array is
 * thread-safe. Times to live are nanoseconds of the cluster's log time.
 */
public sealed interface KvCommand {

  /**
   * Stores the value under the key, over whatever is there, for ever. Answered by {@link
   * KvResult.Stored}.
   */
  record Set(byte[] key, byte[] value) implements KvCommand {}

  /** Removes the keys, all at once. Answered by {@link KvResult.Deleted}. */
  record Delete(List<byte[]> keys) implements KvCommand {}

  /**
   * Stores the value, for ever, only when the key now has the expected one. Answered by {@link
   * KvResult.Stored} or {@link KvResult.Mismatch}.
   *
   * @param expected null: the key must not exist
   */
  record CompareAndSet(byte[] key, byte @Nullable [] expected, byte[] value) implements KvCommand {}

  /**
   * Adds to the decimal number under the key, 0 when there is none; its time to live stays.
   * Answered by {@link KvResult.Number}.
   */
  record Increment(byte[] key, long by) implements KvCommand {}

  /**
   * Stores the value for a time. Answered by {@link KvResult.Replaced}, or by {@link
   * KvResult.Mismatch} when the condition does not hold.
   *
   * @param when the condition
   * @param timeToLive 1 or more, {@link #FOREVER}, or {@link #KEEP}
   */
  record Put(byte[] key, byte[] value, When when, long timeToLive) implements KvCommand {
    public static final long FOREVER = 0;

    /** What the key has already. */
    public static final long KEEP = -1;

    /** What must hold for the value to be stored. */
    public enum When {
      ALWAYS,
      ABSENT,
      PRESENT
    }
  }

  /**
   * Gives the key another time to live. Answered by {@link KvResult.Exists}: false when the key
   * does not exist, or lives for ever and shall.
   *
   * @param timeToLive 1 or more, or {@link Put#FOREVER}
   */
  record Expire(byte[] key, long timeToLive) implements KvCommand {}

  /**
   * Adds bytes to the end of the value, an empty one when there is none; its time to live stays.
   * Answered by {@link KvResult.Number}, the new length.
   */
  record Append(byte[] key, byte[] value) implements KvCommand {}

  /**
   * Removes the key. Answered by {@link KvResult.Found}, what it had, or {@link KvResult.Absent}.
   */
  record Take(byte[] key) implements KvCommand {}

  /** Removes everything. Answered by {@link KvResult.Deleted}. Not within a transaction. */
  record Clear() implements KvCommand {}

  /**
   * Lets log time go on, so that what is over goes. Answered by {@link KvResult.Exists}: more is.
   */
  record Tick() implements KvCommand {}

  /**
   * A query at its place among the commands, any but a {@link KvQuery.Watch}. Answered as the query
   * is.
   */
  record Ask(KvQuery query) implements KvCommand {}

  /**
   * Executes one of two lists of commands, in their order and with nothing between them, by whether
   * all conditions hold; all of the list, or nothing when one is refused. Answered by {@link
   * KvResult.Transacted}, or by {@link KvResult.Failed} for the one that was refused.
   *
   * @param then at most {@link KvCodec#MAX_KEYS}, as are the others; no transaction, {@link Clear}
   *     or {@link Tick}
   */
  record Transaction(List<KvCondition> conditions, List<KvCommand> then, List<KvCommand> otherwise)
      implements KvCommand {}
}
