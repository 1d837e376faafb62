package io.rabia.engine;

import io.rabia.core.RabiaException;
import io.rabia.core.batching.BatchConfig;
import io.rabia.engine.protocol.Timing;
import java.time.Duration;

/**
 * What one node decides for itself; what all members must share is in {@link
 * io.rabia.core.ClusterConfig}. Immutable and thread-safe.
 */
public final class RabiaConfig {
  private final BatchConfig batching;
  private final int ownWindow;
  private final Duration requestTimeout;
  private final Duration heartbeatInterval;
  private final Duration minOwnerWait;
  private final Duration maxOwnerWait;
  private final Duration minResend;
  private final Duration maxResend;
  private final Duration sessionTimeToLive;
  private final int inboxCapacity;
  private final int retainedSlots;
  private final long retainedBytes;
  private final long retainedLogBytes;
  private final long snapshotSlots;
  private final long snapshotBytes;
  private final Duration snapshotEvery;
  private final long stateCheckSlots;
  private final Duration slowForce;
  private final Initial initial;

  private RabiaConfig(Builder builder) {
    batching = builder.batching;
    ownWindow = builder.ownWindow;
    requestTimeout = builder.requestTimeout;
    heartbeatInterval = builder.heartbeatInterval;
    minOwnerWait = builder.minOwnerWait;
    maxOwnerWait = builder.maxOwnerWait;
    minResend = builder.minResend;
    maxResend = builder.maxResend;
    sessionTimeToLive = builder.sessionTimeToLive;
    inboxCapacity = builder.inboxCapacity;
    retainedSlots = builder.retainedSlots;
    retainedBytes = builder.retainedBytes;
    retainedLogBytes = builder.retainedLogBytes;
    snapshotSlots = builder.snapshotSlots;
    snapshotBytes = builder.snapshotBytes;
    snapshotEvery = builder.snapshotEvery;
    stateCheckSlots = builder.stateCheckSlots;
    slowForce = builder.slowForce;
    initial = builder.initial;
    check(ownWindow >= 1 && ownWindow <= 1024, "ownWindow must be 1 to 1024");
    check(inboxCapacity >= 16 && inboxCapacity <= 1 << 24, "inboxCapacity must be 16 to 2^24");
    check(retainedSlots >= 64 && retainedSlots <= 1 << 24, "retainedSlots must be 64 to 2^24");
    check(retainedBytes >= 1 << 20, "retainedBytes must be at least 1 MiB");
    check(retainedLogBytes >= 0, "retainedLogBytes must not be negative");
    check(snapshotSlots >= 1, "snapshotInterval must be at least one slot");
    check(snapshotBytes >= 1, "snapshotInterval must be at least one byte");
    check(positive(snapshotEvery), "snapshotEvery must be positive");
    check(stateCheckSlots >= 0, "stateCheckInterval must not be negative");
    check(positive(slowForce), "slowForce must be positive");
    check(positive(requestTimeout), "requestTimeout must be positive");
    check(positive(heartbeatInterval), "heartbeatInterval must be positive");
    check(positive(sessionTimeToLive), "sessionTimeToLive must be positive");
    check(
        positive(minOwnerWait) && maxOwnerWait.compareTo(minOwnerWait) >= 0,
        "minOwnerWait must be positive and at most maxOwnerWait");
    check(
        positive(minResend) && maxResend.compareTo(minResend) >= 0,
        "minResend must be positive and at most maxResend");
  }

