package io.rabia.engine;

import io.rabia.core.NodeId;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.Message;
import io.rabia.core.message.MessageCodec;
import io.rabia.core.message.MessageCollector;
import io.rabia.core.transport.Handshake;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The network of a {@link TestCluster}: connects whom it may, keeps the order of a connection,
 * writes down every frame. One thread.
 */
final class Wires {

  /** A frame that was sent, whether it arrived or not. */
  record Sent(int from, int to, long applied, List<Message> messages) {}

  private record Way(NodeId from, NodeId to) {}

  private final TreeMap<NodeId, WireTransport> started = new TreeMap<>();
  private final Set<Way> cuts = new HashSet<>();
  private final Set<Way> held = new HashSet<>();
  private final Set<Way> slowGreetings = new HashSet<>();
  private final Map<Way, Runnable> greetings = new HashMap<>();
  private final List<Sent> sent = new ArrayList<>();
  private final List<String> refusals = new ArrayList<>();

  /** Breaks the connection of two members, and lets them make none until {@link #heal}. */
  void cut(int a, int b) {
    cuts.add(way(a, b));
    cuts.add(way(b, a));
    WireTransport transport = started.get(NodeId.of(a));
    if (transport != null) {
      transport.disconnect(NodeId.of(b), "cut");
    }
  }

  void heal(int a, int b) {
    cuts.remove(way(a, b));
    cuts.remove(way(b, a));
  }

  /** Frames from one to the other wait in the connection until {@link #release}. */
  void hold(int from, int to) {
    held.add(way(from, to));
  }

  void release(int from, int to) {
    held.remove(way(from, to));
    trickle(from, to);
  }

  /** What waits in the connection arrives; what is sent from now on waits as before. */
  void trickle(int from, int to) {
    WireTransport receiver = started.get(NodeId.of(to));
    if (receiver != null) {
      receiver.releaseFrom(NodeId.of(from));
    }
  }

  /** Frames that wait in the connection are lost; it lives on. */
  void lose(int from, int to) {
    held.remove(way(from, to));
    WireTransport receiver = started.get(NodeId.of(to));
    if (receiver != null) {
      receiver.loseFrom(NodeId.of(from));
    }
  }

  /** The next handshakes of two members are on their way until {@link #greet}. */
  void holdGreeting(int a, int b) {
    slowGreetings.add(way(a, b));
  }

  void greet(int a, int b) {
    slowGreetings.remove(way(a, b));
    Runnable greeting = greetings.remove(way(a, b));
    if (greeting != null) {
      greeting.run();
    }
  }

  private static Way way(int from, int to) {
    return new Way(NodeId.of(from), NodeId.of(to));
  }

  boolean holds(NodeId from, NodeId to) {
    return held.contains(new Way(from, to));
  }

  List<Sent> sent() {
    return sent;
  }

  /** All messages of a kind that a member has sent, in order, one per receiver. */
  <M extends Message> List<M> sentBy(int from, Class<M> kind) {
    return sent(kind, sent.stream().filter(frame -> frame.from() == from));
  }

  /** The same of all members. */
  <M extends Message> List<M> sent(Class<M> kind) {
    return sent(kind, sent.stream());
  }

  private static <M extends Message> List<M> sent(Class<M> kind, Stream<Sent> frames) {
    return frames
        .flatMap(frame -> frame.messages().stream())
        .filter(kind::isInstance)
        .map(kind::cast)
        .toList();
  }

  /** Whom a member sent its last message of a kind. */
  int lastReceiver(int from, Class<? extends Message> kind) {
    return sent.stream()
        .filter(
            frame -> frame.from() == from && frame.messages().stream().anyMatch(kind::isInstance))
        .reduce((first, second) -> second)
        .orElseThrow()
        .to();
  }

  /** Why handshakes were refused. */
  List<String> refusals() {
    return refusals;
  }

  void frame(NodeId from, NodeId to, byte[] bytes) {
    ByteBuffer body = ByteBuffer.wrap(bytes);
    long applied = FrameHeader.applied(body);
    FrameHeader.skip(body);
    MessageCollector messages = new MessageCollector();
    MessageCodec.read(body, messages);
    sent.add(new Sent(from.value(), to.value(), applied, messages.messages()));
  }

  void attach(WireTransport transport) {
    started.put(transport.id(), transport);
  }

  void detach(WireTransport transport) {
    if (started.remove(transport.id(), transport)) {
      for (WireTransport other : started.values()) {
        other.disconnect(transport.id(), "closed");
      }
    }
  }

  /** Connects every pair that may and is not. */
  void connect() {
    List<WireTransport> all = List.copyOf(started.values());
    for (int i = 0; i < all.size(); i++) {
      for (int j = i + 1; j < all.size(); j++) {
        shakeHands(all.get(i), all.get(j));
      }
    }
  }

  private void shakeHands(WireTransport a, WireTransport b) {
    Way way = new Way(a.id(), b.id());
    if (greetings.containsKey(way) || a.knows(b.id()) || b.knows(a.id()) || cuts.contains(way)) {
      return;
    }
    Handshake ofA = a.listener().handshakeFor(b.id());
    Handshake ofB = b.listener().handshakeFor(a.id());
    String refusedByB = b.listener().refuse(ofA);
    String refusedByA = a.listener().refuse(ofB);
    if (refusedByB != null || refusedByA != null) {
      refusals.add(refusedByB != null ? refusedByB : refusedByA);
      if (refusedByB != null) {
        a.refused(b.id(), refusedByB);
      } else {
        b.refused(a.id(), refusedByA);
      }
      return;
    }
    Runnable greeting =
        () -> {
          a.connect(b, ofB);
          b.connect(a, ofA);
        };
    if (slowGreetings.contains(way)) {
      greetings.put(way, greeting);
    } else {
      greeting.run();
    }
  }
}
