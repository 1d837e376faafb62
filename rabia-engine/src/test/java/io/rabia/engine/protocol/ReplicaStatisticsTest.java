package io.rabia.engine.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import org.junit.jupiter.api.Test;

class ReplicaStatisticsTest {
  private static final int OWNER = 1;
  private static final CommandBatch BATCH = SampleBatches.batch(OWNER, 1, 1);

  private final LoneReplica lone = new LoneReplica();

  private Decided decided(long slot, long id, CommandBatch batch) {
    lone.from(OWNER).onDecide(slot, id, batch);
    lone.advance();
    Decided decided = new Decided();
    assertThat(lone.replica.pollDecided(Long.MAX_VALUE, decided)).isTrue();
    return decided;
  }

  @Test
  void everySlotHoldsABatchOrNoopOrNothing() {
    ReplicaStatistics statistics = lone.replica.statistics();
    assertThat(decided(0, BATCH.id(), BATCH).batch()).isNotNull();
    decided(1, BatchId.NOOP, null);
    decided(2, BatchId.NONE, null);
    assertThat(decided(3, BATCH.id(), BATCH).batch()).as("applied before").isNull();
    assertThat(lone.replica.applied()).isEqualTo(4);
    assertThat(statistics.batches()).isEqualTo(1);
    assertThat(statistics.noops()).isEqualTo(1);
    assertThat(statistics.forfeits()).isEqualTo(2);
  }
}
