package io.rabia.persistence;

import io.rabia.core.RabiaException;
import io.rabia.core.persistence.Durability;

/**
 * How a {@link FilePersistence} keeps its log. Immutable.
 *
 * @param durability what a promise survives. Default {@link Durability#FSYNC}; {@link
 *     Durability#OS} saves the force before each answer and gives up what was not yet on disk when
 *     a machine restarts
 * @param segmentBytes bytes after which the log goes on in a new file, 1 KiB to 1 GiB. Default 64
 *     MiB. Smaller files are given free earlier, larger ones cost fewer forces of the directory.
 *     Under FSYNC up to four that are done with are kept beside the log, to be written over
 * @param maxGroupBytes the largest group that {@code append} takes, in bytes, 1 KiB to 1 GiB.
 *     Default 64 MiB. One write buffer grows up to it
 */
public record FilePersistenceConfig(Durability durability, int segmentBytes, int maxGroupBytes) {
  private static final int MIN_BYTES = 1 << 10;
  private static final int MAX_BYTES = 1 << 30;

  public FilePersistenceConfig {
    if (durability == Durability.MEMORY) {
      throw new RabiaException.Validation(
          "a log in files is FSYNC or OS; for MEMORY see InMemoryPersistence");
    }
    checkBytes("segmentBytes", segmentBytes);
    checkBytes("maxGroupBytes", maxGroupBytes);
  }

  private static void checkBytes(String name, int value) {
    if (value < MIN_BYTES || value > MAX_BYTES) {
      throw new RabiaException.Validation(
          name + " must be " + MIN_BYTES + " to " + MAX_BYTES + ": " + value);
    }
  }

  public static FilePersistenceConfig defaults() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Starts from the defaults. One thread. */
  public static final class Builder {
    private Durability durability = Durability.FSYNC;
    private int segmentBytes = 64 << 20;
    private int maxGroupBytes = 64 << 20;

    private Builder() {}

    public Builder durability(Durability durability) {
      this.durability = durability;
      return this;
    }

    public Builder segmentBytes(int segmentBytes) {
      this.segmentBytes = segmentBytes;
      return this;
    }

    public Builder maxGroupBytes(int maxGroupBytes) {
      this.maxGroupBytes = maxGroupBytes;
      return this;
    }

    public FilePersistenceConfig build() {
      return new FilePersistenceConfig(durability, segmentBytes, maxGroupBytes);
    }
  }
}
