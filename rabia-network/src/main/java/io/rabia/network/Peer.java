package io.rabia.network;

import io.rabia.core.ClusterConfig;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What a {@link NettyTransport} knows about one other member. Owned by the transport's thread. */
final class Peer {
  final ClusterConfig.Member member;

  /** Of two members the one with the lower id dials. */
  final boolean dialed;

  /** The accepted connection. */
  @Nullable PeerConnection connection;

  /** Why the last connection ended, as long as the listener has not been told. */
  @Nullable String owedDisconnect;

  /** A name is being resolved, or a connection is being made or shakes hands. */
  boolean dialing;

  /** When to dial next; meaningful while neither dialing nor connected. */
  long retryAt;

  private int failures;

  Peer(ClusterConfig.Member member, boolean dialed, long now) {
    this.member = member;
    this.dialed = dialed;
    retryAt = now;
  }

  boolean mayDial() {
    return dialed && !dialing && connection == null;
  }

  /** How many attempts have failed since the last connection that lasted. */
  int failures() {
    return failures;
  }

  void connectionLasted() {
    failures = 0;
  }

  /** Sets {@link #retryAt}. */
  void backOff(long now, NettyTransportConfig config, SplittableRandom random) {
    long min = config.reconnectBackoffMin().toNanos();
    long max = config.reconnectBackoffMax().toNanos();
    int doublings = Math.min(failures, Long.numberOfLeadingZeros(min) - 1);
    long pause = Math.min(max, min << doublings);
    failures++;
    retryAt = now + pause - random.nextLong(pause / 2 + 1);
  }
}
