package io.rabia.engine;

import io.rabia.core.NodeId;
import io.rabia.core.transport.TransportStatistics;
import java.util.List;

/**
 * A node's view of itself at one moment. Immutable.
 *
 * @param reason why the state is not SERVING, else empty
 * @param decided slots known as decided, as a prefix
 * @param applied slots applied: the next slot to apply
 * @param hash of everything replicated, comparable at equal {@code applied}
 * @param data of the state machine alone: equal after a restore into another cluster, too
 * @param slots slots applied since the start of this process
 * @param batches of those, slots whose batch was applied
 * @param noop of those, decided without commands
 * @param forfeits of those, that hold nothing
 * @param fast slots that decided a batch in phase 0 over slots in which a batch was proposed
 * @param pending commands and slots that wait
 * @param connected members with a connection, this one included
 * @param ownBatches of the batches, those that this node made
 * @param forceMicros how long a force of promises takes, as a rule
 * @param late connected members that speak so late as a rule that nobody waits for them
 * @param network what the connections to the other members counted
 */
public record EngineStatus(
    NodeId id,
    EngineState state,
    String reason,
    long epoch,
    long decided,
    long applied,
    long hash,
    long data,
    long slots,
    long batches,
    long noop,
    long forfeits,
    double fast,
    long pending,
    int connected,
    long ownBatches,
    long forceMicros,
    List<NodeId> late,
    TransportStatistics network) {

  public EngineStatus {
    late = List.copyOf(late);
  }

  /** Of a node that is in no cluster, or of which only this is known. */
  public static EngineStatus withoutHistory(
      NodeId id, EngineState state, String reason, int connected, TransportStatistics network) {
    return new EngineStatus(
        id, state, reason, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, connected, 0, 0, List.of(), network);
  }
}
