package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.core.CommandBatch;

/** SampleBatches for tests. */
final class SampleBatches {
  private SampleBatches() {}

  static CommandBatch batch(int origin, long number, long lowestOutstanding) {
    return batch(origin, number, lowestOutstanding, 10);
  }

  static CommandBatch batch(int origin, long number, long lowestOutstanding, int payloadBytes) {
    CommandBatch.Encoder encoder = new CommandBatch.Encoder();
    encoder.add(CommandBatch.KIND_APPLY, 1, number, 1, new byte[payloadBytes]);
    return encoder.build(BatchId.pack(origin, number), 1000 + number, lowestOutstanding);
  }
}
