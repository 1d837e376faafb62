package io.rabia.network;

import io.rabia.core.ClusterConfig;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What a {@link NettyTransport} knows about one other member. Owned by the transport's thread. */
final class Peer {
  ClusterConfig.Member member;

  /**
   * Of two members the one with the lower id dials; who is no member yet dials all, and nobody
   * dials it.
   */
  boolean dialed;

  /** Where it says that clients reach it. */
  ClusterConfig.@Nullable Member client;

  /** The accepted connection. */
  @Nullable PeerConnection connection;

  /** Why the last connection ended, as long as the listener has not been told. */
  @Nullable String owedDisconnect;

  /**
   * A name is being resolved, or a connection is being made or shakes hands; for one that is no
   * member: its own one shakes hands.
   */
  boolean dialing;

  /** When to dial next; meaningful while neither dialing nor connected. */
  long retryAt;

  private int failures;

  Peer(ClusterConfig.Member member, boolean dialed, long now) {
    this.member = member;
    this.dialed = dialed;
    retryAt = now;
  }

  /** It is known under another address, or is to be dialed by the other of the two, from now on. */
  void change(ClusterConfig.Member known, boolean dial, long now) {
    if (!known.equals(member) || dial && !dialed) {
      failures = 0;
      retryAt = now;
    }
    member = known;
    dialed = dial;
  }

  /** Nothing holds it here any more. */
  boolean isGone() {
    return !dialed && !dialing && connection == null && owedDisconnect == null;
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
