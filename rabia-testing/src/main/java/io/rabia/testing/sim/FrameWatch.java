package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.Quorum;
import io.rabia.core.StateValue;
import io.rabia.core.message.FrameHeader;
import io.rabia.core.message.MessageCodec;
import io.rabia.engine.protocol.Configuration;
import io.rabia.engine.protocol.LogRecords;
import io.rabia.engine.protocol.Replica;
import io.rabia.engine.protocol.SlotInstance;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reads every frame that leaves any node, over all its lives, and checks what no member may ever
 * say twice differently (protocol.md section 9, items 3 to 6). One thread.
 */
final class FrameWatch extends LogRecords {
  static final long ABSENT = Long.MIN_VALUE;

  /** What all members said in one round of a phase of a slot. */
  private static final class Round {
    final long[] said;
    final long[] at;

    Round(int n) {
      said = new long[n];
      at = new long[n];
      java.util.Arrays.fill(said, ABSENT);
    }

    /** Who said this first, and when. */
    String who(long value) {
      int first = -1;
      for (int i = 0; i < said.length; i++) {
        first = said[i] == value && (first < 0 || at[i] < at[first]) ? i : first;
      }
      return "node " + (first + 1) + at(at[first]);
    }

    int count(long value) {
      int equal = 0;
      for (long one : said) {
        equal += one == value ? 1 : 0;
      }
      return equal;
    }
  }

  private static final class SlotRecord {
    final Round proposals;
    final long[] offers;
    final Map<Integer, Round> votes1 = new HashMap<>();
    final Map<Integer, Round> votes2 = new HashMap<>();
    long namedId = BatchId.NONE;
    int namedBy;
    long namedAt;
    int lockedPhase = -1;
    byte lockedValue;
    long lockedAt;

    /** Bit per member: it acted on an outcome that its own Propose, or Vote2(0), was needed for. */
    long actedOnPropose;

    long actedOnVote2;

    /** The configuration that governs it, and how many members that has. */
    long epoch = -1;

    int members;

    SlotRecord(int n) {
      proposals = new Round(n);
      offers = new long[n];
      java.util.Arrays.fill(offers, ABSENT);
    }

    /** Which votes decided it, and when they were complete. */
    String locked() {
      return "those of phase " + lockedPhase + " decided " + vote(lockedValue) + at(lockedAt);
    }

    void forget(int member) {
      proposals.said[member] = ABSENT;
      offers[member] = ABSENT;
      votes1.values().forEach(round -> round.said[member] = ABSENT);
      votes2.values().forEach(round -> round.said[member] = ABSENT);
      actedOnPropose &= ~(1L << member);
      actedOnVote2 &= ~(1L << member);
    }
  }

  private final Violations violations;
  private final TokenWatch tokens;
  private final SimClock clock;
  private final int n;
  private final Map<Long, SlotRecord> slots = new HashMap<>();
  private final Map<Long, Integer> contents = new HashMap<>();
  private final Map<Long, Configuration> configurations = new HashMap<>();
  private int origins;
  private int from;
  private @Nullable Replica sender;

  FrameWatch(Violations violations, SimClock clock, int n) {
    this.violations = violations;
    tokens = new TokenWatch(violations);
    this.clock = clock;
    this.n = n;
  }

  /**
   * @param replica the sender's, if it is a member or was one
   */
  void sent(int node, Frame frame, @Nullable Replica replica) {
    ByteBuffer body = frame.body();
    FrameHeader.skip(body);
    from = node;
    sender = replica;
    MessageCodec.read(body, this);
  }

  /** How many tokens have been members, as far as any member knows. */
  int origins(Configuration newest) {
    for (Configuration.Member member : newest.members()) {
      origins = Math.max(origins, member.origin() + 1);
    }
    return origins;
  }

  /** Somebody else runs on this machine from now on. */
  void forget(int node) {
    slots.values().forEach(record -> record.forget(node));
  }

  private SlotRecord slot(long number) {
    return slots.computeIfAbsent(number, fresh -> new SlotRecord(n));
  }

  /** A slot in which the sender takes part. */
  private SlotRecord voted(long number) {
    SlotRecord record = slot(number);
    Configuration governs = sender == null ? null : sender.configurationOf(number);
    // What waited for the disk may be of a slot whose configuration its sender has forgotten.
    if (governs != null && governs.firstSlot() <= number) {
      Configuration known = configurations.putIfAbsent(governs.epoch(), governs);
      if (known != null && !known.equals(governs)) {
        broken(number, "two configurations of one epoch: " + known + " and " + governs);
      }
      if (record.epoch >= 0 && record.epoch != governs.epoch()) {
        broken(number, "two configurations, of epochs " + record.epoch + " and " + governs.epoch());
      }
      if (governs.indexOf(sender.own()) < 0) {
        broken(number, "takes part outside of the reign of its token");
      }
      record.epoch = governs.epoch();
      record.members = governs.size();
    }
    return record;
  }

