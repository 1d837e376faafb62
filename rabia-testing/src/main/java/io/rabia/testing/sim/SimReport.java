package io.rabia.testing.sim;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a simulation went.
 *
 * @param violation the first broken promise, or null
 * @param violationSlot the slot in which it was broken, or -1
 * @param unordered why what the clients saw is not linearizable, or null
 * @param invalid why the run proves nothing although nothing was broken, or null
 * @param served what the nodes did for clients, by index
 * @param fast least fast path ratio of the nodes' last lives
 * @param slow most slots with a batch that left the fast path in a node's last life
 * @param longestNanos between a client's wish and its answer
 * @param phases highest phase in which a slot was decided
 * @param wanted operations for which a client's time had come
 * @param tried of those, that it asked for: it had got its first session
 * @param snapshots that members took
 * @param installs snapshots of other members that were installed
 * @param frames accepted by the network, heartbeats included
 * @param drawn faults that may strike
 * @param fired faults that struck
 * @param traceHash of everything that happened
 */
public record SimReport(
    SimOptions options,
    @Nullable String violation,
    long violationSlot,
    @Nullable String unordered,
    @Nullable String invalid,
    List<Served> served,
    long slots,
    long forfeits,
    long noops,
    long batches,
    double fast,
    long slow,
    long longestNanos,
    long phases,
    long wanted,
    long tried,
    long snapshots,
    long installs,
    long frames,
    Set<Fault> drawn,
    Set<Fault> fired,
    long faultEvents,
    String faultCounts,
    long traceHash) {

  /** Completed by clients. */
  public long operations() {
    return served.stream().mapToLong(Served::operations).sum();
  }

  public boolean passed() {
    return violation == null && invalid == null;
  }

  /** One line of figures, the same for the same run wherever it is made. */
  public String figures() {
    return "operations="
        + operations()
        + " tried_permille="
        + (wanted == 0 ? 1000 : tried * 1000 / wanted)
        + " slots="
        + slots
        + " forfeits="
        + forfeits
        + " noops="
        + noops
        + " batches="
        + batches
        + " fast_permille="
        + Math.round(fast * 1000)
        + " longest_ms="
        + longestNanos / SimClock.MILLI
        + " phases="
        + phases
        + " snapshots="
        + snapshots
        + " installs="
        + installs
        + " frames="
        + frames
        + " faults="
        + faultCounts
        + " trace="
        + Long.toHexString(traceHash);
  }

  /** One line: the seed and what came of it. */
  public String verdict() {
    String seed = "seed " + options.seed();
    if (violation != null) {
      return seed + " FAILED " + violation;
    }
    return invalid != null ? seed + " INVALID " + invalid + " " + faultCounts : seed + " passed";
  }
}
