package io.rabia.engine.protocol;

import static io.rabia.engine.protocol.SampleBatches.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import org.junit.jupiter.api.Test;

class RetentionTest {

  private static void fill(Retention retention, long from, long to) {
    for (long slot = from; slot < to; slot++) {
      CommandBatch body = batch(0, slot + 1, 1);
      retention.add(slot, body.id(), body);
    }
  }

  @Test
  void keepsDecisionsAndBatchesBySlot() {
    Retention retention = new Retention(64, Long.MAX_VALUE);
    retention.add(0, BatchId.NOOP, null);
    retention.add(1, BatchId.NONE, null);
    CommandBatch body = batch(2, 9, 1);
    retention.add(2, body.id(), body);
    assertThat(retention.id(0)).isEqualTo(BatchId.NOOP);
    assertThat(retention.id(1)).isEqualTo(BatchId.NONE);
    assertThat(retention.id(2)).isEqualTo(body.id());
    assertThat(retention.body(2)).isSameAs(body);
    assertThat(retention.body(1)).isNull();
    assertThat(retention.holds(2)).isTrue();
    assertThat(retention.holds(3)).isFalse();
    assertThat(retention.holds(-1)).isFalse();
  }

  @Test
  void holdsNothingBeforeTheFirstSlot() {
    Retention retention = new Retention(64, Long.MAX_VALUE);
    assertThat(retention.holds(0)).isFalse();
    assertThat(retention.find(BatchId.pack(0, 1))).isNull();
  }

  @Test
  void startsAtAnySlot() {
    Retention retention = new Retention(64, Long.MAX_VALUE);
    fill(retention, 1000, 1003);
    assertThat(retention.holds(999)).isFalse();
    assertThat(retention.holds(1000)).isTrue();
    assertThat(retention.id(1002)).isEqualTo(BatchId.pack(0, 1003));
  }

  @Test
  void growsUpToItsSlotsAndThenDropsTheOldest() {
    Retention retention = new Retention(256, Long.MAX_VALUE);
    for (long end : new long[] {64, 65, 128, 200, 256}) {
      fill(retention, end == 64 ? 0 : previous(end), end);
      for (long slot = 0; slot < end; slot++) {
        assertThat(retention.holds(slot)).isTrue();
        assertThat(retention.id(slot)).isEqualTo(BatchId.pack(0, slot + 1));
      }
    }
    fill(retention, 256, 1000);
    assertThat(retention.holds(743)).isFalse();
    assertThat(retention.holds(744)).isTrue();
    for (long slot = 744; slot < 1000; slot++) {
      assertThat(retention.body(slot)).isEqualTo(batch(0, slot + 1, 1));
    }
  }

  private static long previous(long end) {
    return end == 65 ? 64 : end == 128 ? 65 : end == 200 ? 128 : 200;
  }

  @Test
  void isBoundedInBytesOfBatches() {
    int size = batch(0, 1, 1).size();
    Retention retention = new Retention(1024, 10L * size);
    fill(retention, 0, 100);
    assertThat(retention.holds(89)).isFalse();
    assertThat(retention.holds(90)).isTrue();
    retention.add(100, BatchId.NOOP, null);
    assertThat(retention.holds(90)).as("a decision without a batch costs nothing").isTrue();
  }

  @Test
  void keepsTheNewestDecisionHoweverLargeItIs() {
    Retention retention = new Retention(64, 100);
    fill(retention, 0, 3);
    CommandBatch large = batch(0, 4, 1, 10_000);
    retention.add(3, large.id(), large);
    assertThat(retention.holds(2)).isFalse();
    assertThat(retention.body(3)).isSameAs(large);
    fill(retention, 4, 5);
    assertThat(retention.holds(3)).isFalse();
    assertThat(retention.holds(4)).isTrue();
  }

  @Test
  void findsABatchByItsIdAsLongAsItIsKept() {
    Retention retention = new Retention(64, Long.MAX_VALUE);
    fill(retention, 0, 100);
    assertThat(retention.find(BatchId.pack(0, 100))).isEqualTo(batch(0, 100, 1));
    assertThat(retention.find(BatchId.pack(0, 37))).isEqualTo(batch(0, 37, 1));
    assertThat(retention.find(BatchId.pack(0, 36))).isNull();
    assertThat(retention.find(BatchId.pack(1, 99))).isNull();
  }
}
