package io.rabia.testing.runtime;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.Message;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageCollector;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import io.rabia.core.transport.TransportStatistics;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/** Shows every message that an engine sends, at the moment at which it leaves the engine. */
record WatchedTransport(Transport transport, Consumer<Message> sent) implements Transport {

  @Override
  public boolean send(NodeId peer, ByteBuffer body) {
    ByteBuffer copy = body.duplicate();
    FrameHeader.skip(copy);
    MessageCollector messages = new MessageCollector();
    MessageCodec.read(copy, messages);
    messages.messages().forEach(sent);
    return transport.send(peer, body);
  }

  @Override
  public void start(TransportListener listener) {
    transport.start(listener);
  }

  @Override
  public int poll(long maxWaitNanos) {
    return transport.poll(maxWaitNanos);
  }

  @Override
  public void wakeup() {
    transport.wakeup();
  }

  @Override
  public void flush() {
    transport.flush();
  }

  @Override
  public void disconnect(NodeId peer, String reason) {
    transport.disconnect(peer, reason);
  }

  @Override
  public void members(List<ClusterConfig.Member> members, boolean joins) {
    transport.members(members, joins);
  }

  @Override
  public long queuedBytes(NodeId peer) {
    return transport.queuedBytes(peer);
  }

  @Override
  public TransportStatistics statistics() {
    return transport.statistics();
  }

  @Override
  public void close() {
    transport.close();
  }
}
