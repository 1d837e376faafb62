package io.rabia.testing;

import java.time.Duration;

/**
 * What happens to frames between members, in each direction alike. Frames between two members keep
 * their order unless {@code reorderingRate} says otherwise. Immutable.
 *
 * @param minLatency least time on the way. Default 0
 * @param maxLatency most time on the way; each frame draws its own. Default 0
 * @param packetLossRate share of frames that vanish, 0 to 1. Default 0
 * @param duplicationRate share of frames that arrive again later, 0 to 1. Default 0
 * @param reorderingRate share of frames that others overtake, 0 to 1. Default 0
 * @param bandwidth bytes a second from one member to another, 0 for no limit. Default 0
 * @param partitionProbability chance that the members are split into two sides for the next {@link
 *     #PARTITION_PERIOD}, drawn after each. Default 0
 */
public record NetworkConditions(
    Duration minLatency,
    Duration maxLatency,
    double packetLossRate,
    double duplicationRate,
    double reorderingRate,
    long bandwidth,
    double partitionProbability) {

  /** How long a random partition lasts, and how often one is drawn. */
  public static final Duration PARTITION_PERIOD = Duration.ofMillis(500);

  public NetworkConditions {
    if (minLatency.isNegative() || maxLatency.compareTo(minLatency) < 0) {
      throw new IllegalArgumentException("latency from " + minLatency + " to " + maxLatency);
    }
    checkRate("packetLossRate", packetLossRate);
    checkRate("duplicationRate", duplicationRate);
    checkRate("reorderingRate", reorderingRate);
    checkRate("partitionProbability", partitionProbability);
    if (bandwidth < 0) {
      throw new IllegalArgumentException("bandwidth " + bandwidth);
    }
  }

  private static void checkRate(String name, double rate) {
    if (!(rate >= 0 && rate <= 1)) {
      throw new IllegalArgumentException(name + " must be 0 to 1: " + rate);
    }
  }

  /** Everything arrives, at once. */
  public static NetworkConditions perfect() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Both at once: latencies add up, the tighter bandwidth holds. */
  NetworkConditions and(NetworkConditions other) {
    return new NetworkConditions(
        minLatency.plus(other.minLatency),
        maxLatency.plus(other.maxLatency),
        either(packetLossRate, other.packetLossRate),
        either(duplicationRate, other.duplicationRate),
        either(reorderingRate, other.reorderingRate),
        bandwidth == 0 || other.bandwidth == 0
            ? Math.max(bandwidth, other.bandwidth)
            : Math.min(bandwidth, other.bandwidth),
        either(partitionProbability, other.partitionProbability));
  }

  private static double either(double a, double b) {
    return a + b - a * b;
  }

  /** Starts from perfect conditions; not thread-safe. */
  public static final class Builder {
    private Duration minLatency = Duration.ZERO;
    private Duration maxLatency = Duration.ZERO;
    private double packetLossRate;
    private double duplicationRate;
    private double reorderingRate;
    private long bandwidth;
    private double partitionProbability;

    private Builder() {}

    public Builder latency(Duration least, Duration most) {
      minLatency = least;
      maxLatency = most;
      return this;
    }

    public Builder packetLossRate(double rate) {
      packetLossRate = rate;
      return this;
    }

    public Builder duplicationRate(double rate) {
      duplicationRate = rate;
      return this;
    }

    public Builder reorderingRate(double rate) {
      reorderingRate = rate;
      return this;
    }

    public Builder bandwidth(long bytesPerSecond) {
      bandwidth = bytesPerSecond;
      return this;
    }

    public Builder partitionProbability(double probability) {
      partitionProbability = probability;
      return this;
    }

    public NetworkConditions build() {
      return new NetworkConditions(
          minLatency,
          maxLatency,
          packetLossRate,
          duplicationRate,
          reorderingRate,
          bandwidth,
          partitionProbability);
    }
  }
}
