package io.rabia.network;

import io.rabia.core.transport.Handshake;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One connection between two transports of an {@link InMemoryNetwork}: the two handshakes, a
 * bounded queue in each direction, and the reason of its end. Thread-safe; each side is used by its
 * own thread.
 */
final class InMemoryLink {

  /** One end of a link. All fields are guarded by the link. */
  static final class Side {
    final InMemoryTransport owner;
    private @Nullable Handshake hello;
    private boolean accepted;
    private @Nullable String refusal;
    private ByteBuffer inbound = ByteBuffer.allocate(INITIAL_BYTES);

    private Side(InMemoryTransport owner) {
      this.owner = owner;
    }
  }

  private static final int LENGTH_BYTES = 4;
  private static final int INITIAL_BYTES = 1024;
  private static final int KEEP_BYTES = 1024 * 1024;

  private final Side dialer;
  private final Side acceptor;
  private volatile @Nullable String closeReason;
  private volatile boolean refused;

  InMemoryLink(InMemoryTransport dialer, InMemoryTransport acceptor) {
    this.dialer = new Side(dialer);
    this.acceptor = new Side(acceptor);
  }

  InMemoryTransport peerOf(InMemoryTransport owner) {
    return other(owner).owner;
  }

  boolean dialedBy(InMemoryTransport owner) {
    return dialer.owner == owner;
  }

  synchronized void sayHello(InMemoryTransport from, Handshake hello) {
    side(from).hello = hello;
  }

  /** What the other side said, or null as long as it has not. */
  synchronized @Nullable Handshake helloOfPeer(InMemoryTransport owner) {
    return other(owner).hello;
  }

  synchronized void accept(InMemoryTransport from) {
    side(from).accepted = true;
  }

  synchronized boolean acceptedByPeer(InMemoryTransport owner) {
    return other(owner).accepted;
  }

  /** The first reason stays. What is queued is lost. */
  synchronized void close(String reason) {
    if (closeReason == null) {
      closeReason = reason;
    }
  }

  /** Closes it because one side did not accept the other's handshake. */
  synchronized void refuse(InMemoryTransport from, String reason) {
    refused = true;
    side(from).refusal = reason;
    close("refused: " + reason);
  }

  /** Why the other side did not accept this one's handshake, or null. */
  synchronized @Nullable String refusalOfPeer(InMemoryTransport owner) {
    return other(owner).refusal;
  }

  boolean refused() {
    return refused;
  }

  /** Null while it is open. */
  @Nullable String closeReason() {
    return closeReason;
  }

  /** False when the queue would go over its bound. Leaves {@code body} as it was. */
  synchronized boolean offer(InMemoryTransport from, ByteBuffer body, int bound) {
    Side to = other(from);
    int needed = LENGTH_BYTES + body.remaining();
    if ((long) to.inbound.position() + needed > bound) {
      return false;
    }
    if (to.inbound.remaining() < needed) {
      int capacity = Math.max(to.inbound.position() + needed, 2 * to.inbound.capacity());
      to.inbound = ByteBuffer.allocate(capacity).put(to.inbound.flip());
    }
    int position = body.position();
    to.inbound.putInt(body.remaining()).put(body);
    body.position(position);
    return true;
  }

  /** What the peer has not taken yet. */
  synchronized long queued(InMemoryTransport from) {
    return closeReason == null ? other(from).inbound.position() : 0;
  }

  /**
   * Everything that has arrived, as lengths and bodies, in exchange for a buffer that is not used
   * any more.
   *
   * @return null when there is nothing, or the link is closed
   */
  synchronized @Nullable ByteBuffer take(InMemoryTransport owner, ByteBuffer exchange) {
    Side side = side(owner);
    if (side.inbound.position() == 0 || closeReason != null) {
      return null;
    }
    ByteBuffer full = side.inbound;
    side.inbound =
        exchange.capacity() > KEEP_BYTES ? ByteBuffer.allocate(INITIAL_BYTES) : exchange.clear();
    return full.flip();
  }

  /** Narrows what {@link #take} gave to its next body. @return where the one after it starts */
  static int nextFrame(ByteBuffer taken) {
    int length = taken.getInt();
    int next = taken.position() + length;
    taken.limit(next);
    return next;
  }

  private Side side(InMemoryTransport owner) {
    return dialer.owner == owner ? dialer : acceptor;
  }

  private Side other(InMemoryTransport owner) {
    return dialer.owner == owner ? acceptor : dialer;
  }
}