  private void say(Round round, long value, long slot, String what, LongFunction<String> text) {
    long before = round.said[from];
    if (before != ABSENT && before != value) {
      broken(
          slot,
          "equivocation: says "
              + what
              + "="
              + text.apply(value)
              + ", said "
              + what
              + "="
              + text.apply(before)
              + at(round.at[from]));
    }
    round.at[from] = before == value ? round.at[from] : clock.now();
    round.said[from] = value;
  }

  private static String at(long time) {
    return " at " + SimClock.text(time).strip() + " s";
  }

  private void broken(long slot, String what) {
    violations.add(slot, from, what);
  }

  private void named(SlotRecord record, long slot, int by, long id) {
    if (id == BatchId.NONE || id == record.namedId) {
      return;
    }
    if (record.namedId != BatchId.NONE) {
      violations.add(
          slot,
          by,
          "two batches: V1 stands for "
              + FrameText.id(id)
              + "; by node "
              + (record.namedBy + 1)
              + at(record.namedAt)
              + " for "
              + FrameText.id(record.namedId));
    }
    record.namedId = id;
    record.namedBy = by;
    record.namedAt = clock.now();
  }

  private void body(@Nullable CommandBatch batch) {
    if (batch != null) {
      boolean own = sender != null && sender.ownOrigin() == BatchId.origin(batch.id());
      Integer before = contents.putIfAbsent(batch.id(), batch.hashCode());
      if (before != null && before != batch.hashCode()) {
        broken(Violations.NO_SLOT, "sends another content as batch " + FrameText.id(batch.id()));
      }
      if (before == null && !own) {
        broken(
            Violations.NO_SLOT,
            "sends batch " + FrameText.id(batch.id()) + ", which its origin has never sent");
      }
    }
  }

  private static String vote(long value) {
    return value == StateValue.CODE_VQUESTION ? "V?" : value == StateValue.CODE_V1 ? "V1" : "V0";
  }

  @Override
  public void onPropose(long slot, long id, @Nullable CommandBatch batch) {
    body(batch);
    SlotRecord record = voted(slot);
    say(record.proposals, id, slot, "propose", FrameText::id);
    tokens.proposes(from, slot, sender, id);
    if (record.proposals.count(id) == record.members) {
      named(record, slot, from, id);
      lock(record, slot, 0, StateValue.CODE_V1);
    }
  }

  /** It promises nothing: after a crash its sender may offer and propose something else. */
  @Override
  public void onOffer(long slot, @Nullable CommandBatch batch) {
    body(batch);
    SlotRecord record = voted(slot);
    record.offers[from] = batch == null ? BatchId.NOOP : batch.id();
    Configuration governs = sender == null ? null : sender.configurationOf(slot);
    boolean owns = governs != null && governs.owner(slot) == governs.indexOf(sender.own());
    if (batch == null && !owns) {
      broken(slot, "offers NOOP in a slot that is not its own");
    }
  }

  @Override
  public void onVote1(long slot, int phase, byte value, long id) {
    SlotRecord record = voted(slot);
    Round round = record.votes1.computeIfAbsent(phase, fresh -> new Round(n));
    say(round, value, slot, "vote1/" + phase, FrameWatch::vote);
    tokens.votes1(from, slot, sender, phase, value);
    named(record, slot, from, id);
    if (value == StateValue.CODE_V1 && id == BatchId.NONE) {
      broken(slot, "vote1/" + phase + "=V1 names no batch");
    }
    if (record.lockedPhase >= 0 && phase > record.lockedPhase && value != record.lockedValue) {
      broken(slot, "says vote1/" + phase + "=" + vote(value) + "; all votes: " + record.locked());
    }
    if (round.count(value) == record.members) {
      lock(record, slot, phase, value);
    }
  }

  @Override
  public void onVote2(long slot, int phase, byte value, long id) {
    SlotRecord record = voted(slot);
    Round round = record.votes2.computeIfAbsent(phase, fresh -> new Round(n));
    say(round, value, slot, "vote2/" + phase, FrameWatch::vote);
    tokens.votes2(from, slot, sender, phase, value);
    named(record, slot, from, id);
    if (value == StateValue.CODE_VQUESTION) {
      return;
    }
    if (round.count(1 - value) > 0) {
      String opposite = vote(1L - value) + " said " + round.who(1L - value);
      broken(slot, "says vote2/" + phase + "=" + vote(value) + "; " + opposite);
    }
    if (round.count(value) >= Quorum.decision(record.members)) {
      lock(record, slot, phase, value);
    }
  }

  private void lock(SlotRecord record, long slot, int phase, byte value) {
    if (record.lockedPhase >= 0 && record.lockedValue != value) {
      broken(
          slot,
          "completes the votes for " + vote(value) + " in phase " + phase + "; " + record.locked());
    }
    if (record.lockedPhase < 0 || phase < record.lockedPhase) {
      record.lockedPhase = phase;
      record.lockedValue = value;
      record.lockedAt = clock.now();
      record.votes1.forEach(
          (later, round) -> {
            if (later > phase && round.count(1 - value) > 0) {
              String opposite = "; vote1/" + later + "=" + vote(1L - value) + " said ";
              broken(slot, "all votes: " + record.locked() + opposite + round.who(1L - value));
            }
          });
    }
  }

