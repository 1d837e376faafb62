package io.rabia.testing.explore;

import io.rabia.core.CommandBatch;
import io.rabia.core.InvariantViolation;
import io.rabia.core.StateValue;
import io.rabia.core.message.Message;
import io.rabia.engine.protocol.Output;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What a replica wants to send: it waits for the records before it to be durable, or, if it is
 * lazy, for company. One thread.
 */
final class Outgoing {

  /** Where frames go. */
  interface Network {
    void send(int to, long applied, List<Message> messages);
  }

  private record Held(int gate, int to, long applied, List<Message> messages) {}

  private final Network network;
  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private final List<Message> lazy = new ArrayList<>();
  private int[] nodes = {};

  Outgoing(Network network) {
    this.network = network;
  }

  /** A process begins, or ends. */
  void clear() {
    held.clear();
    lazy.clear();
    nodes = new int[0];
  }

  /** The replica means this node by that place from now on. */
  void place(int place, int node) {
    if (place >= nodes.length) {
      int known = nodes.length;
      nodes = Arrays.copyOf(nodes, place + 1);
      Arrays.fill(nodes, known, place, -1);
    }
    nodes[place] = node;
  }

  void disconnected(int node) {
    held.removeIf(frame -> frame.to == node);
  }

  /**
   * Makes a frame for each of those that are there.
   *
   * @param self the own number among {@code size} nodes
   * @param gate the log group that must be durable first
   */
  void take(Output output, int self, int size, long applied, int gate) {
    List<List<Message>> frames = new ArrayList<>();
    for (int to = 0; to < size; to++) {
      frames.add(new ArrayList<>());
    }
    List<Message> offers = new ArrayList<>();
    boolean broadcast = false;
    for (int i = 0; i < output.size(); i++) {
      if (!output.has(i, Output.SEND)) {
        InvariantViolation.check(output.has(i, Output.LOG), "asked for old decisions from the log");
        continue;
      }
      Message message = message(output, i, output.has(i, Output.SEND_BATCH));
      if (output.kind(i) == Output.Kind.OFFER) {
        offers.add(message);
      } else if (output.has(i, Output.LAZY)) {
        lazy.add(message);
      } else if (output.to(i) == Output.ALL) {
        frames.forEach(frame -> frame.add(message));
        broadcast = true;
      } else {
        frames.get(nodes[output.to(i)]).add(message);
      }
    }
    ahead(offers, self, size, applied);
    if (broadcast) {
      frames.forEach(frame -> frame.addAll(lazy));
      lazy.clear();
    }
    for (int to = 0; to < size; to++) {
      if (to != self && !frames.get(to).isEmpty()) {
        held.add(new Held(gate, to, applied, frames.get(to)));
      }
    }
  }

  /** What promises nothing waits for no log. */
  private void ahead(List<Message> offers, int self, int size, long applied) {
    for (int to = 0; to < size && !offers.isEmpty(); to++) {
      if (to != self) {
        network.send(to, applied, List.copyOf(offers));
      }
    }
  }

  /** Nothing waits for company any longer. */
  void flush(int self, int size, long applied, int gate) {
    List<Message> messages = List.copyOf(lazy);
    lazy.clear();
    for (int to = 0; to < size && !messages.isEmpty(); to++) {
      if (to != self) {
        held.add(new Held(gate, to, applied, messages));
      }
    }
  }

  boolean waitsForCompany() {
    return !lazy.isEmpty();
  }

  /** Sends what waits for no later group than this one. */
  void release(int durable) {
    while (!held.isEmpty() && held.peek().gate() <= durable) {
      Held frame = held.remove();
      network.send(frame.to(), frame.applied(), frame.messages());
    }
  }

  /** An entry of the output, with its batch if that is wanted. */
  static Message message(Output output, int i, boolean withBatch) {
    CommandBatch batch = withBatch ? output.batch(i) : null;
    long slot = output.slot(i);
    long id = output.id(i);
    int phase = output.phase(i);
    return switch (output.kind(i)) {
      case PROPOSE -> new Message.Propose(slot, id, batch);
      case VOTE1 -> new Message.Vote1(slot, phase, StateValue.of(output.value(i)), id);
      case VOTE2 -> new Message.Vote2(slot, phase, StateValue.of(output.value(i)), id);
      case DECIDE -> new Message.Decide(slot, id, batch);
      case OFFER -> new Message.Offer(slot, batch);
      case BATCH_REQUEST -> new Message.BatchRequest(id);
      case BATCH_REPLY -> new Message.BatchReply(Objects.requireNonNull(output.batch(i)));
      case CATCH_UP_REQUEST -> new Message.CatchUpRequest(slot, phase);
      case CATCH_UP_END -> new Message.CatchUpEnd(slot);
      case READ_PROBE -> new Message.ReadProbe(slot);
      case READ_REPLY -> new Message.ReadReply(slot, id);
      case NUMBERS -> new Message.Numbers(slot);
    };
  }
}
