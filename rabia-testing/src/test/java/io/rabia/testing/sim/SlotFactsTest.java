package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What stands out in a slot. */
@Tag("fault-injection")
class SlotFactsTest {
  private static final Word PROPOSAL = Word.proposal(5);
  private static final Word VOTE = Word.vote(Word.VOTE2, 5, 0);

  private final SlotFacts facts = new SlotFacts(5);

  private static Tally tally(int node, Word word, String value) {
    return new Tally(List.of(new Tally.Count(node, word, value)), "a tally", true);
  }

  private List<String> lines() {
    return facts.text().lines().skip(1).map(String::strip).toList();
  }

  @Test
  void whatIsSaidAgainDoesNotAndWhatIsSaidOtherwiseDoes() {
    facts.said(1_000_000_000, 0, VOTE, "V1(2.7)", "");
    facts.said(2_000_000_000, 0, VOTE, "V1(2.7)", "");
    assertThat(lines()).isEmpty();
    facts.said(3_000_000_000L, 0, VOTE, "V?", "");
    assertThat(lines())
        .containsExactly("3.000000  node 1    said vote2/0=V?, and V1(2.7) at 1.000000 s");
  }

  @Test
  void whatLeavesBeforeItIsSafeDoes() {
    facts.said(0, 1, VOTE, "V0", " of group 9 when its log was forced up to group 8");
    assertThat(lines())
        .containsExactly(
            "0.000000  node 2    said vote2/0=V0 of group 9 when its log was forced up to group 8");
  }

  @Test
  void whatIsCountedAndWasNotSaidDoes() {
    facts.said(0, 1, PROPOSAL, "2.7", "");
    facts.said(0, 1, VOTE, "V1(2.7)", "");
    facts.counted(0, 0, VOTE, "V1(2.7)", tally(1, PROPOSAL, "2.7"));
    facts.counted(0, 0, VOTE, "V1(2.7)", tally(1, VOTE, "V1"));
    assertThat(lines()).isEmpty();
    facts.counted(0, 0, VOTE, "V1(2.7)", tally(2, PROPOSAL, "2.7"));
    facts.decided(0, 0, "2.7", new Ledger.Decision(tally(1, VOTE, "V0"), "", ""));
    assertThat(lines())
        .containsExactly(
            "0.000000  node 1    votes vote2/0=V1(2.7) counting propose=2.7 of node 3, which had"
                + " not said so",
            "0.000000  node 1    decides 2.7 [a tally]",
            "0.000000  node 1    decides 2.7 counting vote2/0=V0 of node 2, which had not said so");
  }

  @Test
  void whatRestsOnTooFewDoes() {
    facts.counted(0, 0, VOTE, "V?", new Tally(List.of(), "only 1 of 2", false));
    assertThat(lines()).containsExactly("0.000000  node 1    votes vote2/0=V? [only 1 of 2]");
  }

  @Test
  void anAnswerToABarrierThatConcealsItDoes() {
    facts.answers(0, 0, 4);
    facts.said(0, 0, PROPOSAL, "2.7", "");
    facts.answers(0, 0, 5);
    assertThat(lines()).isEmpty();
    facts.answers(0, 0, 4);
    assertThat(lines())
        .containsExactly("0.000000  node 1    answers a barrier: 4, and had spoken in slot 5");
  }

  @Test
  void otherSlotsDoNot() {
    facts.said(0, 0, Word.proposal(6), "2.7", " unsafe");
    facts.counted(0, 0, Word.vote(Word.VOTE2, 6, 0), "V?", new Tally(List.of(), "", false));
    assertThat(lines()).isEmpty();
  }
}