  private static boolean positive(Duration duration) {
    return !duration.isZero() && !duration.isNegative();
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new RabiaException.Validation(message);
    }
  }

  public static RabiaConfig defaults() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  public BatchConfig batching() {
    return batching;
  }

  public int ownWindow() {
    return ownWindow;
  }

  public Duration requestTimeout() {
    return requestTimeout;
  }

  public Duration heartbeatInterval() {
    return heartbeatInterval;
  }

  public Duration sessionTimeToLive() {
    return sessionTimeToLive;
  }

  public int inboxCapacity() {
    return inboxCapacity;
  }

  public long retainedBytes() {
    return retainedBytes;
  }

  public int retainedSlots() {
    return retainedSlots;
  }

  public long retainedLogBytes() {
    return retainedLogBytes;
  }

  public long snapshotSlots() {
    return snapshotSlots;
  }

  public long snapshotBytes() {
    return snapshotBytes;
  }

  public Duration snapshotEvery() {
    return snapshotEvery;
  }

  public long stateCheckSlots() {
    return stateCheckSlots;
  }

  public Duration slowForce() {
    return slowForce;
  }

  public Initial initial() {
    return initial;
  }

  Timing timing() {
    return new Timing(
        minOwnerWait.toNanos(), maxOwnerWait.toNanos(), minResend.toNanos(), maxResend.toNanos());
  }

  /** Collects a {@link RabiaConfig}; not thread-safe. */
  public static final class Builder {
    private BatchConfig batching =
        BatchConfig.builder().maxBatchSize(1024).bufferCapacity(1 << 16).build();
    private int ownWindow = 1;
    private Duration requestTimeout = Duration.ofSeconds(5);
    private Duration heartbeatInterval = Duration.ofMillis(200);
    private Duration minOwnerWait = Duration.ofMillis(5);
    private Duration maxOwnerWait = Duration.ofMillis(100);
    private Duration minResend = Duration.ofMillis(20);
    private Duration maxResend = Duration.ofSeconds(1);
    private Duration sessionTimeToLive = Duration.ofMinutes(10);
    private int inboxCapacity = 1 << 16;
    private int retainedSlots = 1 << 16;
    private long retainedBytes = 16L << 20;
    private long retainedLogBytes = 1L << 30;
    private long snapshotSlots = 1 << 14;
    private long snapshotBytes = 32L << 20;
    private Duration snapshotEvery = Duration.ofHours(1);
    private long stateCheckSlots = 1 << 14;
    private Duration slowForce = Duration.ofMillis(100);
    private Initial initial = Initial.NEW;

    private Builder() {}

    /** How commands become batches. Default: at most 1,024 commands or 4 MiB, adaptive. */
    public Builder batching(BatchConfig batching) {
      this.batching = batching;
      return this;
    }

    /**
     * Own batches in flight before commands gather for a larger one; also how many rounds of slots
     * this node starts ahead of their decision. Batches, default 1. More lowers latency while the
     * network is slow, fewer makes larger batches.
     */
    public Builder ownWindow(int batches) {
      this.ownWindow = batches;
      return this;
    }

    /** After which a command without an answer fails with an unknown outcome. Default 5 s. */
    public Builder requestTimeout(Duration timeout) {
      this.requestTimeout = timeout;
      return this;
    }

    /**
     * After which an idle connection carries a heartbeat. Default 200 ms. Shorter notices a dead
     * peer's state earlier.
     */
    public Builder heartbeatInterval(Duration interval) {
      this.heartbeatInterval = interval;
      return this;
    }

    /** Bounds of the adaptive wait for a slot's owner that should speak. Default 5 to 100 ms. */
    public Builder ownerWait(Duration least, Duration most) {
      this.minOwnerWait = least;
      this.maxOwnerWait = most;
      return this;
    }

    /**
     * Bounds of the time without progress before open slots are sent again. Default 20 ms to 1 s.
     */
    public Builder resend(Duration least, Duration most) {
      this.minResend = least;
      this.maxResend = most;
      return this;
    }

    /** How long a session may be silent before it is closed. Default 10 minutes. */
    public Builder sessionTimeToLive(Duration timeToLive) {
      this.sessionTimeToLive = timeToLive;
      return this;
    }

    /**
     * Requests that may wait for the engine's thread, rounded up to a power of two; beyond it
     * callers get Overload. So many reads, and so many commands without a session, may wait behind
     * it. Default 65,536.
     */
    public Builder inboxCapacity(int requests) {
      this.inboxCapacity = requests;
      return this;
    }

    /**
     * Decisions kept in memory for members that are behind, slots, 64 at least, rounded up to a
     * power of two. Default 65,536. Fewer are sooner read from the log.
     */
    public Builder retainedSlots(int slots) {
      this.retainedSlots = slots;
      return this;
    }

    /**
     * Size of the log, bytes, up to which what a member that is away has not seen is kept in it.
     * Default 1 GiB. Beyond it the log goes as far as the own snapshots allow, and such a member
     * takes a snapshot; 0 waits for nobody. Looked at whenever a snapshot was written, and what two
     * snapshots need stays in any case.
     */
    public Builder retainedLogBytes(long bytes) {
      this.retainedLogBytes = bytes;
      return this;
    }

    /**
     * Decided batches kept in memory for members that are behind, bytes. Default 16 MiB. Who is
     * further behind reads from the log or, where there is none, takes a snapshot: of a large state
     * more is worth its place. Collectors copy it.
     */
    public Builder retainedBytes(long bytes) {
      this.retainedBytes = bytes;
      return this;
    }

    /**
     * How much is decided, in slots, or written to the log, in bytes, before a snapshot is taken of
     * it; of a state of more than a MiB not before a third of the bytes of its last snapshot went
     * to the log, nor, while no member is behind that one, before fifty times as long passed as it
     * took to be written, unless four times as many bytes went to the log, and as many as it has.
     * Members take turns within an interval of slots, so the first one may come earlier, and one
     * after another that was asked for, or due by bytes, by half an interval later. Defaults:
     * 16,384 slots, 32 MiB. Fewer make a restart shorter and the log smaller, more write less.
     */
    public Builder snapshotInterval(long slots, long logBytes) {
      this.snapshotSlots = slots;
      this.snapshotBytes = logBytes;
      return this;
    }

    /**
     * How old the last snapshot may be, or the start of a member that has taken none since, before
     * one is taken of what was decided after it, however little that is. Default 1 hour. Shorter
     * makes a restart of a member that decides little shorter, and writes the whole state more
     * often.
     */
    public Builder snapshotEvery(Duration time) {
      this.snapshotEvery = time;
      return this;
    }

    /**
     * After how many slots, again and again, the members compare the hashes of their states; 0 for
     * never. Default 16,384. Members with different intervals compare where these meet. Fewer find
     * a state machine that is not deterministic earlier; every hash takes the engine's thread for
     * as long as {@link io.rabia.core.statemachine.StateMachine#stateHash} and a look at all
     * sessions take.
     */
    public Builder stateCheckInterval(long slots) {
      this.stateCheckSlots = slots;
      return this;
    }

    /**
     * The disk is reported as slow when forces of the log take longer, eight in a row. Default 100
     * ms.
     */
    public Builder slowForce(Duration time) {
      this.slowForce = time;
      return this;
    }

    /** What an empty log means; without effect on any other. Default {@link Initial#NEW}. */
    public Builder initial(Initial meaning) {
      this.initial = meaning;
      return this;
    }

    public RabiaConfig build() {
      return new RabiaConfig(this);
    }
  }
}
