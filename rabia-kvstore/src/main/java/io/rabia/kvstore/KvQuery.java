package io.rabia.kvstore;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What reads the store, at one slot. The arrays are not copied and must not change. */
public sealed interface KvQuery {

  /** Answered by {@link KvResult.Found} or {@link KvResult.Absent}. */
  record Get(byte[] key) implements KvQuery {}

  /** Answered by {@link KvResult.Exists}. */
  record Exists(byte[] key) implements KvQuery {}

  /**
   * Several keys at the same slot. Answered by {@link KvResult.Entries}; refused as {@link
   * StoreError#ANSWER_TOO_LARGE} when their values do not fit one answer.
   */
  record GetAll(List<byte[]> keys) implements KvQuery {}

  /**
   * The keys of a range in order, as many as fit one answer. Answered by {@link KvResult.Page}.
   *
   * @param from first key; empty: from the beginning
   * @param to the key after the last; null: to the end
   * @param limit keys at most, 1 or more
   * @param keysOnly without the values
   */
  record Scan(byte[] from, byte @Nullable [] to, int limit, boolean keysOnly) implements KvQuery {}

  /** Answered by {@link KvResult.Remaining} or {@link KvResult.Absent}. */
  record TimeToLive(byte[] key) implements KvQuery {}

  /**
   * How many of the keys exist, each as often as it is named. Answered by {@link KvResult.Number}.
   */
  record Count(List<byte[]> keys) implements KvQuery {}

  /** Answered by {@link KvResult.Counted}. */
  record Statistics() implements KvQuery {}

  /**
   * The changes after a position that the filter lets pass, as many as fit one answer. Answered by
   * {@link KvResult.Changes}; refused as {@link StoreError#NO_HISTORY} when none are kept.
   *
   * @param after the position
   * @param limit changes at most, 1 or more
   */
  record Watch(EventPosition after, NotificationFilter filter, int limit) implements KvQuery {}
}
