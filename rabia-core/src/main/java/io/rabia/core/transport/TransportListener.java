package io.rabia.core.transport;

import io.rabia.core.NodeId;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a transport tells its engine; every call comes from within {@link Transport#poll} or {@link
 * Transport#start}.
 */
public interface TransportListener {

  /**
   * What to tell {@code peer} in a handshake that is about to be sent, fresh for each connection.
   */
  Handshake handshakeFor(NodeId peer);

  /** Judges a peer's handshake: null to accept, or the reason to refuse it and close. */
  @Nullable String refuse(Handshake peer);

  /**
   * The peer, or who is where it should be, did not accept this node's handshake.
   *
   * @param reason in its words: what its {@link #refuse} said, or its transport
   */
  default void onRefused(NodeId peer, String reason) {}

  /** May a process that is not among the members connect, if {@link #refuse} accepts it? */
  default boolean mayJoin(Handshake peer) {
    return false;
  }

  /** A connection with an accepted handshake is up; at most one per peer. */
  void onConnected(Handshake peer);

  /**
   * The connection is gone with everything in flight. Called once for each {@link #onConnected}.
   */
  void onDisconnected(NodeId peer, String reason);

  /**
   * A frame arrived whole and with a valid checksum.
   *
   * @param body from position to limit; valid only during the call
   * @throws io.rabia.core.RabiaException.Serialization to have the connection closed and counted
   */
  void onFrame(NodeId peer, ByteBuffer body);
}
