package io.rabia.benchmarks;

import static io.rabia.benchmarks.Checks.check;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.CommonCoin;
import io.rabia.core.NodeId;
import io.rabia.core.Token;
import io.rabia.core.message.MessageHandler;
import io.rabia.engine.protocol.BatchSource;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Decided;
import io.rabia.engine.protocol.Output;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.Timing;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Three replicas of the protocol that exchange their messages as calls: no encoding, no log, no
 * network, no threads. Batches are made beforehand, so that what is allocated later is the
 * protocol's.
 */
final class ReplicaRing {
  private static final int SIZE = 3;
  private static final long CYCLE_NANOS = 1_000;
  private static final int RETAINED_SLOTS = 1 << 12;
  private static final long RETAINED_BYTES = 1 << 20;
  private static final int MOST_CYCLES_PER_SLOT = 100;

  private final Node[] nodes = new Node[SIZE];
  private long now = 1;
  private long slots;

  /**
   * @param slots how many will be decided at most
   */
  ReplicaRing(int slots, int payloadBytes) {
    List<Configuration.Member> members = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      members.add(
          new Configuration.Member(NodeId.of(i + 1), new Token(1, i + 1), i, "localhost", i + 1));
    }
    Configuration founders = new Configuration(0, 0, 64, members);
    for (int i = 0; i < SIZE; i++) {
      nodes[i] = new Node(i, founders, prepare(i, slots / SIZE + 1, payloadBytes));
    }
    for (Node node : nodes) {
      for (Node peer : nodes) {
        if (peer != node) {
          node.replica.connected(peer.index, now);
        }
      }
    }
  }

  private static CommandBatch[] prepare(int origin, int count, int payloadBytes) {
    CommandBatch.Encoder encoder = new CommandBatch.Encoder();
    CommandBatch[] batches = new CommandBatch[count];
    for (int i = 0; i < count; i++) {
      long number = i + 1L;
      encoder.add(CommandBatch.KIND_APPLY, 1, number, number, new byte[payloadBytes]);
      batches[i] = encoder.build(BatchId.pack(origin, number), number, Math.max(1, number - 64));
    }
    return batches;
  }

  /** A multiple of three slots, one after the other's batch, is decided and taken by all three. */
  void decide(int count) {
    check(count % SIZE == 0, "every replica owns as many slots");
    slots += count;
    for (Node node : nodes) {
      node.allowed += count / SIZE;
    }
    long cycles = 0;
    while (!allApplied()) {
      for (Node node : nodes) {
        node.cycle();
      }
      now += CYCLE_NANOS;
      check(++cycles < (long) MOST_CYCLES_PER_SLOT * count, "slots are decided");
    }
  }

  private boolean allApplied() {
    for (Node node : nodes) {
      if (node.batches < slots) {
        return false;
      }
    }
    return true;
  }

  /** All replicas took the same decisions, a batch in every slot. */
  void verify() {
    for (Node node : nodes) {
      check(node.batches == slots, "every batch was applied once");
      check(node.order == nodes[0].order, "all replicas took the same in the same order");
      check(node.replica.applied() - slots <= slots / 100, "hardly a slot was without a batch");
    }
  }

  private final class Node implements BatchSource {
    private final int index;
    private final Replica replica;
    private final CommandBatch[] prepared;
    private final Decided decided = new Decided();
    private int next;
    private int allowed;
    private long group;
    private long batches;
    private long order;

    Node(int index, Configuration founders, CommandBatch[] prepared) {
      this.index = index;
      this.prepared = prepared;
      replica =
          new Replica(
              founders,
              founders.members().get(index).id(),
              founders.members().get(index).token(),
              CommonCoin.keyed(1, 2),
              this,
              Timing.defaults(),
              1,
              RETAINED_SLOTS,
              RETAINED_BYTES,
              index);
      replica.recovered(0, now);
    }

    @Override
    public boolean isEmpty() {
      return next == allowed;
    }

    @Override
    public boolean ready(long time, int inFlight) {
      return next < allowed && inFlight == 0;
    }

    @Override
    public @Nullable CommandBatch poll(long id, long timestamp, long lowestOutstanding) {
      if (next == allowed) {
        return null;
      }
      CommandBatch batch = prepared[next++];
      check(batch.id() == id, "batches are numbered from 1 on");
      return batch;
    }

    /** As an engine does it, with a log that is durable at once. */
    void cycle() {
      boolean more = true;
      while (more) {
        replica.advance(now);
        more = exchange();
        while (replica.pollDecided(group, decided)) {
          take();
          more = true;
        }
      }
    }

    private void take() {
      if (decided.batch() != null) {
        batches++;
        order = order * 31 + decided.id();
      }
    }

    private boolean exchange() {
      Output output = replica.output();
      if (output.size() == 0) {
        return false;
      }
      replica.appended(++group);
      for (Node peer : nodes) {
        if (peer != this) {
          MessageHandler taken = peer.replica.from(index, replica.applied(), now);
          for (int i = 0; i < output.size(); i++) {
            boolean to = output.to(i) == Output.ALL || output.to(i) == peer.index;
            if (to && output.has(i, Output.SEND)) {
              deliver(output, i, taken);
            }
          }
        }
      }
      output.clear();
      return true;
    }

    private static void deliver(Output output, int i, MessageHandler to) {
      CommandBatch batch = output.has(i, Output.SEND_BATCH) ? output.batch(i) : null;
      long slot = output.slot(i);
      long id = output.id(i);
      switch (output.kind(i)) {
        case PROPOSE -> to.onPropose(slot, id, batch);
        case VOTE1 -> to.onVote1(slot, output.phase(i), output.value(i), id);
        case VOTE2 -> to.onVote2(slot, output.phase(i), output.value(i), id);
        case DECIDE -> to.onDecide(slot, id, batch);
        default -> throw new IllegalStateException("nothing is lost here: " + output.kind(i));
      }
    }
  }
}
