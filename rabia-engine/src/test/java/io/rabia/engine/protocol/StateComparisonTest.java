package io.rabia.engine.protocol;

import static io.rabia.engine.protocol.StateComparison.Verdict.CONTRADICTED;
import static io.rabia.engine.protocol.StateComparison.Verdict.DISPUTED;
import static io.rabia.engine.protocol.StateComparison.Verdict.HOPELESS;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.engine.protocol.StateComparison.Difference;
import org.junit.jupiter.api.Test;

/** As member 0 sees it. */
class StateComparisonTest {

  private final StateComparison states = new StateComparison();
  private Configuration members = Configurations.of(3, 8);

  private void among(int size) {
    members = Configurations.of(size, 8);
  }

  private void own(long applied, long hash) {
    states.own(members, 0, applied, hash);
  }

  private void said(int origin, long applied, long hash) {
    states.said(members, origin, applied, hash);
  }

  @Test
  void equalHashesAreNoDifference() {
    own(10, 7);
    said(1, 10, 7);
    said(2, 10, 7);
    assertThat(states.differences()).isEmpty();
    assertThat(states.disputed()).isFalse();
  }

  @Test
  void hashesAfterDifferentNumbersOfSlotsSayNothing() {
    own(10, 7);
    said(1, 20, 8);
    said(2, 30, 9);
    assertThat(states.differences()).isEmpty();
  }

  @Test
  void majorityIsRightWhoeverSaysItInWhateverOrder() {
    among(5);
    said(1, 10, 8);
    said(2, 10, 7);
    assertThat(states.differences())
        .containsExactly(new Difference(10, 1, DISPUTED), new Difference(10, 2, DISPUTED));
    own(10, 8);
    said(3, 10, 7);
    assertThat(states.disputed()).isTrue();
    said(4, 10, 7);
    assertThat(states.differences())
        .containsExactly(new Difference(10, 0, CONTRADICTED), new Difference(10, 1, CONTRADICTED));
    assertThat(states.disputed()).isFalse();
  }

  @Test
  void allAreWrongOnceNoMajorityIsPossible() {
    among(4);
    own(10, 7);
    said(1, 10, 7);
    said(2, 10, 8);
    assertThat(states.disputed()).isTrue();
    said(3, 10, 8);
    assertThat(states.differences()).hasSize(4).allMatch(found -> found.verdict() == HOPELESS);
  }

  @Test
  void aDisputeEndsForWhomALaterMajorityConfirms() {
    own(10, 7);
    said(1, 10, 8);
    said(2, 20, 9);
    said(1, 20, 9);
    assertThat(states.disputed()).as("a majority without this member").isTrue();
    own(20, 9);
    assertThat(states.disputed()).isFalse();
  }

  @Test
  void whoWasWrongIsRightAgainWithTheStateOfAMajority() {
    own(10, 7);
    said(2, 10, 7);
    said(1, 10, 8);
    assertThat(states.differences()).containsExactly(new Difference(10, 1, CONTRADICTED));
    own(20, 9);
    said(1, 20, 9);
    assertThat(states.differences()).isEmpty();
  }

  @Test
  void whoIsWrongDoesNotDisputeWhatFollows() {
    own(10, 7);
    said(2, 10, 7);
    said(1, 10, 8);
    own(20, 9);
    said(1, 20, 10);
    assertThat(states.disputed()).isFalse();
    said(2, 20, 11);
    assertThat(states.differences()).filteredOn(found -> found.verdict().isSettled()).hasSize(3);
  }

  @Test
  void whoIsNoMemberDoesNotCount() {
    own(10, 7);
    said(1, 10, 8);
    said(3, 10, 8);
    assertThat(states.disputed()).isTrue();
  }

  @Test
  void onlyTheLatestComparisonsAreHeld() {
    for (int i = 1; i <= 1000; i++) {
      own(i, i);
    }
    said(1, 1, 5);
    assertThat(states.differences()).isEmpty();
    said(1, 1000, 5);
    assertThat(states.disputed()).isTrue();
  }
}
