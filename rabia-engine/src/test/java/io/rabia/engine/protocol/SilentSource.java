package io.rabia.engine.protocol;

import io.rabia.core.CommandBatch;
import org.jspecify.annotations.Nullable;

/** Nobody wants anything of this replica. */
enum SilentSource implements BatchSource {
  INSTANCE;

  @Override
  public boolean isEmpty() {
    return true;
  }

  @Override
  public boolean ready(long time, int inFlight) {
    return false;
  }

  @Override
  public @Nullable CommandBatch poll(long id, long timestamp, long lowestOutstanding) {
    return null;
  }
}
