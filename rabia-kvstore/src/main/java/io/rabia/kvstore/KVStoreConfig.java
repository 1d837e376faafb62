package io.rabia.kvstore;

import io.rabia.core.RabiaException;
import java.time.Duration;

/**
 * The limits of a store. All but the last two decide what a command answers or what the state is,
 * so all members of a cluster must have the same: members with other limits have another state
 * hash. Immutable. How often a snapshot is taken is not among them: a log has one snapshot for all
 * that is replicated by it, so that is the engine's, {@link
 * io.rabia.engine.RabiaConfig.Builder#snapshotInterval}; {@link KVStore#snapshot} takes one now.
 *
 * @param maxEntries keys, 1 or more; default 1 000 000. A set of a new key beyond it is refused as
 *     STORE_FULL
 * @param maxMemoryMb MiB of keys, values and {@link KvStateMachine#ENTRY_OVERHEAD} bytes an entry;
 *     default 1024. A write that would exceed it is refused as STORE_FULL; size the heap for it and
 *     for the history
 * @param maxKeySize bytes, 1 to 65535; default 1024
 * @param maxValueSize bytes, 1 to 64 MiB; default 1 MiB. Larger values hold up the commands behind
 *     them
 * @param enableNotifications whether the last changes are kept, for subscriptions; default true
 * @param historyEvents changes that are kept, 1 or more; default 100 000. A subscriber that is
 *     further behind is told what it missed
 * @param historyMb MiB of old and new entries of the changes that are kept, 1 or more; default 64
 * @param compressSnapshots whether this member writes its snapshots deflated: a third of the size
 *     or less for text, at a multiple of the processor time; default false
 * @param requestTimeout how long {@link KVStore} waits for an answer; default 5 s. Local to this
 *     member
 */
public record KVStoreConfig(
    int maxEntries,
    int maxMemoryMb,
    int maxKeySize,
    int maxValueSize,
    boolean enableNotifications,
    int historyEvents,
    int historyMb,
    boolean compressSnapshots,
    Duration requestTimeout) {

  private static final int MAX_VALUE_SIZE = 64 << 20;
  private static final int ANSWER_OVERHEAD = 128;

  public KVStoreConfig {
    check(maxEntries >= 1, "maxEntries must be 1 or more: " + maxEntries);
    check(maxMemoryMb >= 1, "maxMemoryMb must be 1 or more: " + maxMemoryMb);
    check(maxKeySize >= 1 && maxKeySize <= 0xFFFF, "maxKeySize must be 1 to 65535: " + maxKeySize);
    check(
        maxValueSize >= 1 && maxValueSize <= MAX_VALUE_SIZE,
        "maxValueSize must be 1 to " + MAX_VALUE_SIZE + ": " + maxValueSize);
    check(historyEvents >= 1, "historyEvents must be 1 or more: " + historyEvents);
    check(historyMb >= 1, "historyMb must be 1 or more: " + historyMb);
    check(requestTimeout.toMillis() >= 1, "requestTimeout must be 1 ms or more: " + requestTimeout);
  }

  /**
   * Bytes of the largest answer: a page and the key after it, or one change of the largest key from
   * one largest value to another.
   */
  public int maxAnswerBytes() {
    return Math.max(QueryExecutor.PAGE_BYTES, 2 * maxValueSize) + maxKeySize + ANSWER_OVERHEAD;
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new RabiaException.Validation(message);
    }
  }

  public static KVStoreConfig defaults() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Collects a {@link KVStoreConfig}; not thread-safe. */
  public static final class Builder {
    private int maxEntries = 1_000_000;
    private int maxMemoryMb = 1024;
    private int maxKeySize = 1024;
    private int maxValueSize = 1 << 20;
    private boolean enableNotifications = true;
    private int historyEvents = 100_000;
    private int historyMb = 64;
    private boolean compressSnapshots;
    private Duration requestTimeout = Duration.ofSeconds(5);

    private Builder() {}

    public Builder maxEntries(int maxEntries) {
      this.maxEntries = maxEntries;
      return this;
    }

    public Builder maxMemoryMb(int maxMemoryMb) {
      this.maxMemoryMb = maxMemoryMb;
      return this;
    }

    public Builder maxKeySize(int maxKeySize) {
      this.maxKeySize = maxKeySize;
      return this;
    }

    public Builder maxValueSize(int maxValueSize) {
      this.maxValueSize = maxValueSize;
      return this;
    }

    public Builder enableNotifications(boolean enableNotifications) {
      this.enableNotifications = enableNotifications;
      return this;
    }

    public Builder historyEvents(int historyEvents) {
      this.historyEvents = historyEvents;
      return this;
    }

    public Builder historyMb(int historyMb) {
      this.historyMb = historyMb;
      return this;
    }

    /** As servers and commands are told it: with 0 events there are no notifications. */
    public Builder history(int events, int mb) {
      return enableNotifications(events != 0)
          .historyEvents(events == 0 ? this.historyEvents : events)
          .historyMb(mb);
    }

    public Builder compressSnapshots(boolean compressSnapshots) {
      this.compressSnapshots = compressSnapshots;
      return this;
    }

    public Builder requestTimeout(Duration requestTimeout) {
      this.requestTimeout = requestTimeout;
      return this;
    }

    public KVStoreConfig build() {
      return new KVStoreConfig(
          maxEntries,
          maxMemoryMb,
          maxKeySize,
          maxValueSize,
          enableNotifications,
          historyEvents,
          historyMb,
          compressSnapshots,
          requestTimeout);
    }
  }
}
