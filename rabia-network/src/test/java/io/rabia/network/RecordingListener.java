package io.rabia.network;

import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.TransportListener;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Writes down what a transport tells, in order; its judgement and its reaction to frames can be
 * replaced.
 */
final class RecordingListener implements TransportListener {
  final NodeId self;
  final List<String> events = new ArrayList<>();
  final List<Handshake> handshakes = new ArrayList<>();
  final List<byte[]> frames = new ArrayList<>();
  Function<Handshake, String> judge = peer -> null;
  BiConsumer<NodeId, ByteBuffer> onFrame = (peer, body) -> {};
  long logPosition;

  RecordingListener(int self) {
    this.self = NodeId.of(self);
  }

  static Handshake handshake(NodeId id, long logPosition) {
    return new Handshake(
        "test",
        new ClusterId(1, 2),
        id,
        new Token(3, id.value()),
        4,
        128,
        5,
        logPosition,
        6,
        new Token(7, 8));
  }

  @Override
  public Handshake handshakeFor(NodeId peer) {
    return handshake(self, ++logPosition);
  }

  @Override
  public String refuse(Handshake peer) {
    return judge.apply(peer);
  }

  @Override
  public void onConnected(Handshake peer) {
    handshakes.add(peer);
    events.add("+" + peer.id());
  }

  @Override
  public void onDisconnected(NodeId peer, String reason) {
    events.add("-" + peer);
  }

  @Override
  public void onFrame(NodeId peer, ByteBuffer body) {
    byte[] copy = new byte[body.remaining()];
    body.get(body.position(), copy);
    frames.add(copy);
    onFrame.accept(peer, body);
  }

  List<String> texts() {
    return frames.stream().map(f -> new String(f, StandardCharsets.UTF_8)).toList();
  }

  long count(String event) {
    return events.stream().filter(event::equals).count();
  }

  boolean connectedTo(int peer) {
    return count("+" + peer) > count("-" + peer);
  }
}
