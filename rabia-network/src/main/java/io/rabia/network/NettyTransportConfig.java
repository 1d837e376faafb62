package io.rabia.network;

import io.rabia.core.RabiaException;
import java.time.Duration;

/** Limits and times of a {@link NettyTransport}. Immutable and thread-safe. */
public final class NettyTransportConfig {
  private static final int MIB = 1024 * 1024;

  private final int maxFrameBytes;
  private final int outboundQueueBytes;
  private final Duration connectTimeout;
  private final Duration handshakeTimeout;
  private final Duration reconnectBackoffMin;
  private final Duration reconnectBackoffMax;
  private final Duration idleTimeout;
  private final int maxPendingInbound;

  private NettyTransportConfig(Builder builder) {
    maxFrameBytes = builder.maxFrameBytes;
    outboundQueueBytes = builder.outboundQueueBytes;
    connectTimeout = positive("connectTimeout", builder.connectTimeout);
    handshakeTimeout = positive("handshakeTimeout", builder.handshakeTimeout);
    reconnectBackoffMin = positive("reconnectBackoffMin", builder.reconnectBackoffMin);
    reconnectBackoffMax = positive("reconnectBackoffMax", builder.reconnectBackoffMax);
    idleTimeout = positive("idleTimeout", builder.idleTimeout);
    maxPendingInbound = builder.maxPendingInbound;
    require(maxFrameBytes >= 1024 && maxFrameBytes <= 256 * MIB, "maxFrameBytes: 1 KiB to 256 MiB");
    require(
        outboundQueueBytes >= maxFrameBytes + FrameCodec.HEADER_BYTES
            && outboundQueueBytes <= 1024 * MIB,
        "outboundQueueBytes: more than maxFrameBytes, at most 1 GiB");
    require(
        reconnectBackoffMax.compareTo(reconnectBackoffMin) >= 0,
        "reconnectBackoffMax: at least reconnectBackoffMin");
    require(maxPendingInbound >= 1 && maxPendingInbound <= 65536, "maxPendingInbound: 1 to 65536");
  }

  public static NettyTransportConfig defaults() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  private static Duration positive(String name, Duration value) {
    require(
        value.compareTo(Duration.ofMillis(1)) >= 0 && value.compareTo(Duration.ofDays(1)) <= 0,
        name + ": 1 ms to 1 day");
    return value;
  }

  private static void require(boolean holds, String rule) {
    if (!holds) {
      throw new RabiaException.Validation(rule);
    }
  }

  public int maxFrameBytes() {
    return maxFrameBytes;
  }

  public int outboundQueueBytes() {
    return outboundQueueBytes;
  }

  public Duration connectTimeout() {
    return connectTimeout;
  }

  public Duration handshakeTimeout() {
    return handshakeTimeout;
  }

  public Duration reconnectBackoffMin() {
    return reconnectBackoffMin;
  }

  public Duration reconnectBackoffMax() {
    return reconnectBackoffMax;
  }

  public Duration idleTimeout() {
    return idleTimeout;
  }

  public int maxPendingInbound() {
    return maxPendingInbound;
  }

  @Override
  public String toString() {
    return "NettyTransportConfig[maxFrameBytes="
        + maxFrameBytes
        + ", outboundQueueBytes="
        + outboundQueueBytes
        + ", connectTimeout="
        + connectTimeout
        + ", handshakeTimeout="
        + handshakeTimeout
        + ", reconnectBackoff="
        + reconnectBackoffMin
        + ".."
        + reconnectBackoffMax
        + ", idleTimeout="
        + idleTimeout
        + ", maxPendingInbound="
        + maxPendingInbound
        + "]";
  }

  /** Collects a {@link NettyTransportConfig}; not thread-safe. */
  public static final class Builder {
    private int maxFrameBytes = 16 * MIB;
    private int outboundQueueBytes = 64 * MIB;
    private Duration connectTimeout = Duration.ofSeconds(1);
    private Duration handshakeTimeout = Duration.ofSeconds(3);
    private Duration reconnectBackoffMin = Duration.ofMillis(20);
    private Duration reconnectBackoffMax = Duration.ofSeconds(1);
    private Duration idleTimeout = Duration.ofSeconds(3);
    private int maxPendingInbound = 64;

    private Builder() {}

    /**
     * Bytes in the body of the longest frame, 1 KiB to 256 MiB; the same at all members. Default 16
     * MiB. Larger holds more memory per connection and delays what queues behind a long frame.
     */
    public Builder maxFrameBytes(int bytes) {
      maxFrameBytes = bytes;
      return this;
    }

    /**
     * Bytes queued for one peer before its connection is cut off, up to 1 GiB. Default 64 MiB.
     * Larger rides out longer stalls of the peer and holds more memory.
     */
    public Builder outboundQueueBytes(int bytes) {
      outboundQueueBytes = bytes;
      return this;
    }

    /**
     * How long an attempt to connect may take, in whole milliseconds. Default 1 s. Shorter notices
     * sooner that a path is back, too short never connects over a slow one.
     */
    public Builder connectTimeout(Duration timeout) {
      connectTimeout = timeout;
      return this;
    }

    /**
     * From the connection to an accepted handshake, TLS included. Default 3 s. Longer lets silent
     * strangers hold their places longer.
     */
    public Builder handshakeTimeout(Duration timeout) {
      handshakeTimeout = timeout;
      return this;
    }

    /**
     * The pause after the first failed attempt; it doubles with each further one, and a random half
     * of it is left out. Default 20 ms. Shorter finds a restarted peer sooner for more packets.
     */
    public Builder reconnectBackoffMin(Duration pause) {
      reconnectBackoffMin = pause;
      return this;
    }

    /**
     * The longest pause between two attempts. Default 1 s. Shorter reconnects sooner for more
     * packets.
     */
    public Builder reconnectBackoffMax(Duration pause) {
      reconnectBackoffMax = pause;
      return this;
    }

    /**
     * A connection on which neither a frame nor 4 KiB of one arrives for this long is closed (up to
     * a quarter later). Default 3 s. Must be several times the engine's heartbeat interval; shorter
     * notices a dead machine sooner and mistakes a pause for one more often.
     */
    public Builder idleTimeout(Duration timeout) {
      idleTimeout = timeout;
      return this;
    }

    /**
     * Accepted connections without an accepted handshake, 1 to 65536; one more closes the oldest of
     * them. Default 64. More survive a larger flood of strangers and hold more memory, up to 64 KiB
     * each.
     */
    public Builder maxPendingInbound(int connections) {
      maxPendingInbound = connections;
      return this;
    }

    /**
     * @throws RabiaException.Validation for a value outside its limits
     */
    public NettyTransportConfig build() {
      return new NettyTransportConfig(this);
    }
  }
}
