package io.rabia.engine.protocol;

import static io.rabia.core.StateValue.CODE_V0;
import static io.rabia.core.StateValue.CODE_V1;
import static io.rabia.core.StateValue.CODE_VQUESTION;

import io.rabia.core.BatchId;
import io.rabia.core.CommonCoin;
import io.rabia.core.InvariantViolation;
import io.rabia.core.Quorum;
import io.rabia.core.StateValue;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One instance of Weak-MVC: agreement on the value of one slot (paper, Algorithms 1 to 3, with
 * phase 0 merged as in its authors' artifact). Pure and reusable: no clock, no threads; a message
 * goes in by an {@code on...} method, the own moves come out of {@link #propose} and {@link
 * #evaluate} through {@link Emitter}.
 *
 * <p>Bounded memory by jumping. Each sender has two places a round, for an even and an odd phase,
 * and a later phase takes the place of the one two before. Who is left behind does not need the old
 * votes: it may enter phase p with a copy of any Vote1(p) that it received, without having voted in
 * the phases between. That keeps value locking (protocol.md 9.5): if v was decided in a phase below
 * p, then by induction every Vote1(p) is v. The sender of an original one saw Q Vote2(p-1), which
 * meet the f+1 that decided, or saw Q Vote1(p-1), all v; and a copy equals an original. At most one
 * value other than VQUESTION in Vote2(p) (9.4) needs only that a majority of Vote1(p) is unique,
 * whatever the votes are. So every phase's messages but the current one's may be forgotten by their
 * sender too: whoever is behind jumps.
 */
@Internal
public final class SlotInstance {

  /** Where this replica stands in the slot. */
  public enum Stage {
    /** Nothing sent. */
    IDLE,
    /** Propose sent; waits for Q Propose. */
    EXCHANGE,
    /** Vote1(phase) sent; waits for Q Vote1. */
    ROUND1,
    /** Vote2(phase) sent; waits for Q Vote2. */
    ROUND2,
    /** Knows the outcome. */
    DECIDED
  }

  /** Receives the own messages of a slot, in order, and the decision. */
  public interface Emitter {
    void emitVote1(SlotInstance slot, int phase, byte value, long id);

    void emitVote2(SlotInstance slot, int phase, byte value, long id);
  }

  /** No proposal from this member yet. */
  public static final long ABSENT = -2;

  /** In place of a vote that was not received, or has made room for that of a later phase. */
  public static final byte NO_VOTE = -1;

  private static final int NO_PHASE = -1;
  private static final Stage[] STAGES = Stage.values();

  private long slot;
  private Configuration configuration;
  private int n;
  private int quorum;
  private int decision;
  private int self;

  private Stage stage = Stage.IDLE;
  private int phase;
  private byte state;
  private byte ownVote2;
  private long ownVote2Id;
  private long knownId;
  private long decidedId;
  private int decidedPhase;
  private boolean decidedByOthers;
  private boolean held;

  private long[] proposals = {};
  private int proposalCount;
  private int[] phase1 = {};
  private byte[] vote1 = {};
  private int[] phase2 = {};
  private byte[] vote2 = {};

  /**
   * Makes this the fresh instance of a slot; {@code self} is the own index or -1 for one without a
   * vote.
   */
  public void reset(long slot, Configuration configuration, int self) {
    this.slot = slot;
    this.configuration = configuration;
    this.self = self;
    if (n != configuration.size()) {
      n = configuration.size();
      quorum = Quorum.size(n);
      decision = Quorum.decision(n);
      proposals = new long[n];
      phase1 = new int[2 * n];
      vote1 = new byte[2 * n];
      phase2 = new int[2 * n];
      vote2 = new byte[2 * n];
    }
    Arrays.fill(proposals, ABSENT);
    Arrays.fill(phase1, NO_PHASE);
    Arrays.fill(phase2, NO_PHASE);
    proposalCount = 0;
    stage = Stage.IDLE;
    phase = 0;
    state = CODE_V0;
    ownVote2 = CODE_VQUESTION;
    ownVote2Id = BatchId.NONE;
    knownId = BatchId.NONE;
    decidedId = BatchId.NONE;
    decidedPhase = 0;
    decidedByOthers = false;
    held = false;
  }

  /**
   * Nothing follows from the messages that come, until {@link #release}: who votes in the slot may
   * turn out to be others, whose majority is another one.
   */
  void hold() {
    held = true;
  }

  /** It is known who votes here: what the messages so far decide is decided. */
  void release() {
    if (!held) {
      return;
    }
    held = false;
    for (int i = 0; i < n; i++) {
      if (proposals[i] != ABSENT) {
        countProposals(proposals[i]);
      }
    }
    for (int place = 0; place < 2 * n; place++) {
      if (phase1[place] >= 0) {
        countVotes1(phase1[place], vote1[place]);
      }
      if (phase2[place] >= 0 && vote2[place] != CODE_VQUESTION) {
        countVotes2(phase2[place], vote2[place]);
      }
    }
  }

  // ---- messages in; each returns false when the same message was counted before

  public boolean onPropose(int from, long id) {
    if (proposals[from] != ABSENT) {
      if (proposals[from] != id) {
        throw broken(
            "proposes " + text(id) + ", and proposed " + text(proposals[from]) + " before");
      }
      return false;
    }
    proposals[from] = id;
    proposalCount++;
    countProposals(id);
    return true;
  }

  private void countProposals(long id) {
    if (stage != Stage.DECIDED && !held && proposalCount == n && equalProposals(id) == n) {
      decide(id, 0, false);
    }
  }

  public boolean onVote1(int from, int votePhase, byte value, long id) {
    int place = (votePhase & 1) * n + from;
    if (phase1[place] >= votePhase) {
      if (phase1[place] == votePhase && vote1[place] != value) {
        throw broken(twoVotes("Vote1", votePhase, value, vote1[place]));
      }
      return false;
    }
    learn(id);
    phase1[place] = votePhase;
    vote1[place] = value;
    countVotes1(votePhase, value);
    return true;
  }

  private void countVotes1(int votePhase, byte value) {
    if (stage != Stage.DECIDED && !held && count(phase1, vote1, votePhase, value) == n) {
      decide(value == CODE_V1 ? knownId : BatchId.NONE, votePhase, false);
    }
  }

  public boolean onVote2(int from, int votePhase, byte value, long id) {
    int place = (votePhase & 1) * n + from;
    if (phase2[place] >= votePhase) {
      if (phase2[place] == votePhase && vote2[place] != value) {
        throw broken(twoVotes("Vote2", votePhase, value, vote2[place]));
      }
      return false;
    }
    learn(id);
    phase2[place] = votePhase;
    vote2[place] = value;
    if (value != CODE_VQUESTION) {
      if (count(phase2, vote2, votePhase, (byte) (CODE_V1 - value)) > 0) {
        throw broken(
            "V0 and V1 in Vote2 of phase " + votePhase + ": the other one was voted before");
      }
      countVotes2(votePhase, value);
    }
    return true;
  }

  private void countVotes2(int votePhase, byte value) {
    int votes = count(phase2, vote2, votePhase, value);
    if (held || votes < decision) {
      return;
    }
    boolean withoutOwn = votes - (ownVoted2(votePhase, value) ? 1 : 0) >= decision;
    if (stage != Stage.DECIDED) {
      decide(value == CODE_V1 ? knownId : BatchId.NONE, votePhase, withoutOwn);
    } else {
      decidedByOthers |= withoutOwn;
    }
  }

  /** A peer knows the outcome; returns false when it was known here. */
  public boolean onDecide(long id) {
    if (stage == Stage.DECIDED) {
      if (decidedId != id) {
        throw broken(
            "two decisions: " + text(id) + " is told, and here " + text(decidedId) + decidedHow());
      }
      decidedByOthers = true;
      return false;
    }
    decide(id, phase, true);
    return true;
  }

  private boolean ownVoted2(int votePhase, byte value) {
    if (self < 0) {
      return false;
    }
    int place = (votePhase & 1) * n + self;
    return phase2[place] == votePhase && vote2[place] == value;
  }

  private void learn(long id) {
    if (id != BatchId.NONE) {
      if (knownId != BatchId.NONE && knownId != id) {
        throw broken("V1 stands for " + text(id) + ", and stood for " + text(knownId) + " before");
      }
      knownId = id;
    }
  }

  // ---- broken promises, in words

  private InvariantViolation broken(String what) {
    return new InvariantViolation(slot, what);
  }

  private String text(long id) {
    return configuration.text(id);
  }

  private static String twoVotes(String kind, int inPhase, byte now, byte before) {
    return kind
        + " of phase "
        + inPhase
        + " is "
        + StateValue.of(now)
        + ", and was "
        + StateValue.of(before)
        + " before";
  }

  private String decidedHow() {
    return " was decided, "
        + (decidedByOthers ? "by others' votes or word" : "with the own vote")
        + ", in phase "
        + decidedPhase;
  }

  private void decide(long id, int inPhase, boolean byOthers) {
    stage = Stage.DECIDED;
    decidedId = id;
    decidedPhase = inPhase;
    decidedByOthers = byOthers;
  }

  // ---- own moves

  /** The own Propose, counted at once; its record and message are the caller's. */
  public void propose(long id) {
    InvariantViolation.check(stage == Stage.IDLE && self >= 0, slot, "proposed twice");
    stage = Stage.EXCHANGE;
    onPropose(self, id);
  }

  /**
   * Moves on as far as the received messages allow.
   *
   * @param awaited bit per member that may still speak soon: while one of them could complete a
   *     majority, a wait that has Q messages without one goes on. 0 never waits.
   * @return true when such a wait goes on
   */
  public boolean evaluate(long awaited, CommonCoin coin, Emitter emitter) {
    while (stage != Stage.DECIDED) {
      boolean waits =
          switch (stage) {
            case EXCHANGE -> exchange(awaited, emitter);
            case ROUND1 -> round1(awaited, emitter);
            case ROUND2 -> round2(coin, emitter);
            default -> true;
          };
      if (waits && stage != Stage.DECIDED && !jump(emitter)) {
        return waitsForMajority(awaited);
      }
    }
    return false;
  }

  /** Phase 0, round 1: true to wait. */
  private boolean exchange(long awaited, Emitter emitter) {
    if (proposalCount < quorum) {
      return true;
    }
    for (int i = 0; i < n; i++) {
      if (proposals[i] != ABSENT && equalProposals(proposals[i]) >= quorum) {
        learn(proposals[i]);
        sendVote2(CODE_V1, emitter);
        return false;
      }
    }
    if (majorityReachable(awaited)) {
      return true;
    }
    sendVote2(CODE_VQUESTION, emitter);
    return false;
  }

  private boolean round1(long awaited, Emitter emitter) {
    int zeros = count(phase1, vote1, phase, CODE_V0);
    int ones = count(phase1, vote1, phase, CODE_V1);
    if (zeros + ones < quorum) {
      return true;
    }
    if (zeros < quorum && ones < quorum && majorityReachable(awaited)) {
      return true;
    }
    sendVote2(zeros >= quorum ? CODE_V0 : ones >= quorum ? CODE_V1 : CODE_VQUESTION, emitter);
    return false;
  }

  private boolean round2(CommonCoin coin, Emitter emitter) {
    int zeros = count(phase2, vote2, phase, CODE_V0);
    int ones = count(phase2, vote2, phase, CODE_V1);
    if (zeros + ones + count(phase2, vote2, phase, CODE_VQUESTION) < quorum) {
      return true;
    }
    long epoch = configuration.epoch();
    byte next;
    if (ones > 0) {
      next = CODE_V1;
    } else if (zeros > 0 || phase == 0) {
      next = CODE_V0;
    } else {
      next = coin.flip(epoch, slot, phase) && knownId != BatchId.NONE ? CODE_V1 : CODE_V0;
    }
    sendVote1(phase + 1, next, emitter);
    return false;
  }

  /** Enters the highest phase of which a Vote1 was received, if that is above the own one. */
  private boolean jump(Emitter emitter) {
    int best = -1;
    for (int place = 0; place < phase1.length; place++) {
      if (phase1[place] > phase && (best < 0 || phase1[place] > phase1[best])) {
        best = place;
      }
    }
    if (best < 0 || self < 0) {
      return false;
    }
    sendVote1(phase1[best], vote1[best], emitter);
    return true;
  }

  private void sendVote1(int newPhase, byte value, Emitter emitter) {
    InvariantViolation.check(
        value != CODE_V1 || knownId != BatchId.NONE, slot, "V1 without its id");
    phase = newPhase;
    state = value;
    stage = Stage.ROUND1;
    long id = value == CODE_V1 ? knownId : BatchId.NONE;
    emitter.emitVote1(this, phase, value, id);
    onVote1(self, phase, value, id);
  }

  private void sendVote2(byte value, Emitter emitter) {
    InvariantViolation.check(
        value != CODE_V1 || knownId != BatchId.NONE, slot, "V1 without its id");
    stage = Stage.ROUND2;
    ownVote2 = value;
    ownVote2Id = value == CODE_V0 ? BatchId.NONE : knownId;
    emitter.emitVote2(this, phase, value, ownVote2Id);
    onVote2(self, phase, value, ownVote2Id);
  }

  private boolean waitsForMajority(long awaited) {
    int spoken =
        switch (stage) {
          case EXCHANGE -> proposalCount;
          case ROUND1 ->
              count(phase1, vote1, phase, CODE_V0) + count(phase1, vote1, phase, CODE_V1);
          default -> 0;
        };
    return spoken >= quorum && majorityReachable(awaited);
  }

  /** Could the awaited members that have not spoken in this round complete a majority? */
  private boolean majorityReachable(long awaited) {
    int missing = 0;
    int most = 0;
    for (int i = 0; i < n; i++) {
      boolean spoke =
          stage == Stage.EXCHANGE ? proposals[i] != ABSENT : phase1[(phase & 1) * n + i] == phase;
      if (!spoke) {
        missing += (int) (awaited >>> i) & 1;
      } else if (stage == Stage.EXCHANGE) {
        most = Math.max(most, equalProposals(proposals[i]));
      }
    }
    if (stage == Stage.ROUND1) {
      most = Math.max(count(phase1, vote1, phase, CODE_V0), count(phase1, vote1, phase, CODE_V1));
    }
    return missing > 0 && most + missing >= quorum;
  }

  private int equalProposals(long id) {
    int equal = 0;
    for (int i = 0; i < n; i++) {
      equal += proposals[i] == id ? 1 : 0;
    }
    return equal;
  }

  private int count(int[] phases, byte[] votes, int inPhase, byte value) {
    int votesFound = 0;
    int base = (inPhase & 1) * n;
    for (int i = base; i < base + n; i++) {
      votesFound += phases[i] == inPhase && votes[i] == value ? 1 : 0;
    }
    return votesFound;
  }

  // ---- restart: own messages from the log, in the order in which they were sent

  @Internal
  public void restorePropose(long id) {
    if (stage == Stage.IDLE) {
      propose(id);
    }
  }

  @Internal
  public void restoreVote1(int votePhase, byte value, long id) {
    if (stage != Stage.DECIDED) {
      phase = votePhase;
      state = value;
      stage = Stage.ROUND1;
      onVote1(self, votePhase, value, id);
    }
  }

  @Internal
  public void restoreVote2(int votePhase, byte value, long id) {
    if (stage != Stage.DECIDED) {
      phase = votePhase;
      ownVote2 = value;
      ownVote2Id = id;
      stage = Stage.ROUND2;
      onVote2(self, votePhase, value, id);
    }
  }

  // ---- for the checkers: the whole state, but for what reset() was given; never of a held one

  /**
   * Appends the state of this instance to the buffer, every bit that its behaviour may depend on.
   */
  @Internal
  public void save(ByteBuffer out) {
    out.put((byte) stage.ordinal()).putInt(phase).put(state).put(ownVote2).putLong(ownVote2Id);
    out.putLong(knownId)
        .putLong(decidedId)
        .putInt(decidedPhase)
        .put((byte) (decidedByOthers ? 1 : 0));
    out.putInt(proposalCount);
    for (int i = 0; i < n; i++) {
      out.putLong(proposals[i]);
    }
    for (int place = 0; place < 2 * n; place++) {
      out.putInt(phase1[place]).put(phase1[place] < 0 ? 0 : vote1[place]);
      out.putInt(phase2[place]).put(phase2[place] < 0 ? 0 : vote2[place]);
    }
  }

  /** Takes the state that {@link #save} wrote for a configuration of this size. */
  @Internal
  public void load(ByteBuffer in) {
    stage = STAGES[in.get()];
    phase = in.getInt();
    state = in.get();
    ownVote2 = in.get();
    ownVote2Id = in.getLong();
    knownId = in.getLong();
    decidedId = in.getLong();
    decidedPhase = in.getInt();
    decidedByOthers = in.get() != 0;
    proposalCount = in.getInt();
    for (int i = 0; i < n; i++) {
      proposals[i] = in.getLong();
    }
    for (int place = 0; place < 2 * n; place++) {
      phase1[place] = in.getInt();
      vote1[place] = in.get();
      phase2[place] = in.getInt();
      vote2[place] = in.get();
    }
  }

  /** Hears whose messages are counted in a slot, by index. */
  @Internal
  public interface Counted {
    void proposal(int index, long id);

    void vote1(int index, int phase, byte value);

    void vote2(int index, int phase, byte value);
  }

  /** Tells all that is counted here. */
  @Internal
  public void tell(Counted listener) {
    for (int place = 0; place < 2 * n; place++) {
      int index = place % n;
      if (place < n && proposals[index] != ABSENT) {
        listener.proposal(index, proposals[index]);
      }
      if (phase1[place] != NO_PHASE) {
        listener.vote1(index, phase1[place], vote1[place]);
      }
      if (phase2[place] != NO_PHASE) {
        listener.vote2(index, phase2[place], vote2[place]);
      }
    }
  }

  // ---- what is known

  public long slot() {
    return slot;
  }

  public Stage stage() {
    return stage;
  }

  public int phase() {
    return phase;
  }

  public boolean decided() {
    return stage == Stage.DECIDED;
  }

  /** The decided value: a packed batch id, NOOP, or NONE for a forfeited slot. */
  public long decidedId() {
    return decidedId;
  }

  /**
   * The phase in which the deciding votes were cast; for a decision heard of, the own phase then.
   */
  public int decidedPhase() {
    return decidedPhase;
  }

  /** True when the decision would stand without the own votes of the deciding round. */
  public boolean decidedByOthers() {
    return decidedByOthers;
  }

  /** What the member at this index proposed, or {@link #ABSENT}. */
  public long proposal(int index) {
    return proposals[index];
  }

  /** How many members vote here. */
  public int members() {
    return n;
  }

  /** The Vote1 of the member at this index in this phase, or {@link #NO_VOTE}: none is held. */
  public byte vote1(int index, int inPhase) {
    int place = (inPhase & 1) * n + index;
    return phase1[place] == inPhase ? vote1[place] : NO_VOTE;
  }

  /** As {@link #vote1}, of Vote2. */
  public byte vote2(int index, int inPhase) {
    int place = (inPhase & 1) * n + index;
    return phase2[place] == inPhase ? vote2[place] : NO_VOTE;
  }

  /** No proposal was received yet. */
  boolean isSilent() {
    return proposalCount == 0;
  }

  boolean proposed(int index) {
    return proposals[index] != ABSENT;
  }

  /** The id that V1 stands for in this slot as far as known here, or NONE. */
  long knownId() {
    return knownId;
  }

  /** The own Vote1 of the current phase. */
  public byte state() {
    return state;
  }

  /** The own Vote2 of the current phase, meaningful in ROUND2. */
  byte ownVote2() {
    return ownVote2;
  }

  long ownVote2Id() {
    return ownVote2Id;
  }
}
