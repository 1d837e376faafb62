package io.rabia.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** One way of one connection through a {@link TcpProxy}. Owned by the proxy's thread. */
final class ProxyPipe {
  /** Nothing to do before a socket says so. */
  static final long NEVER = Long.MAX_VALUE;

  private static final int CHUNK = 16 * 1024;
  private static final long MIN_BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** All connections in one direction. Thread-safe. */
  static final class Direction {
    private static final long UNLIMITED = -1;

    volatile StreamConditions conditions = StreamConditions.perfect();
    final AtomicLong passed = new AtomicLong();
    final AtomicLong corrupted = new AtomicLong();
    final AtomicLong lost = new AtomicLong();
    private final AtomicLong untilReset = new AtomicLong(UNLIMITED);

    void resetAfter(long bytes) {
      untilReset.set(bytes);
    }

    private int allowance(int wanted) {
      long left = untilReset.get();
      return left == UNLIMITED ? wanted : (int) Math.min(wanted, left);
    }

    /** True for the one who passed the last byte before the reset. */
    private boolean pass(int bytes) {
      passed.addAndGet(bytes);
      long left = untilReset.get();
      return left != UNLIMITED
          && untilReset.compareAndSet(left, left == bytes ? UNLIMITED : left - bytes)
          && left == bytes;
    }
  }

  private record Chunk(ByteBuffer bytes, long due) {}

  private final SocketChannel from;
  private final SocketChannel to;
  private final Direction direction;
  private final SplittableRandom random = new SplittableRandom();
  private final ArrayDeque<Chunk> held = new ArrayDeque<>();
  private int heldBytes;
  private long paidUntil;
  private boolean ended;
  private boolean finished;
  private boolean silent;
  private boolean blocked;
  private boolean reset;

  ProxyPipe(SocketChannel from, SocketChannel to, Direction direction, long now) {
    this.from = from;
    this.to = to;
    this.direction = direction;
    paidUntil = now;
  }

  boolean wantsToRead() {
    return !ended && heldBytes < StreamConditions.MAX_HELD;
  }

  /** The target's socket takes no more now. */
  boolean blocked() {
    return blocked;
  }

  /** The sender has ended it, and nothing of it is on its way any more. */
  boolean over() {
    return ended && held.isEmpty();
  }

  /** The other end has been told that no more comes. */
  boolean finished() {
    return finished;
  }

  /** Both ends are to be told that the connection is broken. */
  boolean mustReset() {
    return reset;
  }

  void read(ByteBuffer buffer, long now) {
    buffer.clear().limit(Math.min(CHUNK, buffer.capacity()));
    try {
      if (from.read(buffer) < 0) {
        ended = true;
        return;
      }
    } catch (IOException broken) {
      ended = true;
      reset = !isSilent();
      return;
    }
    buffer.flip();
    if (isSilent()) {
      direction.lost.addAndGet(buffer.remaining());
      silent = true;
    } else if (buffer.hasRemaining()) {
      hold(buffer, now);
    }
  }

  private boolean isSilent() {
    return silent || direction.conditions.silence();
  }

  private void hold(ByteBuffer buffer, long now) {
    StreamConditions conditions = direction.conditions;
    ByteBuffer bytes = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
    for (int i = 0; conditions.corruption() > 0 && i < bytes.limit(); i++) {
      if (random.nextDouble() < conditions.corruption()) {
        bytes.put(i, (byte) (bytes.get(i) ^ random.nextInt(1, 256)));
        direction.corrupted.incrementAndGet();
      }
    }
    heldBytes += bytes.remaining();
    held.add(new Chunk(bytes, now + conditions.delay().toNanos()));
  }

  /**
   * Passes on what is due.
   *
   * @return nanoseconds until more is
   */
  long advance(long now) {
    long bandwidth = direction.conditions.bandwidth();
    blocked = false;
    if (!held.isEmpty() && isSilent()) {
      drop();
    }
    while (!held.isEmpty()) {
      Chunk head = held.element();
      if (head.due() - now > 0) {
        return head.due() - now;
      }
      int allowed = allowed(head.bytes().remaining(), bandwidth, now);
      if (allowed == 0) {
        return Math.max(1, SECOND / bandwidth);
      }
      int written = write(head.bytes(), allowed, bandwidth);
      if (written == 0) {
        blocked = !silent;
        return NEVER;
      }
      if (direction.pass(written)) {
        reset = true;
        return NEVER;
      }
      if (!head.bytes().hasRemaining()) {
        held.remove();
      }
    }
    if (ended && !finished && !reset && !isSilent()) {
      finish();
    }
    return NEVER;
  }

  private void drop() {
    silent = true;
    direction.lost.addAndGet(heldBytes);
    held.clear();
    heldBytes = 0;
  }

  /** How many bytes may leave now; as many as the bandwidth lets through in a burst at most. */
  private int allowed(int wanted, long bandwidth, long now) {
    int most = direction.allowance(wanted);
    if (bandwidth == 0) {
      paidUntil = now;
      return most;
    }
    long burst = Math.max(MIN_BURST_NANOS, SECOND / bandwidth + 1);
    paidUntil = Math.max(paidUntil, now - burst);
    return (int) Math.min(most, Math.max(0, (double) (now - paidUntil) * bandwidth / SECOND));
  }

  private int write(ByteBuffer bytes, int most, long bandwidth) {
    int limit = bytes.limit();
    try {
      int written = to.write(bytes.limit(bytes.position() + most));
      heldBytes -= written;
      paidUntil += bandwidth == 0 ? 0 : written * SECOND / bandwidth;
      return written;
    } catch (IOException broken) {
      // Whoever reads from there finds out.
      drop();
      return 0;
    } finally {
      bytes.limit(limit);
    }
  }

  private void finish() {
    finished = true;
    try {
      to.shutdownOutput();
    } catch (IOException broken) {
      silent = true;
    }
  }
}
