package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import io.rabia.core.Token;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.SlotInstance;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was said under each token, wherever its process ran: one thing per slot, phase and round,
 * and nobody counts it for another one (protocol.md section 9, item 3). One thread.
 */
final class TokenWatch {
  private static final byte UNSAID = -1;

  /** Under one token in one slot. */
  private static final class Said {
    long proposal = FrameWatch.ABSENT;
    byte[] votes1 = {};
    byte[] votes2 = {};

    boolean voted1(int phase, byte value) {
      return phase < votes1.length && votes1[phase] == value;
    }

    boolean voted2(int phase, byte value) {
      return phase < votes2.length && votes2[phase] == value;
    }
  }

  private final Violations violations;
  private final Map<Long, Map<Token, Said>> slots = new HashMap<>();

  TokenWatch(Violations violations) {
    this.violations = violations;
  }

  private Said said(long slot, @Nullable Replica sender) {
    return slots
        .computeIfAbsent(slot, fresh -> new HashMap<>(4))
        .computeIfAbsent(sender == null ? Token.NONE : sender.own(), fresh -> new Said());
  }

  void proposes(int node, long slot, @Nullable Replica sender, long id) {
    Said said = said(slot, sender);
    if (said.proposal != FrameWatch.ABSENT && said.proposal != id) {
      twice(node, slot);
    }
    said.proposal = id;
  }

  void votes1(int node, long slot, @Nullable Replica sender, int phase, byte value) {
    Said said = said(slot, sender);
    said.votes1 = say(node, slot, said.votes1, phase, value);
  }

  void votes2(int node, long slot, @Nullable Replica sender, int phase, byte value) {
    Said said = said(slot, sender);
    said.votes2 = say(node, slot, said.votes2, phase, value);
  }

  private byte[] say(int node, long slot, byte[] votes, int phase, byte value) {
    byte[] room = votes;
    if (phase >= votes.length) {
      room = Arrays.copyOf(votes, phase + 1);
      Arrays.fill(room, votes.length, phase + 1, UNSAID);
    }
    if (room[phase] != UNSAID && room[phase] != value) {
      twice(node, slot);
    }
    room[phase] = value;
    return room;
  }

  private void twice(int node, long slot) {
    violations.add(slot, node, "equivocation: says what its token has said otherwise");
  }

  /** A node has applied the slot, in which all this is counted. */
  void counted(int node, Replica replica, SlotInstance instance) {
    long slot = instance.slot();
    Configuration governs = replica.configurationOf(slot);
    if (governs.firstSlot() <= slot) {
      instance.tell(new Check(node, slot, governs, governs.indexOf(replica.own())));
    }
  }

  private final class Check implements SlotInstance.Counted {
    private final int node;
    private final long slot;
    private final Configuration governs;
    private final int self;

    Check(int node, long slot, Configuration governs, int self) {
      this.node = node;
      this.slot = slot;
      this.governs = governs;
      this.self = self;
    }

    private @Nullable Said by(int index) {
      Map<Token, Said> all = slots.get(slot);
      return all == null || index >= governs.size()
          ? null
          : all.get(governs.members().get(index).token());
    }

    @Override
    public void proposal(int index, long id) {
      Said said = by(index);
      if (index != self && (said == null || said.proposal != id)) {
        unsaid(index, Word.proposal(slot), FrameText.id(id));
      }
    }

    @Override
    public void vote1(int index, int phase, byte value) {
      Said said = by(index);
      if (index != self && (said == null || !said.voted1(phase, value))) {
        unsaid(index, Word.vote(Word.VOTE1, slot, phase), FrameText.vote(value, BatchId.NONE));
      }
    }

    @Override
    public void vote2(int index, int phase, byte value) {
      Said said = by(index);
      if (index != self && (said == null || !said.voted2(phase, value))) {
        unsaid(index, Word.vote(Word.VOTE2, slot, phase), FrameText.vote(value, BatchId.NONE));
      }
    }

    private void unsaid(int index, Word word, String value) {
      String voter =
          index < governs.size()
              ? "member " + governs.members().get(index).id()
              : "voter " + index + " of " + governs.size();
      violations.add(
          slot,
          node,
          "counts " + word.name() + "=" + value + " of " + voter + ", which has not said so");
    }
  }
}
