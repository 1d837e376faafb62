package io.rabia.core.transport;

import io.rabia.core.ClusterId;
import io.rabia.core.NodeId;
import io.rabia.core.Token;

/**
 * What two members tell each other before the first frame. Immutable.
 *
 * @param clusterName the name that people gave the cluster; the same at all members
 * @param clusterId {@link ClusterId#NONE} before the cluster was formed
 * @param id the sender
 * @param token the life of its votes
 * @param epoch of its newest configuration, compared together with the cluster id
 * @param alpha of its newest configuration; must be equal at equal epoch
 * @param secretHash a hash of the cluster's secret; must be equal
 * @param logPosition number of the sender's last durable log group
 * @param seenOfReceiver highest log position that the sender has seen of the receiver; 0 for none
 * @param seenToken the life of the receiver's votes of which it saw that; {@link Token#NONE} for
 *     none
 */
public record Handshake(
    String clusterName,
    ClusterId clusterId,
    NodeId id,
    Token token,
    long epoch,
    int alpha,
    long secretHash,
    long logPosition,
    long seenOfReceiver,
    Token seenToken) {}
