package io.rabia.benchmarks.aeron;

import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Publication;
import io.aeron.cluster.codecs.CloseReason;
import io.aeron.cluster.service.ClientSession;
import io.aeron.cluster.service.Cluster;
import io.aeron.cluster.service.ClusteredService;
import io.aeron.logbuffer.Header;
import io.rabia.benchmarks.port.NodeArguments;
import io.rabia.benchmarks.port.PortProtocol;
import io.rabia.benchmarks.port.ValueMap;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The replicated map. A message is a number, an operation and its content; the reply the number, a
 * status and its content. Reads go through the log as well: there is no other linearizable read.
 */
final class AeronService implements ClusteredService {
  private final ValueMap values = new ValueMap();
  private final MutableDirectBuffer reply = new ExpandableDirectByteBuffer(1 << 16);
  private @Nullable Cluster cluster;
  private boolean ready;

  @Override
  public void onStart(Cluster started, @Nullable Image snapshot) {
    cluster = started;
  }

  @Override
  public void onSessionMessage(
      @Nullable ClientSession session,
      long timestamp,
      DirectBuffer buffer,
      int offset,
      int length,
      Header header) {
    byte[] content = new byte[length - PortProtocol.HEADER];
    buffer.getBytes(offset + PortProtocol.HEADER, content);
    byte[] result = ValueMap.WRITTEN;
    if (buffer.getByte(offset + Long.BYTES) == PortProtocol.READ) {
      result = values.get(content);
    } else {
      values.apply(ByteBuffer.wrap(content));
    }
    if (session != null) {
      reply.putLong(0, buffer.getLong(offset));
      reply.putByte(Long.BYTES, PortProtocol.OK);
      reply.putBytes(PortProtocol.HEADER, result);
      send(session, PortProtocol.HEADER + result.length);
    }
  }

  private void send(ClientSession session, int length) {
    Cluster self = cluster;
    if (self == null) {
      return;
    }
    self.idleStrategy().reset();
    long position = session.offer(reply, 0, length);
    while (position == Publication.BACK_PRESSURED || position == Publication.ADMIN_ACTION) {
      self.idleStrategy().idle();
      position = session.offer(reply, 0, length);
    }
  }

  @Override
  public void onNewLeadershipTermEvent(
      long leadershipTermId,
      long logPosition,
      long timestamp,
      long termBaseLogPosition,
      int leaderMemberId,
      int logSessionId,
      TimeUnit timeUnit,
      int appVersion) {
    if (!ready) {
      ready = true;
      System.out.println(NodeArguments.READY);
      System.out.flush();
    }
  }

  @Override
  public void onSessionOpen(ClientSession session, long timestamp) {}

  @Override
  public void onSessionClose(ClientSession session, long timestamp, CloseReason reason) {}

  @Override
  public void onTimerEvent(long correlationId, long timestamp) {}

  @Override
  public void onTakeSnapshot(ExclusivePublication publication) {}

  @Override
  public void onRoleChange(Cluster.Role role) {}

  @Override
  public void onTerminate(Cluster terminated) {}
}
