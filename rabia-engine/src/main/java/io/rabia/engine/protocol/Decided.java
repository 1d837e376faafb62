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
  byte @Nullable [] result;

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

  /** What a change of the configuration came to, as an answer; null when it was none. */
  public byte @Nullable [] result() {
    return result;
  }

  /** The log time in force, nanoseconds. */
  public long logTime() {
    return logTime;
  }
}
