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
  private record Place(int sender, String kind, long slot, int phase) {}

  private final Map<Place, Message> said = new HashMap<>();
  private final Map<Long, Set<Integer>> proposers = new HashMap<>();
  private final List<Long> decided = new ArrayList<>();
  private final List<Long> tables = new ArrayList<>();
  private final Set<Long> made = new HashSet<>();
  private final int quorum;

  ClusterOracle(int n) {
    quorum = n / 2 + 1;
  }

  /** An origin made a batch. */
  void made(long id) {
    InvariantViolation.check(made.add(id), "one batch number for two batches");
  }

  /** A message leaves a replica: nothing else may ever have left it in its place. */
  void sent(int sender, Message message) {
    if (message instanceof Message.Propose propose) {
      once(
          new Place(sender, "Propose", propose.slot(), 0),
          new Message.Propose(propose.slot(), propose.id(), null));
      proposers
          .computeIfAbsent(propose.slot() << 32 ^ propose.id(), key -> new HashSet<>())
          .add(sender);
    } else if (message instanceof Message.Vote1 vote) {
      once(new Place(sender, "Vote1", vote.slot(), vote.phase()), vote);
    } else if (message instanceof Message.Vote2 vote) {
      once(new Place(sender, "Vote2", vote.slot(), vote.phase()), vote);
    }
  }

  private void once(Place place, Message message) {
    Message before = said.putIfAbsent(place, message);
    InvariantViolation.check(
        before == null || before.equals(message), "said " + before + " and then " + message);
  }

  /** A replica applied its next slot. */
  void applied(long slot, long id, long tableHash) {
    if (slot < decided.size()) {
      InvariantViolation.check(
          decided.get((int) slot) == id,
          "slot "
              + slot
              + " is "
              + BatchId.toString(decided.get((int) slot))
              + " and "
              + BatchId.toString(id));
      InvariantViolation.check(
          tables.get((int) slot) == tableHash, "different tables after slot " + slot);
      return;
    }
    InvariantViolation.check(slot == decided.size(), "a slot was skipped");
    InvariantViolation.check(!BatchId.isBatch(id) || made.contains(id), "a batch that nobody made");
    InvariantViolation.check(
        id == BatchId.NONE
            || proposers.getOrDefault(slot << 32 ^ id, Set.of()).size() + 1 >= quorum,
        "decided what no quorum proposed");
    decided.add(id);
    tables.add(tableHash);
  }

  /** How many slots were applied by anyone so far. */
  int applied() {
    return decided.size();
  }

  long decided(int slot) {
    return decided.get(slot);
  }
}
