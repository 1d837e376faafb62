package io.rabia.engine;

import io.rabia.core.ClusterConfig;
import io.rabia.core.CommandBatch;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import io.rabia.core.transport.TransportStatistics;
import io.rabia.engine.protocol.BatchSource;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Replica;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a replica has that is only looked at: nobody to talk to and nothing to propose. */
final class Offline implements Transport, BatchSource {

  /** One that takes part in nothing, so that its coin does not matter. */
  static Replica replica(Configuration founders, NodeId id, Token own, long clockStart) {
    RabiaConfig config = RabiaConfig.defaults();
    return new Replica(
        founders,
        id,
        own,
        (epoch, at, phase) -> false,
        new Offline(),
        config.timing(),
        clockStart,
        config.retainedSlots(),
        config.retainedBytes(),
        0);
  }

  @Override
  public void start(TransportListener listener) {}

  @Override
  public int poll(long maxWaitNanos) {
    return 0;
  }

  @Override
  public void wakeup() {}

  @Override
  public boolean send(NodeId peer, ByteBuffer body) {
    return false;
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
  public void close() {}

  @Override
  public boolean isEmpty() {
    return true;
  }

  @Override
  public boolean ready(long now, int inFlight) {
    return false;
  }

  @Override
  public @Nullable CommandBatch poll(long id, long timestamp, long lowestOutstanding) {
    return null;
  }
}
