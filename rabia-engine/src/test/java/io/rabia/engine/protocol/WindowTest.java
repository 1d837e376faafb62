package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.engine.protocol.Window.Slot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowTest {
  private static final int ALPHA = 8;

  private final Window window = new Window(Configurations.eras(3, ALPHA));

  @Test
  void givesASlotItsPlaceUntilAnotherTakesIt() {
    Slot slot = window.at(5, 100);
    assertThat(window.peek(5)).isSameAs(slot);
    assertThat(window.at(5, 200)).isSameAs(slot);
    assertThat(slot.seenAt).isEqualTo(100);
    Slot later = window.at(5 + 4 * ALPHA, 300);
    assertThat(later).as("the place is used again").isSameAs(slot);
    assertThat(window.peek(5)).isNull();
    assertThat(later.number).isEqualTo(5 + 4 * ALPHA);
  }

  @Test
  void peekingOpensNothing() {
    assertThat(window.peek(0)).isNull();
    assertThat(window.peek(3)).isNull();
    window.at(0, 1);
    assertThat(window.peek(0)).isNotNull();
  }

  @Test
  void aPlaceIsFreshForItsNextSlot() {
    Slot slot = window.at(1, 100);
    slot.body = SampleBatches.batch(0, 1, 1);
    slot.settled = true;
    slot.heard = true;
    slot.gate = 7;
    slot.graceSince = 1;
    slot.proposedAt = 1;
    slot.fetchedAt = 1;
    slot.fetchedFrom = 2;
    slot.spokeFirst = true;
    slot.dirty = true;
    slot.answered(1, 5);
    slot.instance.onPropose(1, BatchId.NOOP);
    slot.instance.onDecide(BatchId.NOOP);
    Slot next = window.at(1 + 4 * ALPHA, 900);
    assertThat(next.body).isNull();
    assertThat(next.settled || next.heard || next.spokeFirst || next.dirty).isFalse();
    assertThat(next.gate + next.graceSince + next.proposedAt + next.fetchedAt).isZero();
    assertThat(next.fetchedFrom).isZero();
    assertThat(next.seenAt).isEqualTo(900);
    assertThat(next.answeredAt(0) + next.answeredAt(1) + next.answeredAt(2)).isZero();
    assertThat(next.instance.decided()).isFalse();
    assertThat(next.instance.isSilent()).isTrue();
    assertThat(next.instance.slot()).isEqualTo(1 + 4 * ALPHA);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, true",
    "23, 0, true",
    "24, 0, false",
    "-1, 0, false",
    "92, 100, true",
    "91, 100, false",
    "123, 100, true",
    "124, 100, false"
  })
  void holdsFromAWindowBelowTheAppliedPrefixToThreeAbove(long slot, long applied, boolean held) {
    assertThat(window.holds(slot, applied)).isEqualTo(held);
  }

  @Test
  void noTwoSlotsThatAreHeldTogetherShareAPlace() {
    long applied = 1000;
    for (long slot = applied - ALPHA; slot < applied + 3 * ALPHA; slot++) {
      window.at(slot, slot);
    }
    for (long slot = applied - ALPHA; slot < applied + 3 * ALPHA; slot++) {
      Slot place = window.peek(slot);
      assertThat(place).isNotNull();
      assertThat(place.seenAt).isEqualTo(slot);
    }
  }

  @Test
  void knowsWhetherAnyoneProposedABatch() {
    Slot slot = window.at(2, 0);
    assertThat(slot.batchProposed()).isFalse();
    slot.instance.onPropose(1, BatchId.NOOP);
    assertThat(slot.batchProposed()).isFalse();
    slot.instance.onPropose(2, BatchId.pack(1, 1));
    assertThat(slot.batchProposed()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"1, 2", "2, 2", "3, 4", "32, 32", "33, 64", "16384, 16384"})
  void roundsUpToAPowerOfTwo(int atLeast, int expected) {
    assertThat(Window.powerOfTwo(atLeast)).isEqualTo(expected);
  }
}
