package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import io.rabia.core.InvariantViolation;
import io.rabia.core.message.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a cluster as a whole has promised so far, across crashes: protocol.md section 9. One thread.
 */
final class ClusterOracle {
  private final int n;
  private final Map<Long, SlotOracle> slots = new HashMap<>();
  private final List<Long> decided = new ArrayList<>();
  private final List<Long> tables = new ArrayList<>();
  private final Set<Long> appliedIds = new HashSet<>();
  private final Map<Long, Integer> made = new HashMap<>();

  ClusterOracle(int n) {
    this.n = n;
  }

  /** An origin made a batch in one of its runs. */
  void made(long id, int run) {
    InvariantViolation.check(made.putIfAbsent(id, run) == null, "one batch number for two batches");
  }

  /** In which run of its origin the batch was made. */
  int madeIn(long id) {
    return made.getOrDefault(id, -1);
  }

  /** A message leaves a replica. */
  void sent(int sender, Message message) {
    if (message instanceof Message.Propose propose) {
      slot(propose.slot()).propose(sender, propose.id());
    } else if (message instanceof Message.Vote1 vote) {
      slot(vote.slot()).vote1(sender, vote.phase(), vote.value(), vote.id());
    } else if (message instanceof Message.Vote2 vote) {
      slot(vote.slot()).vote2(sender, vote.phase(), vote.value(), vote.id());
    } else if (message instanceof Message.Decide decide) {
      slot(decide.slot()).decide(decide.id());
    }
  }

  private SlotOracle slot(long slot) {
    return slots.computeIfAbsent(slot, key -> new SlotOracle(n));
  }

  /** A replica applied its next slot. */
  void applied(long slot, long id, long tableHash) {
    slot(slot).decide(id);
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
  }

  /** How many slots were applied by anyone so far. */
  int applied() {
    return decided.size();
  }

  boolean isApplied(long id) {
    return appliedIds.contains(id);
  }

  long decided(int slot) {
    return decided.get(slot);
  }
}
