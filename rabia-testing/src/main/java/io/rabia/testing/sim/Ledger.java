package io.rabia.testing.sim;

import io.rabia.core.Token;
import io.rabia.core.persistence.Persistence;
import io.rabia.engine.Member;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.SlotInstance;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * For people, while a trace is told: what all nodes have in their logs and what they count. Looks
 * only. One thread.
 */
final class Ledger {

  /**
   * Why a node acts on an outcome.
   *
   * @param safety of its own word that the outcome rests on; empty when it rests on none
   * @param unsafe what is wrong with that; empty for nothing
   */
  record Decision(Tally why, String safety, String unsafe) {
    /** {@code [vote2/0 from 1,2: V1 V1] {group 9, forced 9}}. */
    @Override
    public String toString() {
      return "[" + why.text() + "]" + safety;
    }
  }

  private final Trace trace;
  private final SimNode[] nodes;
  private final Promises[] promises;
  private final Map<Token, Integer> lives = new HashMap<>();

  Ledger(Trace trace, SimClock clock, int nodes, @Nullable SlotFacts facts) {
    this.trace = trace;
    this.nodes = new SimNode[nodes];
    promises = new Promises[nodes];
    for (int node = 0; node < nodes; node++) {
      int index = node;
      promises[node] = new Promises(clock, node, slot -> view(index, slot), facts);
    }
  }

  Promises of(int node) {
    return promises[node];
  }

  /** The log of a process that starts, with this ledger kept. */
  Persistence kept(SimNode node, Persistence log) {
    int index = node.index();
    nodes[index] = node;
    return new LogWatch(log, node.storage(), promises[index], trace, index);
  }

  private Tally.@Nullable View view(int node, long slot) {
    Member member = nodes[node].member();
    if (member == null) {
      return null;
    }
    Replica replica = member.replica();
    lives.put(replica.own(), node);
    SlotInstance instance = replica.instance(slot);
    Configuration governs = replica.configurationOf(slot);
    if (instance == null || instance.members() != governs.size()) {
      return null;
    }
    int[] voters = new int[governs.size()];
    for (int i = 0; i < voters.length; i++) {
      Configuration.Member voter = governs.members().get(i);
      voters[i] = lives.getOrDefault(voter.token(), voter.id().value() - 1);
    }
    return new Tally.View(instance, voters, governs.indexOf(replica.own()));
  }

  /** Why a member acts on the outcome that it knows for a slot. */
  @Nullable Decision decision(int node, long slot) {
    Tally.View view = view(node, slot);
    if (view == null) {
      return null;
    }
    Tally why = Tally.ofDecision(view, promises[node].toldBy(slot));
    Promises own = promises[node];
    for (Tally.Count count : why.counts()) {
      if (count.node() == node && !view.slot().decidedByOthers()) {
        Word word = count.word();
        String unsafe = own.isSafe(word) ? "" : " on its own " + word.name() + own.unsafe(word);
        return new Decision(why, own.safety(own.group(word)), unsafe);
      }
    }
    return new Decision(why, "", "");
  }
}
