package io.rabia.core.batching;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;
import io.rabia.core.EveryField;
import io.rabia.core.RabiaException;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class BatchingEffectsTest {
  private static final byte[] PAYLOAD = new byte[10];
  private static final int TWO_COMMANDS =
      CommandBatch.HEADER + 2 * (CommandBatch.COMMAND_HEADER + PAYLOAD.length);

  private static BatchConfig.Builder config() {
    return BatchConfig.builder().maxBatchSize(3).maxBatchDelay(Duration.ofMillis(10));
  }

  private static CommandBatcher batcher(BatchConfig config) {
    return new CommandBatcher(config, () -> 0);
  }

  /** How many of 40 commands it takes in. */
  private static int fill(CommandBatcher batcher) {
    int refused = 0;
    for (int number = 1; number <= 40; number++) {
      try {
        batcher.enqueue(CommandBatch.KIND_APPLY, 1, number, 1, PAYLOAD, 0);
      } catch (RabiaException.Overload e) {
        refused++;
      }
    }
    return 40 - refused;
  }

  private static CommandBatcher filled(BatchConfig config) {
    CommandBatcher batcher = batcher(config);
    fill(batcher);
    return batcher;
  }

  private static int nextBatch(BatchConfig config) {
    return filled(config).poll(BatchId.pack(0, 1), 0, 1).count();
  }

  @TestFactory
  Stream<DynamicTest> everyFieldOfTheConfigurationMatters() {
    return EveryField.of(BatchConfig.class)
        .matters(
            "maxBatchSize",
            config().build(),
            3,
            config().maxBatchSize(4).build(),
            4,
            BatchingEffectsTest::nextBatch)
        .matters(
            "maxBatchBytes",
            config().build(),
            3,
            config().maxBatchBytes(TWO_COMMANDS).build(),
            2,
            BatchingEffectsTest::nextBatch)
        .matters(
            "maxBatchDelay",
            config().build(),
            10_000_000L,
            config().maxBatchDelay(Duration.ofMillis(7)).build(),
            7_000_000L,
            config -> filled(config).deadlineNanos())
        .matters(
            "bufferCapacity",
            config().build(),
            40,
            config().bufferCapacity(5).build(),
            5,
            config -> fill(batcher(config)))
        .matters(
            "bufferBytes",
            config().maxBatchBytes(TWO_COMMANDS).build(),
            40,
            config().maxBatchBytes(TWO_COMMANDS).bufferBytes(2L * TWO_COMMANDS).build(),
            2 * TWO_COMMANDS / PAYLOAD.length,
            config -> fill(batcher(config)))
        .matters(
            "adaptive",
            config().build(),
            true,
            config().adaptive(false).build(),
            false,
            config -> {
              CommandBatcher batcher = batcher(config);
              batcher.enqueue(CommandBatch.KIND_APPLY, 1, 1, 1, PAYLOAD, 0);
              return batcher.ready(0, 0);
            })
        .tests();
  }

  private static BatchStatistics afterOneBatchOfFive() {
    CommandBatcher batcher = filled(config().maxBatchSize(5).bufferCapacity(6).build());
    batcher.poll(BatchId.pack(0, 1), 0, 1);
    return batcher.statistics();
  }

  @TestFactory
  Stream<DynamicTest> everyFieldOfTheStatisticsIsCounted() {
    BatchStatistics fresh = batcher(config().build()).statistics();
    return EveryField.of(BatchStatistics.class)
        .shows("commands", fresh, 6L, BatchingEffectsTest::afterOneBatchOfFive)
        .shows("batches", fresh, 1L, BatchingEffectsTest::afterOneBatchOfFive)
        .shows("fullBatches", fresh, 1L, BatchingEffectsTest::afterOneBatchOfFive)
        .shows("batchedCommands", fresh, 5L, BatchingEffectsTest::afterOneBatchOfFive)
        .shows("rejected", fresh, 34L, BatchingEffectsTest::afterOneBatchOfFive)
        .tests();
  }
}
