package io.rabia.network.server;

import io.rabia.core.ClusterConfig;
import io.rabia.core.NodeId;
import io.rabia.core.Submitter;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * What a client port gives access to. Immutable; its parts are called on the port's event loop and
 * must not block.
 *
 * @param id of the node, which clients are told
 * @param largestAnswer bytes of the largest answer that a query may have
 * @param members where clients reach the members, with port 0 where that is not known; the same
 *     list until it changes. Clients are told, and told of changes
 */
public record ClientService(
    NodeId id,
    ToIntFunction<byte[]> largestAnswer,
    Submitter submitter,
    NodeStatusSource status,
    Administration administration,
    Supplier<List<ClusterConfig.Member>> members) {}
