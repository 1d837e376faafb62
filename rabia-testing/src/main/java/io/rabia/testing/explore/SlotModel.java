package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import java.util.ArrayList;
import java.util.List;

/**
 * What an exhaustive exploration of one slot covers.
 *
 * @param proposals packed id that each replica would propose; it may also never do so
 * @param lastPhase the last phase in which replicas move; their Vote1 of the next one is still
 *     checked
 * @param delivery how messages reach replicas
 * @param restarts may a replica restart, at any time and any number of times?
 * @param coin what the coin may show
 */
public record SlotModel(
    List<Long> proposals, int lastPhase, Delivery delivery, boolean restarts, Coin coin) {

  /** How messages reach replicas. All of them lose, delay, reorder and duplicate. */
  public enum Delivery {
    /**
     * One message at a time, and an evaluation whenever: every interleaving that there is, state by
     * state.
     */
    SINGLE,
    /**
     * Every subset of all that others sent, then an evaluation, then a restart, after which a
     * replica may hear again what it had heard: so it reaches whatever SINGLE reaches with
     * restarts. The states are the sets of sent messages.
     */
    SUBSETS,
    /**
     * As SUBSETS, with those subsets only that can make a difference to what is sent: every subset
     * of the current round's messages, without or with everything else, in phase 0 with every
     * subset of the rest when the round is split, which may tell an id; and every single Vote1 to
     * jump to.
     */
    FORGETFUL,
    /**
     * With the subsets of FORGETFUL, but no restarts in between: what was heard stays in the
     * tallies.
     */
    BATCHED;

    /** Does a replica restart after every move? */
    boolean forgets() {
      return this == SUBSETS || this == FORGETFUL;
    }
  }

  /** What the coin may show. */
  public enum Coin {
    /** Either side at every flip of every replica; includes any common coin. */
    PER_REPLICA,
    /** The same for all replicas in a phase, in all combinations of the phases. */
    COMMON
  }

  public SlotModel {
    proposals = List.copyOf(proposals);
  }

  public int size() {
    return proposals.size();
  }

  /**
   * All that n replicas can propose of NOOP and two batches, but for the names of the replicas and
   * of the batches: replicas are treated alike, and so are batches.
   */
  public static List<List<Long>> proposalPatterns(int n) {
    List<List<Long>> patterns = new ArrayList<>();
    for (int noops = 0; noops <= n; noops++) {
      for (int ones = n - noops; 2 * ones >= n - noops; ones--) {
        List<Long> pattern = new ArrayList<>();
        for (int i = 0; i < n; i++) {
          pattern.add(
              i < noops ? BatchId.NOOP : i < noops + ones ? SentMessages.M1 : SentMessages.M2);
        }
        patterns.add(pattern);
      }
    }
    return patterns;
  }

  /** For reports. */
  public String describe() {
    return proposals.stream().map(BatchId::toString).toList()
        + " phases 0.."
        + lastPhase
        + " "
        + delivery
        + " "
        + coin
        + (restarts ? " restarts" : "");
  }
}
