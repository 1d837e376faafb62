package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import io.rabia.core.InvariantViolation;
import io.rabia.core.StateValue;
import io.rabia.engine.protocol.SlotInstance;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that left its sender in one slot, held against protocol.md 9.1 to 9.6: written from
 * the protocol's text, with its own arithmetic. One thread.
 */
final class SlotOracle {
  private record Round(int phase, int number) {}

  private record Vote(StateValue value, long id) {
    /** What this vote would decide. */
    long outcome() {
      return value == StateValue.V1 ? id : BatchId.NONE;
    }
  }

  private static final long UNSAID = Long.MIN_VALUE;

  private final int n;
  private final long[] proposals;
  private final Map<Round, @Nullable Vote[]> votes = new HashMap<>();
  private long decided = UNSAID;
  private int lockedIn = Integer.MAX_VALUE;

  SlotOracle(int n) {
    this.n = n;
    proposals = new long[n];
    Arrays.fill(proposals, UNSAID);
  }

  void propose(int sender, long id) {
    InvariantViolation.check(
        proposals[sender] == UNSAID || proposals[sender] == id,
        "proposed " + BatchId.toString(proposals[sender]) + " and " + BatchId.toString(id));
    proposals[sender] = id;
    if (proposers(id) == n) {
      lock(0, id);
    }
  }

  void vote1(int sender, int phase, StateValue value, long id) {
    Vote[] round = say(sender, new Round(phase, 1), new Vote(value, id));
    InvariantViolation.check(
        phase > 0 && value != StateValue.VQUESTION, "a Vote1 that there is not");
    if (phase > lockedIn) {
      checkLocked(round);
    }
    if (equal(round, value) == n) {
      lock(phase, round[sender].outcome());
    }
  }

  void vote2(int sender, int phase, StateValue value, long id) {
    Vote[] round = say(sender, new Round(phase, 2), new Vote(value, id));
    if (value == StateValue.VQUESTION) {
      return;
    }
    InvariantViolation.check(
        equal(round, StateValue.V0) == 0 || equal(round, StateValue.V1) == 0,
        "V0 and V1 in one second round");
    if (2 * equal(round, value) >= n) {
      lock(phase, round[sender].outcome());
    }
  }

  private Vote[] say(int sender, Round place, Vote vote) {
    Vote[] round = votes.computeIfAbsent(place, key -> new Vote[n]);
    InvariantViolation.check(
        round[sender] == null || round[sender].equals(vote),
        "said " + round[sender] + " and then " + vote + " in " + place);
    round[sender] = vote;
    if (vote.value() == StateValue.V1) {
      int own = proposals[sender] == UNSAID ? 1 : 0;
      InvariantViolation.check(
          vote.id() != BatchId.NONE && 2 * (proposers(vote.id()) + own) > n,
          vote + " in " + place + " for what no majority proposed");
    }
    return round;
  }

  /** Has the member said this? */
  boolean proposed(int member, long id) {
    return proposals[member] == id;
  }

  /** Has the member said this? */
  boolean voted(int member, int phase, int number, byte value) {
    Vote[] round = votes.get(new Round(phase, number));
    return round != null && round[member] != null && round[member].value().code() == value;
  }

  private boolean hasVoted(int member, int phase, int number) {
    Vote[] round = votes.get(new Round(phase, number));
    return round != null && round[member] != null;
  }

  /**
   * The first to act on a decision, or to tell it, needs enough votes for that: those that were
   * said, and its own, which may still wait for their frame.
   *
   * @param self its index, or -1
   */
  void decideFirst(long id, int self, @Nullable SlotInstance known) {
    if (decided == UNSAID && known != null && self >= 0) {
      SlotOracle more = new SlotOracle(n);
      System.arraycopy(proposals, 0, more.proposals, 0, n);
      votes.forEach((place, round) -> more.votes.put(place, round.clone()));
      known.tell(new OwnWords(more, self, id));
      InvariantViolation.check(
          more.decided == id, "decided " + BatchId.toString(id) + " without the votes for it");
    }
    decide(id);
  }

  /** Adds what a member itself counts of its own and nobody has heard yet. */
  private record OwnWords(SlotOracle heard, int self, long outcome)
      implements SlotInstance.Counted {
    @Override
    public void proposal(int index, long id) {
      if (index == self) {
        heard.propose(self, id);
      }
    }

    @Override
    public void vote1(int index, int phase, byte value) {
      if (index == self && !heard.hasVoted(self, phase, 1)) {
        heard.vote1(self, phase, StateValue.of(value), id(value));
      }
    }

    @Override
    public void vote2(int index, int phase, byte value) {
      if (index == self && !heard.hasVoted(self, phase, 2)) {
        heard.vote2(self, phase, StateValue.of(value), id(value));
      }
    }

    private long id(byte value) {
      return value == StateValue.CODE_V1 ? outcome : BatchId.NONE;
    }
  }

  /** Someone acted on this decision, or told it. */
  void decide(long id) {
    InvariantViolation.check(
        decided == UNSAID || decided == id,
        "decided " + BatchId.toString(decided) + " and " + BatchId.toString(id));
    // The own Propose of who decided may still wait for its frame.
    InvariantViolation.check(
        id == BatchId.NONE || 2 * (proposers(id) + 1) > n, "decided what no majority proposed");
    decided = id;
  }

  /** Enough was said in this phase to decide; from now on nobody may want anything else. */
  private void lock(int phase, long id) {
    decide(id);
    lockedIn = Math.min(lockedIn, phase);
    votes.forEach(
        (place, round) -> {
          if (place.number() == 1 && place.phase() > lockedIn) {
            checkLocked(round);
          }
        });
  }

  private void checkLocked(@Nullable Vote[] firstRound) {
    for (Vote vote : firstRound) {
      InvariantViolation.check(
          vote == null || vote.outcome() == decided,
          "a Vote1 after the decision is for something else");
    }
  }

  private int proposers(long id) {
    int proposers = 0;
    for (long proposal : proposals) {
      proposers += proposal == id ? 1 : 0;
    }
    return proposers;
  }

  private static int equal(@Nullable Vote[] round, StateValue value) {
    int equal = 0;
    for (Vote vote : round) {
      equal += vote != null && vote.value() == value ? 1 : 0;
    }
    return equal;
  }
}
