package io.rabia.testing.explore;

import io.rabia.core.BatchId;
import java.util.ArrayList;
import java.util.List;

/**
 * What an exhaustive exploration of one slot covers.
 *
 * @param proposals packed id that each replica would propose; it may also never do so
 * @param lastPhase the last phase in which replicas move; their Vote1 of the next one is still checked
 * @param delivery how messages reach replicas
 * @param restarts may a replica restart, at any time and any number of times?
 * @param coin what the coin may show
 */
public record SlotModel(
    List<Long> proposals, int lastPhase, Delivery delivery, boolean restarts, Coin coin) {

  /** How messages reach replicas. All of them lose, delay, reorder and duplicate. */
  public enum Delivery {
    /** One message at a time, and an evaluation whenever: every interleaving that there is. */
    SINGLE,
    /**
     * Together with the evaluation that makes use of them, and before it: every subset of the current round's messages,
     * without or with everything else that was sent, or one vote that tells an id, and every single Vote1 to jump to. Nothing is lost by that: a
     * message changes nothing that others see until its receiver moves, a round's move depends only on that round's
     * messages, and a decision only on one round's.
     */
    BATCHED,
    /**
     * As BATCHED, and after every move its replica restarts, so that it has nothing but its own messages: what it had
     * heard it may hear again at its next move. The states are the sets of sent messages alone.
     */
    FORGETFUL
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
   * All that n replicas can propose of NOOP and two batches, but for the names of the replicas and of the batches:
   * replicas are treated alike, and so are batches.
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
        + " phases 0.." + lastPhase + " " + delivery + " " + coin + (restarts ? " restarts" : "");
  }
}
