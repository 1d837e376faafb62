package io.rabia.core.batching;

import io.rabia.core.CommandBatch;
import io.rabia.core.RabiaException;
import java.time.Duration;

/**
 * How commands are collected into batches. Immutable and thread-safe; built by {@link #builder},
 * which throws {@link RabiaException.Validation} for values outside their limits.
 *
 * @param maxBatchSize commands in a batch at most
 * @param maxBatchBytes encoded size of a batch at most
 * @param maxBatchDelay how long a command waits at most for others to share its batch
 * @param bufferCapacity commands that may wait at most
 * @param bufferBytes bytes of payload that may wait at most
 * @param adaptive whether an idle system sends a lone command at once
 */
public record BatchConfig(
    int maxBatchSize,
    int maxBatchBytes,
    Duration maxBatchDelay,
    int bufferCapacity,
    long bufferBytes,
    boolean adaptive) {

  /** The largest {@link #maxBatchSize}. */
  public static final int LARGEST_BATCH_SIZE = 65_536;

  /** The largest {@link #maxBatchBytes}: a batch must fit a frame. */
  public static final int LARGEST_BATCH_BYTES = 1 << 26;

  private static final int LARGEST_BUFFER = 1 << 24;

  public BatchConfig {
    range("maxBatchSize", maxBatchSize, 1, LARGEST_BATCH_SIZE);
    range(
        "maxBatchBytes",
        maxBatchBytes,
        CommandBatch.HEADER + CommandBatch.COMMAND_HEADER,
        LARGEST_BATCH_BYTES);
    range("bufferCapacity", bufferCapacity, maxBatchSize, LARGEST_BUFFER);
    range("bufferBytes", bufferBytes, 2L * maxBatchBytes, Long.MAX_VALUE);
    if (maxBatchDelay.isNegative() || maxBatchDelay.compareTo(Duration.ofHours(1)) > 0) {
      throw new RabiaException.Validation("maxBatchDelay must be 0 to 1 h: " + maxBatchDelay);
    }
  }

  private static void range(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new RabiaException.Validation(
          name + " must be " + least + " to " + most + ": " + value);
    }
  }

  public static BatchConfig defaults() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Collects a {@link BatchConfig}; not thread-safe. */
  public static final class Builder {
    private int maxBatchSize = 100;
    private int maxBatchBytes = 4 << 20;
    private Duration maxBatchDelay = Duration.ofMillis(10);
    private int bufferCapacity = 65_536;
    private long bufferBytes = 64L << 20;
    private boolean adaptive = true;

    private Builder() {}

    /**
     * Commands, 1 to 65536. Default 100. Larger spreads the cost of a slot further and holds the
     * slot up longer.
     */
    public Builder maxBatchSize(int maxBatchSize) {
      this.maxBatchSize = maxBatchSize;
      return this;
    }

    /**
     * Bytes of an encoded batch, 65 to 64 Mi. Default 4 Mi. It bounds the largest command, too;
     * larger lets votes wait longer behind a batch.
     */
    public Builder maxBatchBytes(int maxBatchBytes) {
      this.maxBatchBytes = maxBatchBytes;
      return this;
    }

    /**
     * 0 to 1 h. Default 10 ms. Longer fills batches under moderate load and adds as much latency.
     */
    public Builder maxBatchDelay(Duration maxBatchDelay) {
      this.maxBatchDelay = maxBatchDelay;
      return this;
    }

    /**
     * Commands, {@code maxBatchSize} to 16 Mi. Default 65536. Larger absorbs longer bursts and
     * answers them later.
     */
    public Builder bufferCapacity(int bufferCapacity) {
      this.bufferCapacity = bufferCapacity;
      return this;
    }

    /**
     * Bytes of payload, at least two batches. Default 64 Mi. As {@code bufferCapacity}, for memory.
     */
    public Builder bufferBytes(long bufferBytes) {
      this.bufferBytes = bufferBytes;
      return this;
    }

    /**
     * Default true. False always waits for a full batch or the delay: fewer slots, later answers
     * when idle.
     */
    public Builder adaptive(boolean adaptive) {
      this.adaptive = adaptive;
      return this;
    }

    public BatchConfig build() {
      return new BatchConfig(
          maxBatchSize, maxBatchBytes, maxBatchDelay, bufferCapacity, bufferBytes, adaptive);
    }
  }
}
