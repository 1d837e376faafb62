package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;
import org.junit.jupiter.api.Test;

class ReadBarrierTest {
  private static final long SEED = 1000;
  private static final long PATIENCE = 50;

  private final Output output = new Output();
  private final ReadBarrier barrier = new ReadBarrier(SEED);
  private Era era = Configurations.eras(3, 8).newest();

  private void advance(long now, long ownHighest) {
    barrier.advance(now, PATIENCE, ownHighest, era, output);
  }

  private void applied(long applied) {
    barrier.onApplied(applied, era);
  }

  /** The nonces asked since the last call. */
  private List<Long> probes() {
    List<Long> nonces = new ArrayList<>();
    for (int i = 0; i < output.size(); i++) {
      assertThat(output.kind(i)).isEqualTo(Output.Kind.READ_PROBE);
      assertThat(output.to(i)).isEqualTo(Output.ALL);
      assertThat(output.has(i, Output.LOG)).isFalse();
      nonces.add(output.slot(i));
    }
    output.clear();
    return nonces;
  }

  @Test
  void asksNobodyWithoutARead() {
    advance(0, 5);
    assertThat(probes()).isEmpty();
    assertThat(barrier.active()).isFalse();
  }

  @Test
  void releasesOnceTheHighestAnswerIsApplied() {
    long ticket = barrier.queue();
    advance(0, 5);
    long nonce = probes().get(0);
    assertThat(barrier.released()).isLessThan(ticket);
    barrier.onReply(1, nonce, 9);
    applied(9);
    assertThat(barrier.released()).as("slot 9 is not applied yet").isLessThan(ticket);
    assertThat(barrier.active()).isTrue();
    applied(10);
    assertThat(barrier.released()).isEqualTo(ticket);
    assertThat(barrier.active()).isFalse();
  }

  @Test
  void theOwnHighestSlotCountsAsAnAnswer() {
    long ticket = barrier.queue();
    advance(0, 12);
    barrier.onReply(1, probes().get(0), 3);
    applied(12);
    assertThat(barrier.released()).isLessThan(ticket);
    applied(13);
    assertThat(barrier.released()).isEqualTo(ticket);
  }

  @Test
  void onFreshClusterNothingIsToBeApplied() {
    long ticket = barrier.queue();
    advance(0, -1);
    barrier.onReply(2, probes().get(0), -1);
    applied(0);
    assertThat(barrier.released()).isEqualTo(ticket);
  }

  @Test
  void oneMemberThatAnswersTwiceIsNoQuorum() {
    era = Configurations.eras(5, 8).newest();
    long ticket = barrier.queue();
    advance(0, 0);
    long nonce = probes().get(0);
    barrier.onReply(1, nonce, 0);
    barrier.onReply(1, nonce, 0);
    barrier.onReply(0, nonce, 0);
    applied(100);
    assertThat(barrier.released()).isLessThan(ticket);
    barrier.onReply(4, nonce, 0);
    applied(100);
    assertThat(barrier.released()).isEqualTo(ticket);
  }

  @Test
  void anAnswerToAnotherNonceDoesNotCount() {
    long ticket = barrier.queue();
    advance(0, 0);
    long nonce = probes().get(0);
    barrier.onReply(1, nonce - 1, 0);
    barrier.onReply(2, nonce + 1, 0);
    applied(1);
    assertThat(barrier.released()).isLessThan(ticket);
  }

  @Test
  void asksAgainUnderTheSameNonceAndKeepsTheAnswers() {
    era = Configurations.eras(5, 8).newest();
    long ticket = barrier.queue();
    advance(0, 0);
    long first = probes().get(0);
    barrier.onReply(1, first, 7);
    advance(PATIENCE, 0);
    assertThat(probes()).isEmpty();
    advance(PATIENCE + 1, 9);
    assertThat(probes()).containsExactly(first);
    barrier.onReply(1, first, 8);
    applied(100);
    assertThat(barrier.released()).as("one member that answered twice").isLessThan(ticket);
    barrier.onReply(3, first, 0);
    applied(8);
    assertThat(barrier.released()).as("the highest of all answers counts").isLessThan(ticket);
    applied(9);
    assertThat(barrier.released()).isEqualTo(ticket);
  }

  @Test
  void eachBarrierHasANonceOfItsOwn() {
    barrier.queue();
    advance(0, 0);
    long first = probes().get(0);
    barrier.onReply(1, first, 0);
    applied(1);
    long ticket = barrier.queue();
    advance(1, 0);
    assertThat(probes()).isNotEmpty().doesNotContain(first);
    barrier.onReply(2, first, 0);
    applied(1);
    assertThat(barrier.released()).as("an answer from before the read").isLessThan(ticket);
  }

  @Test
  void aRoundTripMayBeLongerThanThePatience() {
    long roundTrip = 3 * PATIENCE;
    long ticket = barrier.queue();
    long nobody = -1;
    Long2LongHashMap answers = new Long2LongHashMap(nobody);
    for (long now = 0; now <= 10 * roundTrip; now++) {
      advance(now, 0);
      long arrival = now + roundTrip;
      for (long nonce : probes()) {
        answers.put(arrival, nonce);
      }
      long answered = answers.remove(now);
      if (answered != nobody) {
        barrier.onReply(1, answered, 0);
        applied(1);
      }
    }
    assertThat(barrier.released()).isEqualTo(ticket);
  }

  @Test
  void servesAllReadsQueuedBeforeItWithOneBarrier() {
    long first = barrier.queue();
    assertThat(barrier.queue()).isEqualTo(first);
    advance(0, 0);
    assertThat(probes()).hasSize(1);
  }

  @Test
  void aReadQueuedDuringABarrierNeedsTheNextOne() {
    long first = barrier.queue();
    advance(0, 0);
    long second = barrier.queue();
    assertThat(second).isGreaterThan(first);
    advance(1, 0);
    barrier.onReply(1, probes().get(0), 0);
    applied(1);
    assertThat(barrier.released()).isEqualTo(first);
    advance(2, 0);
    barrier.onReply(1, probes().get(0), 0);
    applied(1);
    assertThat(barrier.released()).isEqualTo(second);
  }

  @Test
  void barriersThatWaitForSlotsAreBounded() {
    List<Long> tickets = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      tickets.add(barrier.queue());
      advance(i, i);
      probes().forEach(nonce -> barrier.onReply(1, nonce, 0));
    }
    assertThat(tickets.stream().distinct().count()).isEqualTo(17);
    for (int applied = 0; applied <= 16; applied++) {
      applied(applied);
      assertThat(barrier.released()).isEqualTo(applied);
    }
    advance(200, 500);
    barrier.onReply(1, probes().get(0), 0);
    applied(501);
    assertThat(barrier.released()).isEqualTo(tickets.get(99));
    assertThat(barrier.active()).isFalse();
  }

  @Test
  void oneMemberAloneAsksNobody() {
    era = Configurations.eras(1, 8).newest();
    long ticket = barrier.queue();
    advance(0, 4);
    assertThat(probes()).isEmpty();
    applied(5);
    assertThat(barrier.released()).isEqualTo(ticket);
  }
}
