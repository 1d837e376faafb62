package io.rabia.testing.sim;

import io.rabia.core.BatchId;
import io.rabia.core.Quorum;
import io.rabia.core.StateValue;
import io.rabia.engine.protocol.SlotInstance;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a replica had counted in a slot when it voted or decided: whose word, its own included.
 * Immutable.
 *
 * @param counts what was counted, by index of the member
 * @param text the same for people
 * @param enough whether the rules allow what followed
 */
record Tally(List<Count> counts, String text, boolean enough) {

  /** The word of one member, and its value, a V1 without its batch. */
  record Count(int node, Word word, String value) {}

  /** A replica's view of a slot, and the nodes of the members that vote there, by index. */
  record View(SlotInstance slot, int[] nodes, int self) {
    private int quorum() {
      return Quorum.size(nodes.length);
    }

    private List<Count> proposals() {
      Word word = Word.proposal(slot.slot());
      List<Count> counts = new ArrayList<>();
      for (int i = 0; i < nodes.length; i++) {
        if (slot.proposal(i) != SlotInstance.ABSENT) {
          counts.add(new Count(nodes[i], word, FrameText.id(slot.proposal(i))));
        }
      }
      return counts;
    }

    /**
     * What is known to have been voted.
     *
     * @param own this replica's own vote as its log has it, empty for none; null to look here
     */
    private List<Count> votes(String round, int phase, @Nullable String own) {
      Word word = Word.vote(round, slot.slot(), phase);
      List<Count> counts = new ArrayList<>();
      for (int i = 0; i < nodes.length; i++) {
        byte vote = round.equals(Word.VOTE1) ? slot.vote1(i, phase) : slot.vote2(i, phase);
        String held = vote == SlotInstance.NO_VOTE ? "" : FrameText.vote(vote, BatchId.NONE);
        String value = i == self && own != null ? FrameText.bare(own) : held;
        if (!value.isEmpty()) {
          counts.add(new Count(nodes[i], word, value));
        }
      }
      return counts;
    }

    private boolean equal(List<Count> counts, String value, int least) {
      return counts.stream().filter(count -> count.value().equals(value)).count() >= least;
    }
  }

  /** Why a Vote2 is what it is. */
  static Tally ofVote2(View view, int phase, String ownVote1) {
    List<Count> heard = phase == 0 ? view.proposals() : view.votes(Word.VOTE1, phase, ownVote1);
    return asked(view, heard, "");
  }

  /**
   * Why a Vote1 is what it is.
   *
   * @param ownVote2 of the phase before; empty for one that enters this phase with another's vote
   */
  static Tally ofVote1(View view, int phase, String ownVote2) {
    List<Count> copied = view.votes(Word.VOTE1, phase, "");
    List<Count> heard = view.votes(Word.VOTE2, phase - 1, ownVote2);
    if (heard.size() < view.quorum() && !copied.isEmpty()) {
      return new Tally(copied, text(copied) + ", which it repeats", true);
    }
    boolean open = heard.stream().allMatch(count -> count.value().startsWith("V?"));
    return asked(view, heard, open && phase > 1 ? ", by the coin" : "");
  }

  private static Tally asked(View view, List<Count> heard, String how) {
    boolean enough = heard.size() >= view.quorum();
    String few = enough ? "" : ", only " + heard.size() + " of " + view.quorum();
    return new Tally(heard, text(heard) + few + how, enough);
  }

  /** Why a slot is decided as it is; {@code told}: by whom, empty when nobody said so. */
  static Tally ofDecision(View view, String told) {
    SlotInstance slot = view.slot();
    int phase = slot.decidedPhase();
    int n = view.nodes().length;
    boolean none = slot.decidedId() == BatchId.NONE;
    String value = FrameText.vote(none ? StateValue.CODE_V0 : StateValue.CODE_V1, BatchId.NONE);
    List<Count> proposals = view.proposals();
    List<Count> votes1 = view.votes(Word.VOTE1, phase, null);
    List<Count> votes2 = view.votes(Word.VOTE2, phase, null);
    if (view.equal(proposals, FrameText.id(slot.decidedId()), n)) {
      return new Tally(proposals, text(proposals), true);
    }
    if (view.equal(votes2, value, Quorum.decision(n))) {
      return new Tally(votes2, text(votes2), true);
    }
    if (phase > 0 && view.equal(votes1, value, n)) {
      return new Tally(votes1, text(votes1), true);
    }
    if (!told.isEmpty()) {
      return new Tally(List.of(), "told by " + told, true);
    }
    List<Count> all = new ArrayList<>(proposals);
    all.addAll(votes1);
    all.addAll(votes2);
    String counted =
        List.of(proposals, votes1, votes2).stream()
            .filter(counts -> !counts.isEmpty())
            .map(Tally::text)
            .collect(Collectors.joining("; "));
    return new Tally(all, "not told, and by too few: " + counted, false);
  }

  /** {@code vote2/0 from 1,2: V1 V?}. */
  private static String text(List<Count> counts) {
    if (counts.isEmpty()) {
      return "nothing heard";
    }
    return counts.get(0).word().name()
        + " from "
        + counts.stream().map(c -> Integer.toString(c.node() + 1)).collect(Collectors.joining(","))
        + ": "
        + counts.stream().map(Count::value).collect(Collectors.joining(" "));
  }
}
