package io.rabia.testing.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.transport.Handshake;
import io.rabia.core.transport.Transport;
import io.rabia.core.transport.TransportListener;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A transport and who listens to it: writes down what it is told, in order; its judgement and its
 * reaction to frames can be replaced. One thread.
 */
final class Station implements TransportListener {
  final NodeId id;
  final Transport transport;

  /** "+id" and "-id". */
  final List<String> events = new ArrayList<>();

  /** "id: why it refused". */
  final List<String> refusals = new ArrayList<>();

  final List<Handshake> handshakes = new ArrayList<>();
  final List<byte[]> frames = new ArrayList<>();
  Function<Handshake, @Nullable String> judge = peer -> null;
  BiConsumer<NodeId, ByteBuffer> reaction = (peer, body) -> {};
  private long logPosition;

  Station(NodeId id, Transport transport) {
    this.id = id;
    this.transport = transport;
  }

  boolean send(Station to, String text) {
    return send(to.id, text);
  }

  boolean send(NodeId to, String text) {
    return transport.send(to, ByteBuffer.wrap(text.getBytes(UTF_8)));
  }

  /** The last handshake that was asked for. */
  Handshake lastHandshake() {
    return handshake(logPosition);
  }

  private Handshake handshake(long position) {
    return new Handshake(
        "test",
        new ClusterId(1, 2),
        id,
        new Token(3, id.value()),
        4,
        128,
        5,
        position,
        6,
        new Token(7, 8));
  }

  List<String> texts() {
    return frames.stream().map(frame -> new String(frame, UTF_8)).toList();
  }

  long connects(Station peer) {
    return count("+" + peer.id);
  }

  long disconnects(Station peer) {
    return count("-" + peer.id);
  }

  private long count(String event) {
    return events.stream().filter(event::equals).count();
  }

  boolean connectedTo(Station peer) {
    return connects(peer) > disconnects(peer);
  }

  @Override
  public void onRefused(NodeId peer, String reason) {
    refusals.add(peer + ": " + reason);
  }

  @Override
  public Handshake handshakeFor(NodeId peer) {
    return handshake(++logPosition);
  }

  @Override
  public @Nullable String refuse(Handshake peer) {
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
    reaction.accept(peer, body);
  }
}
