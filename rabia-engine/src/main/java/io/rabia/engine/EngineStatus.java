package io.rabia.engine;

import io.rabia.core.NodeId;

/**
 * A node's view of itself at one moment. Immutable.
 *
 * @param reason why the state is not SERVING, else empty
 * @param decided slots known as decided, as a prefix
 * @param applied slots applied: the next slot to apply
 * @param hash of everything replicated, comparable at equal {@code applied}
 * @param slots slots applied since the start of this process
 * @param batches of those, slots whose batch was applied
 * @param noop of those, decided without commands
 * @param forfeits of those, that hold nothing
 * @param fast slots that decided a batch in phase 0 over slots in which a batch was proposed
 * @param pending commands and slots that wait
 * @param connected members with a connection, this one included
 * @param ownBatches batches applied that this node made
 */
public record EngineStatus(
    NodeId id,
    EngineState state,
    String reason,
    long epoch,
    long decided,
    long applied,
    long hash,
    long slots,
    long batches,
    long noop,
    long forfeits,
    double fast,
    long pending,
    int connected,
    long ownBatches) {}
