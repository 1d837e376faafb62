package io.rabia.core.batching;

/**
 * What a {@link CommandBatcher} counted since it was made.
 *
 * @param commands taken in
 * @param batches made
 * @param fullBatches of these, as large as the configuration allows
 * @param batchedCommands commands in the batches made
 * @param rejected commands turned away because the buffer was full
 */
public record BatchStatistics(
    long commands, long batches, long fullBatches, long batchedCommands, long rejected) {

  /** Commands per batch; 0 before the first. */
  public double averageBatchSize() {
    return batches == 0 ? 0 : (double) batchedCommands / batches;
  }
}
