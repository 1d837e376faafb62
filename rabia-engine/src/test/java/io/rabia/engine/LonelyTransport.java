package io.rabia.engine;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import io.rabia.core.transport.TransportStatistics;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The transport of a member without others; waits as a real one does. */
final class LonelyTransport implements Transport {
  final AtomicInteger polls = new AtomicInteger();
  final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicBoolean woken = new AtomicBoolean();
  private volatile @Nullable Thread owner;

  @Override
  public void start(TransportListener listener) {
    owner = Thread.currentThread();
  }

  @Override
  public int poll(long maxWaitNanos) {
    polls.incrementAndGet();
    if (maxWaitNanos > 0 && !woken.get()) {
      LockSupport.parkNanos(maxWaitNanos);
    }
    woken.set(false);
    return 0;
  }

  @Override
  public void wakeup() {
    woken.set(true);
    LockSupport.unpark(owner);
  }

  @Override
  public boolean send(NodeId peer, ByteBuffer body) {
    throw new AssertionError("there is nobody");
  }

  @Override
  public void flush() {}

  @Override
  public void disconnect(NodeId peer, String reason) {}

  @Override
  public void members(List<ClusterConfig.Member> members, boolean joins) {}

  @Override
  public long queuedBytes(NodeId peer) {
    return 0;
  }

  @Override
  public TransportStatistics statistics() {
    return TransportStatistics.NONE;
  }

  @Override
  public void close() {
    closed.set(true);
  }
}
