package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.InvariantViolation;
import io.rabia.core.message.Message;
import io.rabia.engine.protocol.Change;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.SlotInstance;
import io.rabia.testing.explore.Reigns.Reign;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster as a whole has promised so far, across crashes and lives: protocol.md section 9.
 * One thread.
 */
final class ClusterOracle {

  /** Who made a batch, in which of its runs. */
  record Maker(int node, int run) {}

  private final Reigns reigns;
  private final Map<Long, SlotOracle> slots = new HashMap<>();

  /** What was held against the reigns. */
  private final IdentityHashMap<Configuration, Reign> checked = new IdentityHashMap<>();

  private final List<Long> decided = new ArrayList<>();
  private final List<Long> tables = new ArrayList<>();
  private final Set<Long> appliedIds = new HashSet<>();
  private final Map<Long, Maker> made = new HashMap<>();
  private final Set<Long> left = new HashSet<>();
  private long offers;
  private long highest = -1;

  ClusterOracle(Configuration founders) {
    reigns = new Reigns(founders);
  }

  /** An origin made a batch in one of its runs; one that never left may be forgotten. */
  void made(long id, int node, int run) {
    InvariantViolation.check(!left.contains(id), "one batch number for two batches");
    made.put(id, new Maker(node, run));
  }

  Maker madeBy(long id) {
    Maker maker = made.get(id);
    InvariantViolation.check(maker != null, "a batch that nobody made");
    return maker;
  }

  /** A message leaves a replica. */
  void sent(ReplicaNode sender, Message message) {
    if (message instanceof Message.Propose propose) {
      left.add(propose.id());
      slot(propose.slot()).propose(voter(sender, propose.slot()), propose.id());
    } else if (message instanceof Message.Vote1 vote) {
      slot(vote.slot()).vote1(voter(sender, vote.slot()), vote.phase(), vote.value(), vote.id());
    } else if (message instanceof Message.Vote2 vote) {
      slot(vote.slot()).vote2(voter(sender, vote.slot()), vote.phase(), vote.value(), vote.id());
    } else if (message instanceof Message.Decide decide) {
      decided(sender, decide.slot(), decide.id());
    } else if (message instanceof Message.Offer offer) {
      offered(sender, offer.slot(), offer.id());
    }
  }

  /** Nothing is promised, but who offers takes part in the slot; who offers NOOP owns it. */
  private void offered(ReplicaNode sender, long slot, long id) {
    offers++;
    left.add(id);
    slot(slot);
    Reign reign = reigns.of(slot);
    InvariantViolation.check(
        voter(sender, slot) == (slot - reign.first()) % reign.members().size()
            || BatchId.isBatch(id),
        sender.name() + " offers NOOP in slot " + slot + ", which is not its own");
  }

  /** Offers that left, one for each receiver. */
  long offers() {
    return offers;
  }

  private SlotOracle slot(long slot) {
    highest = Math.max(highest, slot);
    return slots.computeIfAbsent(slot, key -> new SlotOracle(reigns.of(slot).members().size()));
  }

  /** The index of who takes part in a slot. */
  private int voter(ReplicaNode sender, long slot) {
    Reign reign = reigns.of(slot);
    Configuration known = sender.replica().configurationOf(slot);
    if (!reign.equals(checked.get(known))) {
      InvariantViolation.check(
          reign.is(known), "two configurations of slot " + slot + ": " + known + " and " + reign);
      checked.put(known, reign);
    }
    int index = reign.members().indexOf(sender.token);
    InvariantViolation.check(
        index >= 0, sender.name() + " takes part in slot " + slot + " outside of its reign");
    return index;
  }

  /** A replica counts this in a slot of which it knows who votes there. */
  void counted(ReplicaNode at, long number, SlotInstance instance) {
    Reign reign = reigns.of(number);
    SlotOracle slot = slot(number);
    int self = reign.members().indexOf(at.token);
    instance.tell(
        new SlotInstance.Counted() {
          @Override
          public void proposal(int index, long id) {
            check(index, index == self || slot.proposed(index, id));
          }

          @Override
          public void vote1(int index, int phase, byte value) {
            check(index, index == self || slot.voted(index, phase, 1, value));
          }

          @Override
          public void vote2(int index, int phase, byte value) {
            check(index, index == self || slot.voted(index, phase, 2, value));
          }

          private void check(int index, boolean said) {
            InvariantViolation.check(
                index < reign.members().size() && said,
                at.name()
                    + " counts in slot "
                    + number
                    + " what its voter "
                    + index
                    + " did not say");
          }
        });
  }

  private void decided(ReplicaNode by, long slot, long id) {
    int self = reigns.of(slot).members().indexOf(by.token);
    slot(slot).decideFirst(id, self, by.replica().instance(slot));
  }

  /** A replica applied its next slot. */
  void applied(ReplicaNode by, long slot, long id, @Nullable CommandBatch batch, long tableHash) {
    decided(by, slot, id);
    if (slot < decided.size()) {
      InvariantViolation.check(
          tables.get((int) slot) == tableHash, "different tables after slot " + slot);
      return;
    }
    InvariantViolation.check(slot == decided.size(), "a slot was skipped");
    InvariantViolation.check(
        !BatchId.isBatch(id) || made.containsKey(id), "a batch that nobody made");
    decided.add(id);
    tables.add(tableHash);
    appliedIds.add(id);
    if (batch != null && batch.isChange()) {
      change(slot, batch);
    }
  }

  /** Nobody may have taken part in a slot before anyone could know who votes there. */
  private void change(long slot, CommandBatch batch) {
    CommandBatch.Cursor command = batch.cursor();
    command.next();
    ByteBuffer payload =
        ByteBuffer.wrap(command.array(), command.payloadOffset(), command.payloadLength()).slice();
    Reign next = reigns.change(slot, Change.decode(payload));
    InvariantViolation.check(
        next == null || highest < next.first(),
        "a slot was taken part in before it was known who votes there");
  }

  /** How many slots were applied by anyone so far. */
  int applied() {
    return decided.size();
  }

  boolean isApplied(long id) {
    return appliedIds.contains(id);
  }

  /** What was decided in a slot that someone applied. */
  long decided(int slot) {
    return decided.get(slot);
  }
}
