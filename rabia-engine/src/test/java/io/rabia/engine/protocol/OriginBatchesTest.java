package io.rabia.engine.protocol;

import static io.rabia.engine.protocol.SampleBatches.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.rabia.core.CommandBatch;
import io.rabia.core.InvariantViolation;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OriginBatchesTest {
  private static final int WINDOW = 32;

  private final OriginBatches batches = new OriginBatches(WINDOW, WINDOW / 2);

  private void hold(long number, long lowestOutstanding) {
    batches.hold(batch(0, number, lowestOutstanding));
  }

  private static void assertViolates(Runnable action, String message) {
    assertThatExceptionOfType(InvariantViolation.class)
        .isThrownBy(action::run)
        .withMessageContaining(message);
  }

  // ---- what is held

  @Test
  void handsOutTheLowestBatchThatStandsInNoSlot() {
    hold(3, 1);
    hold(1, 1);
    hold(2, 1);
    assertThat(batches.next()).isEqualTo(batch(0, 1, 1));
    batches.open(1, 10);
    assertThat(batches.next()).isEqualTo(batch(0, 2, 1));
    batches.open(2, 11);
    batches.open(3, 12);
    assertThat(batches.next()).isNull();
    batches.release(2, 11);
    assertThat(batches.next()).isEqualTo(batch(0, 2, 1));
  }

  @Test
  void aSlotThatIsLostDoesNotReleaseABatchThatStandsInAnother() {
    hold(1, 1);
    batches.open(1, 10);
    batches.open(1, 13);
    batches.release(1, 10);
    assertThat(batches.next()).isNull();
    batches.release(1, 13);
    assertThat(batches.next()).isNotNull();
  }

  @Test
  void keepsABatchUntilItIsApplied() {
    hold(1, 1);
    hold(2, 1);
    assertThat(batches.heldCount()).isEqualTo(2);
    assertThat(batches.apply(1, 1)).isTrue();
    assertThat(batches.held(1)).isNull();
    assertThat(batches.held(2)).isNotNull();
    hold(1, 1);
    assertThat(batches.held(1)).as("an applied one is not wanted any more").isNull();
    assertThat(batches.heldCount()).isEqualTo(1);
  }

  @Test
  void dropsWhatItsOriginNoLongerHasOutstanding() {
    for (long number = 1; number <= 5; number++) {
      hold(number, 1);
    }
    hold(6, 4);
    assertThat(batches.held(3)).isNull();
    assertThat(batches.held(4)).isNotNull();
    assertThat(batches.heldCount()).isEqualTo(3);
    hold(2, 1);
    assertThat(batches.held(2)).as("below what the origin has outstanding").isNull();
  }

  @Test
  void holdsNoMoreThanTheWindow() {
    hold(1, 1);
    hold(WINDOW, 1);
    hold(WINDOW + 1, 1);
    assertThat(batches.held(WINDOW + 1)).as("one that knows of a larger ALPHA made it").isNull();
    assertThat(batches.held(1)).isNotNull();
    hold(WINDOW + 1, 2);
    assertThat(batches.held(1)).isNull();
    assertThat(batches.held(WINDOW + 1)).isNotNull();
  }

  @Test
  void aWiderWindowHoldsMoreAndKeepsWhatThereIs() {
    hold(1, 1);
    batches.open(1, 9);
    hold(WINDOW, 1);
    assertThat(batches.apply(3, 1)).isTrue();
    batches.widen(2 * WINDOW);
    hold(2 * WINDOW, 1);
    assertThat(batches.heldCount()).isEqualTo(3);
    assertThat(batches.held(1)).isNotNull();
    assertThat(batches.held(WINDOW)).isNotNull();
    assertThat(batches.isApplied(3)).isTrue();
    assertThat(batches.isApplied(3 + WINDOW)).isFalse();
    assertThat(batches.next()).as("1 stands in a slot").isSameAs(batches.held(WINDOW));
  }

  @Test
  void aNumberNamesOneContentForEver() {
    hold(7, 1);
    hold(7, 1);
    CommandBatch other = batch(0, 7, 1, 11);
    assertViolates(() -> batches.hold(other), "one batch number with two contents");
    assertThat(batches.held(7)).isEqualTo(batch(0, 7, 1));
  }

  @Test
  void aNewBatchInTheRingIsFresh() {
    hold(1, 1);
    batches.open(1, 5);
    batches.setLogged(1, 100);
    batches.apply(1, 1);
    hold(1 + WINDOW, 2);
    assertThat(batches.next()).isEqualTo(batch(0, 1 + WINDOW, 2));
    assertThat(batches.isLogged(1 + WINDOW, 100)).isFalse();
  }

  @Test
  void aBatchIsLoggedAgainWhenItHasWaitedHalfAWindow() {
    hold(1, 1);
    assertThat(batches.isLogged(1, 0)).isFalse();
    batches.setLogged(1, 100);
    assertThat(batches.isLogged(1, 100)).isTrue();
    assertThat(batches.isLogged(1, 100 + WINDOW / 2)).isTrue();
    assertThat(batches.isLogged(1, 101 + WINDOW / 2)).isFalse();
    assertThat(batches.isLogged(2, 100)).as("one that is not held").isFalse();
  }

  @Test
  void knowsTheLowestNumberThatIsOutstanding() {
    assertThat(batches.lowestOutstanding(1)).isEqualTo(1);
    for (long number = 1; number <= 4; number++) {
      hold(number, 1);
    }
    assertThat(batches.lowestOutstanding(5)).isEqualTo(1);
    batches.apply(2, 1);
    batches.apply(1, 1);
    assertThat(batches.lowestOutstanding(5)).isEqualTo(3);
    batches.apply(3, 1);
    batches.apply(4, 1);
    assertThat(batches.lowestOutstanding(5)).isEqualTo(5);
  }

  // ---- the applied-batch table

  @Test
  void aBatchThatIsDecidedTwiceIsAppliedOnce() {
    assertThat(batches.apply(2, 1)).isTrue();
    assertThat(batches.apply(2, 1)).isFalse();
    assertThat(batches.apply(1, 1)).isTrue();
    assertThat(batches.apply(1, 1)).isFalse();
    assertThat(batches.isApplied(3)).isFalse();
  }

  @Test
  void aBatchBelowWhatItsOriginHasOutstandingIsSkipped() {
    assertThat(batches.apply(9, 8)).isTrue();
    assertThat(batches.isApplied(7)).isTrue();
    assertThat(batches.apply(7, 1)).isFalse();
    assertThat(batches.apply(8, 1)).isTrue();
  }

  @Test
  void theTableRemembersTheWindowAboveTheLowestOutstanding() {
    for (long number = WINDOW; number >= 1; number--) {
      assertThat(batches.apply(number, 1)).isTrue();
    }
    for (long number = 1; number <= WINDOW; number++) {
      assertThat(batches.apply(number, 1)).isFalse();
    }
    assertViolates(() -> batches.apply(WINDOW + 1, 1), "too many batches outstanding");
  }

  @Test
  void theTableForgetsNothingWhileItMoves() {
    SplittableRandom random = new SplittableRandom(3);
    Set<Long> applied = new TreeSet<>();
    long lowest = 1;
    for (int step = 0; step < 20_000; step++) {
      while (applied.contains(lowest)) {
        lowest++;
      }
      long number = lowest + random.nextInt(WINDOW);
      assertThat(batches.apply(number, lowest)).isEqualTo(applied.add(number));
      long old = Math.max(1, lowest - random.nextInt(3 * WINDOW));
      assertThat(batches.isApplied(old)).isEqualTo(old < lowest || applied.contains(old));
    }
    assertThat(lowest).isGreaterThan(1000);
  }

  @Test
  void aJumpOverMoreThanAWindowLeavesACleanRow() {
    for (long number = 1; number <= WINDOW; number++) {
      batches.apply(number, 1);
    }
    assertThat(batches.apply(1_000_003, 1_000_001)).isTrue();
    assertThat(batches.isApplied(1_000_001)).isFalse();
    assertThat(batches.isApplied(1_000_002)).isFalse();
    assertThat(batches.isApplied(1_000_000)).isTrue();
    assertThat(batches.apply(1_000_001, 1_000_001)).isTrue();
  }

  @Test
  void theHashOfTheRowDependsOnWhatWasAppliedAlone() {
    OriginBatches twin = new OriginBatches(WINDOW, WINDOW / 2);
    hold(1, 1);
    hold(2, 1);
    assertThat(batches.rowHash()).isEqualTo(twin.rowHash());
    batches.apply(2, 1);
    assertThat(batches.rowHash()).isNotEqualTo(twin.rowHash());
    twin.apply(2, 1);
    assertThat(batches.rowHash()).isEqualTo(twin.rowHash());
    batches.apply(3, 2);
    twin.apply(3, 3);
    assertThat(batches.rowHash()).isNotEqualTo(twin.rowHash());
  }
}
