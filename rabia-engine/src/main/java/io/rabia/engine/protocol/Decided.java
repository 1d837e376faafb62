package io.rabia.engine.protocol;

import io.rabia.core.CommandBatch;
import org.jspecify.annotations.Nullable;

/** A decided slot, handed out by {@link Replica#pollDecided} in order; reused. */
@Internal
public final class Decided {
  long slot;
  long id;
  @Nullable CommandBatch batch;
  long logTime;

  public long slot() {
    return slot;
  }

  /** Packed batch id, NOOP, or NONE for a forfeited slot. */
  public long id() {
    return id;
  }

  /** What to apply: null for NOOP, a forfeited slot, and a batch that was applied before. */
  public @Nullable CommandBatch batch() {
    return batch;
  }

  /** The log time in force, nanoseconds. */
  public long logTime() {
    return logTime;
  }
}