  @Override
  public void onDecide(long slot, long id, @Nullable CommandBatch batch) {
    body(batch);
    applied(from, slot, id);
  }

  /** What a member was heard to propose in a slot, or else to offer, or {@link #ABSENT}. */
  long proposal(long slot, int member) {
    SlotRecord record = slots.get(slot);
    if (record == null) {
      return ABSENT;
    }
    long proposal = record.proposals.said[member];
    return proposal == ABSENT ? record.offers[member] : proposal;
  }

  /** A member applied a slot with these votes. */
  void counted(int member, Replica replica, SlotInstance slot) {
    tokens.counted(member, replica, slot);
  }

  /** A member applied a slot that the others' votes alone did not decide. */
  void acted(int member, long slot, SlotInstance instance, int members) {
    boolean byProposals = true;
    for (int i = 0; i < members; i++) {
      byProposals &= instance.proposal(i) == instance.decidedId();
    }
    if (byProposals) {
      slot(slot).actedOnPropose |= 1L << member;
    } else if (instance.decidedPhase() == 0) {
      slot(slot).actedOnVote2 |= 1L << member;
    }
  }

  /**
   * A process that has just read its log knows everything that its former lives said, or counted.
   */
  void requireKept(int member, Replica replica) {
    for (long slot = replica.applied(); slot < replica.limit(); slot++) {
      SlotRecord record = slots.get(slot);
      int index = replica.configurationOf(slot).indexOf(replica.own());
      if (record != null && index < 0) {
        if (lastPhase(record.votes2, member) >= 0) {
          violations.add(slot, member, "voted, and has no vote there");
        }
      } else if (record != null && !keeps(record, member, replica.instance(slot), index)) {
        violations.add(
            slot,
            member,
            "its log has lost a part of: "
                + known(record, member)
                + "; it knows: "
                + known(replica.instance(slot), index));
      }
    }
  }

  private static String known(SlotRecord record, int member) {
    StringJoiner known = new StringJoiner(", ");
    if (record.proposals.said[member] != ABSENT) {
      known.add("propose=" + FrameText.id(record.proposals.said[member]));
    }
    int phase1 = lastPhase(record.votes1, member);
    int phase2 = lastPhase(record.votes2, member);
    if (phase1 >= 0) {
      known.add("vote1/" + phase1);
    }
    if (phase2 >= 0) {
      known.add("vote2/" + phase2);
    }
    if ((record.actedOnPropose >>> member & 1) != 0) {
      known.add("a proposal (acted on)");
    }
    if ((record.actedOnVote2 >>> member & 1) != 0) {
      known.add("vote2/0 (counted)");
    }
    return known.toString();
  }

  private static String known(@Nullable SlotInstance now, int member) {
    return now == null
        ? "nothing"
        : (now.proposal(member) == ABSENT
                ? "no proposal"
                : "propose=" + FrameText.id(now.proposal(member)))
            + ", phase "
            + now.phase()
            + ", "
            + now.stage().name().toLowerCase(Locale.ROOT);
  }

  private static boolean keeps(
      SlotRecord record, int member, @Nullable SlotInstance now, int index) {
    long proposal = record.proposals.said[member];
    int phase1 = lastPhase(record.votes1, member);
    boolean acted = (record.actedOnPropose >>> member & 1) != 0;
    boolean actedOnVote = (record.actedOnVote2 >>> member & 1) != 0;
    int phase2 = Math.max(lastPhase(record.votes2, member), actedOnVote ? 0 : -1);
    if (now == null) {
      return proposal == ABSENT && phase1 < 0 && phase2 < 0 && !acted;
    }
    return now.decided()
        || (proposal == ABSENT || now.proposal(index) == proposal)
            && (!acted || now.stage() != SlotInstance.Stage.IDLE)
            && now.phase() >= Math.max(phase1, phase2)
            && (now.phase() > phase2 || now.stage() == SlotInstance.Stage.ROUND2);
  }

  private static int lastPhase(Map<Integer, Round> votes, int member) {
    return votes.entrySet().stream()
        .filter(round -> round.getValue().said[member] != ABSENT)
        .mapToInt(Map.Entry::getKey)
        .max()
        .orElse(-1);
  }

  /** Checks an outcome against the votes that were seen. */
  void applied(int node, long slot, long id) {
    SlotRecord record = slot(slot);
    named(record, slot, node, id);
    if (record.lockedPhase >= 0
        && (record.lockedValue == StateValue.CODE_V1) != (id != BatchId.NONE)) {
      violations.add(
          slot, node, "knows " + FrameText.id(id) + " as decided; all votes: " + record.locked());
    }
  }

  @Override
  public void onBatchReply(CommandBatch batch) {
    body(batch);
  }
}
