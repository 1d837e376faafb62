package io.rabia.engine.protocol;

import io.rabia.core.CommandBatch;
import org.jspecify.annotations.Nullable;

/**
 * Where a replica takes the commands of its own next batch from; asked only on the replica's
 * thread.
 */
@Internal
public interface BatchSource {

  boolean isEmpty();

  /**
   * Is there enough to start a round of slots for it?
   *
   * @param inFlight own batches that are not applied yet
   */
  boolean ready(long now, int inFlight);

  /** Takes what is there, up to the bounds of a batch; null when there is nothing. */
  @Nullable CommandBatch poll(long id, long timestamp, long lowestOutstanding);
}
