package io.rabia.core.transport;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Frames between members: FIFO while connected, everything in flight lost when a connection breaks,
 * never altered, never blocking. All methods are called by the engine's thread, except {@link
 * #wakeup}. Connects and reconnects to the members by itself.
 */
public interface Transport extends AutoCloseable {

  /**
   * Opens the port and starts to connect. @throws io.rabia.core.RabiaException.Network when the
   * port is taken
   */
  void start(TransportListener listener);

  /**
   * Does the I/O that is ready, on the calling thread, and calls the listener; when there is none,
   * waits for some.
   *
   * @param maxWaitNanos how long to wait at most; 0: not at all
   * @return how many frames and connection events were handled
   */
  int poll(long maxWaitNanos);

  /** Ends a {@link #poll} that waits, or the next one that would. From any thread. */
  void wakeup();

  /**
   * Queues a frame; it leaves at the next {@link #flush} at the latest.
   *
   * @param body from position to limit, unchanged afterwards; copied before the call returns
   * @return false when the peer is not connected, or was cut off just now because its queue is over
   *     its bound
   */
  boolean send(NodeId peer, ByteBuffer body);

  /** Hands everything queued to the operating system, as far as that takes it without blocking. */
  void flush();

  /**
   * Closes the connection, if there is one; it will be made again. The listener hears {@code
   * onDisconnected}.
   */
  void disconnect(NodeId peer, String reason);

  /**
   * From now on these are the members: connects to those that are new or have another address, and
   * no more to those that are gone. A connection that is up stays, a member that is gone may need
   * it for a while, and so may a process that is not a member yet.
   *
   * @param joins whether this process is none of them: then it is the one that connects, since they
   *     do not know where it is
   */
  void members(List<ClusterConfig.Member> members, boolean joins);

  /** Bytes queued for the peer. */
  long queuedBytes(NodeId peer);

  TransportStatistics statistics();

  @Override
  void close();
}
