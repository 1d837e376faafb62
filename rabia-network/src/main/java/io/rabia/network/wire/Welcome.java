package io.rabia.network.wire;

import io.rabia.core.ClusterId;

/**
 * The first frame of a server.
 *
 * @param version of the protocol that both speak from now on
 * @param nodeId of the server
 * @param clusterId {@link ClusterId#NONE} before the cluster was formed
 */
public record Welcome(int version, int nodeId, ClusterId clusterId) {}
