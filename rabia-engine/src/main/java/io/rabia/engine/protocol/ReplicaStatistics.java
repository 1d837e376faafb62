package io.rabia.engine.protocol;

import io.rabia.core.BatchId;
import io.rabia.engine.protocol.Window.Slot;
import java.util.Arrays;

/** Counters of one replica since its start; plain fields of the replica's thread. */
@Internal
public final class ReplicaStatistics {
  private static final int PHASES = 16;

  long decided;
  long batches;
  long noops;
  long forfeits;
  long batchProposed;
  long fast;
  long resends;
  final long[] phases = new long[PHASES];
  private long[] batchesOf = new long[64];

  void decided(Slot slot, long id) {
    decided++;
    if (!slot.heard) {
      int phase = slot.instance.decidedPhase();
      phases[Math.min(phase, PHASES - 1)]++;
      if (slot.batchProposed()) {
        batchProposed++;
        fast += phase == 0 && BatchId.isBatch(id) ? 1 : 0;
      }
    }
  }

  void batchOf(int origin) {
    if (origin >= batchesOf.length) {
      batchesOf = Arrays.copyOf(batchesOf, 2 * origin);
    }
    batchesOf[origin]++;
  }

  /** Slots decided or heard of as decided. */
  public long decided() {
    return decided;
  }

  /** Batches applied. */
  public long batches() {
    return batches;
  }

  /** Slots decided for NOOP. */
  public long noops() {
    return noops;
  }

  /**
   * Slots that hold nothing because the proposals differed, or because their batch had been applied
   * in an earlier one: together with batches and NOOPs all slots.
   */
  public long forfeits() {
    return forfeits;
  }

  /** Slots agreed on here, by voting, in which anyone proposed a batch. */
  public long batchProposed() {
    return batchProposed;
  }

  /** Those of {@link #batchProposed} that decided a batch in phase 0. */
  public long fast() {
    return fast;
  }

  /** {@link #fast} over {@link #batchProposed}; 1 when there were none. */
  public double fastRatio() {
    return batchProposed == 0 ? 1 : (double) fast / batchProposed;
  }

  /** How often everything open was sent again. */
  public long resends() {
    return resends;
  }

  /** Slots agreed on by voting in this phase; the last place holds all later phases. */
  public long[] phases() {
    return phases.clone();
  }

  /** Batches applied of the token with this number. */
  public long batchesOf(int origin) {
    return origin >= 0 && origin < batchesOf.length ? batchesOf[origin] : 0;
  }
}
