package io.rabia.core.memory;

import io.rabia.core.RabiaException;
import java.util.ArrayList;
import java.util.List;

/**
 * The size classes of a {@link MemoryPool}. Immutable and thread-safe. Throws {@link
 * RabiaException.Validation} for classes that are missing, empty or not in ascending order.
 *
 * @param sizeClasses ascending by size
 * @param leakDetection whether buffers that were never released are found and told with the place
 *     that acquired them; costs an object and a stack trace per acquisition
 */
public record PoolConfig(List<SizeClass> sizeClasses, boolean leakDetection) {

  /**
   * @param bytes capacity of each buffer of the class
   * @param maxBuffers how many there may be, in use and idle
   */
  public record SizeClass(int bytes, int maxBuffers) {
    public SizeClass {
      if (bytes < 1 || maxBuffers < 1) {
        throw new RabiaException.Validation(
            "a size class needs bytes and buffers: " + bytes + ", " + maxBuffers);
      }
    }
  }

  public PoolConfig {
    sizeClasses = List.copyOf(sizeClasses);
    if (sizeClasses.isEmpty()) {
      throw new RabiaException.Validation("a pool needs a size class");
    }
    for (int i = 1; i < sizeClasses.size(); i++) {
      if (sizeClasses.get(i).bytes() <= sizeClasses.get(i - 1).bytes()) {
        throw new RabiaException.Validation("size classes must ascend: " + sizeClasses);
      }
    }
  }

  /** 1 KiB to 8 MiB, 61 MiB when everything is in use; no leak detection. */
  public static PoolConfig defaults() {
    return builder()
        .sizeClass(1 << 10, 1024)
        .sizeClass(8 << 10, 512)
        .sizeClass(64 << 10, 128)
        .sizeClass(1 << 20, 16)
        .sizeClass(8 << 20, 4)
        .build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Collects a {@link PoolConfig}; not thread-safe. */
  public static final class Builder {
    private final List<SizeClass> sizeClasses = new ArrayList<>();
    private boolean leakDetection;

    private Builder() {}

    /**
     * Adds buffers of so many bytes, at most so many of them. More buffers bear more concurrency
     * and hold more memory.
     */
    public Builder sizeClass(int bytes, int maxBuffers) {
      sizeClasses.add(new SizeClass(bytes, maxBuffers));
      return this;
    }

    /** Default false. True finds leaks and costs garbage: for tests. */
    public Builder leakDetection(boolean leakDetection) {
      this.leakDetection = leakDetection;
      return this;
    }

    public PoolConfig build() {
      return new PoolConfig(sizeClasses, leakDetection);
    }
  }
}
